import { emptySet, has, type IndexSet, indexSet, isEmpty, union } from "../../set/index-set.ts";
import { formatList, parseList } from "../../set/list-format.ts";
import type { Contradiction } from "../../topology/check.ts";
import { isPciAddress } from "../../topology/pci-address.ts";
import { at } from "../../unit/list.ts";
import { type Cell, functionsOf, type Plan } from "../plan.ts";
import { sumOf } from "../../unit/sum.ts";

/**
 * Finds every contradiction within a plan, without its host. A plan from a file or from the network
 * must pass this check before anything is derived from it.
 */
export function planContradictions(plan: Plan): Contradiction[] {
  const found: Contradiction[] = [];
  const report: Report = (path, message) => void found.push({ path, message });
  checkVcpus(plan, report);
  for (const [i, cell] of plan.cells.entries()) checkMemory(cell, `cells[${i}]`, report);
  checkHostThreads(plan, report);
  checkDevices(plan, report);
  return found;
}

type Report = (path: string, message: string) => void;

function readSet(text: string, path: string, report: Report): IndexSet {
  const set = parseList(text);
  if (set === null || formatList(set) !== text) {
    report(path, `"${text}" is not a canonical list such as "0-27,112-139"`);
  }
  return set ?? emptySet;
}

function checkVcpus(plan: Plan, report: Report): void {
  const shared = plan.isolation === "shared";
  let next = 0;
  let pinned = emptySet;
  for (const [i, cell] of plan.cells.entries()) {
    const path = `cells[${i}]`;
    if (cell.id !== i) report(`${path}.id`, "must be its position");
    if (cell.vcpus.length === 0) report(`${path}.vcpus`, "a cell has at least one vCPU");
    if (cell.vcpus.length % plan.threadsPerCore !== 0) {
      report(`${path}.vcpus`, `do not come in cores of ${plan.threadsPerCore} threads`);
    }
    for (const [j, vcpu] of cell.vcpus.entries()) {
      const subject = `${path}.vcpus[${j}]`;
      if (vcpu.id !== next++)
        report(`${subject}.id`, "vCPUs are numbered from 0, through all cells");
      if ("cpus" in vcpu) {
        if (!shared) report(subject, `floats, which isolation "${plan.isolation}" rules out`);
        if (isEmpty(readSet(vcpu.cpus, `${subject}.cpus`, report)))
          report(subject, "has no CPU to run on");
      } else {
        if (shared) report(subject, `is pinned, while vCPUs float under isolation "shared"`);
        if (has(pinned, vcpu.cpu)) report(subject, `CPU ${vcpu.cpu} has a vCPU already`);
        pinned = union(pinned, indexSet([vcpu.cpu]));
      }
    }
  }
  if (plan.cells.length === 0) report("cells", "a VM has at least one cell");
}

function checkMemory(cell: Cell, path: string, report: Report): void {
  const nodes = readSet(cell.memoryNodes, `${path}.memoryNodes`, report);
  const parts = cell.memoryOnNodes;
  const ascending = parts.every(({ node }, i) => i === 0 || at(parts, i - 1).node < node);
  const named = indexSet(parts.map(({ node }) => node));
  if (!ascending || formatList(named) !== formatList(nodes)) {
    report(`${path}.memoryOnNodes`, `must name the nodes ${cell.memoryNodes}, ascending`);
  }
  if (sumOf(parts, ({ bytes }) => bytes) !== cell.memoryBytes) {
    report(`${path}.memoryOnNodes`, "must add up to memoryBytes");
  }
  if (parts.some(({ bytes }) => bytes <= 0 || bytes % cell.pageBytes !== 0)) {
    report(`${path}.memoryOnNodes`, `must be whole pages of ${cell.pageBytes} bytes, at least one`);
  }
  if (cell.memoryPolicy === "strict" && cell.memoryNodes !== String(cell.hostNode)) {
    report(`${path}.memoryPolicy`, `is strict, but memory lies on nodes ${cell.memoryNodes}`);
  }
}

function checkHostThreads(plan: Plan, report: Report): void {
  if (isEmpty(readSet(plan.emulatorCpus, "emulatorCpus", report))) {
    report("emulatorCpus", "the emulator needs a CPU to run on");
  }
  for (const [i, { id, cpus }] of plan.iothreads.entries()) {
    if (id !== i + 1) report(`iothreads[${i}].id`, "iothreads are numbered from 1");
    if (isEmpty(readSet(cpus, `iothreads[${i}].cpus`, report))) {
      report(`iothreads[${i}].cpus`, "has no CPU to run on");
    }
  }
  const rows = plan.distances;
  if (rows === null) return;
  const square = rows.length === plan.cells.length && rows.every((r) => r.length === rows.length);
  if (!square) report("distances", "must have a row and a column for every cell");
}

/** The devices that cells list must be the devices that name these cells. */
function checkDevices(plan: Plan, report: Report): void {
  const seen = new Set<string>();
  for (const [i, device] of plan.devices.entries()) {
    for (const address of functionsOf(device)) {
      if (!isPciAddress(address)) report(`devices[${i}]`, `"${address}" is no full PCI address`);
      if (seen.has(address)) report(`devices[${i}]`, `${address} is listed twice`);
      seen.add(address);
    }
  }
  for (const [i, cell] of plan.cells.entries()) {
    for (const kind of ["accelerator", "nic"] as const) {
      const field = kind === "accelerator" ? "accelerators" : "nics";
      const owned = plan.devices.filter((device) => device.cell === i && device.kind === kind);
      const addresses = owned.map((device) => device.address);
      if (cell[field].toSorted().join() !== addresses.toSorted().join()) {
        report(`cells[${i}].${field}`, "must list the devices that name this cell");
      }
    }
  }
  if (plan.devices.some((device) => plan.cells[device.cell] === undefined)) {
    report("devices", "name a cell that is not there");
  }
}
