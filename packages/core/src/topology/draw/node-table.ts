import { at } from "../../unit/list.ts";
import { count, countOf, type Tally } from "../../unit/tally.ts";
import type { MemoryNode, Topology } from "../topology.ts";
import { numbersByAddress } from "../virtual-functions.ts";
import { memoryLine, memoryText, nodesText, poolsText } from "./describe.ts";
import { fitted, type Line, line, span, widestOf } from "./line.ts";
import { acceleratorNames } from "./pci-branches.ts";
import type { Scene } from "./scene.ts";
import { memoryParts, signsLine, type TenancyView } from "./tenancy.ts";

/** Longer lists of CPUs are cut, so that the columns after them stay in sight. */
const cpuListMax = 24;

const untold = line(span("?", "unknown"));

const shortened = (list: string): string =>
  list.length > cpuListMax ? `${list.slice(0, cpuListMax)}…` : list;

interface Column {
  readonly title: string;
  readonly of: (node: MemoryNode) => Line;
}

/** A machine of many nodes, a row for each. */
export function nodeTable({ topology, tenancy }: Scene, width: number): Line[] {
  const ordinals = numbersByAddress(topology);
  const coresOf: Tally<number | null> = new Map();
  for (const { node } of topology.cores) count(coresOf, node);
  const devicesOf = (id: number | null): Line => {
    const own = topology.pci.filter((device) => device.node === id);
    const gpus = own.flatMap(({ address }) => ordinals.get(address) ?? []);
    const nics = own.filter(({ address }) => topology.nics.some((nic) => nic.address === address));
    return [
      span(gpus.length === 0 ? "" : `${acceleratorNames(gpus)} `, "accelerator"),
      span(nics.length === 0 ? "" : nics.length === 1 ? "1 NIC" : `${nics.length} NICs`, "nic"),
    ];
  };
  const coresCell = (node: MemoryNode): Line => {
    const cores = countOf(coresOf, node.id);
    if (cores === 0 && node.cpus !== "") return untold;
    const isShared = tenancy !== null && cores > 0;
    return line(isShared ? `${freeCores(tenancy, node)}/${cores}` : `${cores}`);
  };
  const named = (title: string, of: (node: MemoryNode) => Line): Column => ({ title, of });
  const cpus = named("CPUs", (node) => (node.cpus === null ? untold : line(shortened(node.cpus))));
  const devices = named("devices", (node) => devicesOf(node.id));
  const columns = [
    named("node", ({ id }) => line(`${id}`)),
    named("pkg", (node) => line(node.package === null ? "" : `${node.package}`)),
    ...(tenancy === null
      ? [named("cores", coresCell), cpus, devices]
      : [named("VMs", (node) => vmsOn(tenancy, node)), named("cores free", coresCell), devices]),
    named("memory", memoryText),
    named("huge pages free", poolsText),
    // The last column is what a narrow terminal loses.
    ...(tenancy === null ? [] : [cpus]),
  ];
  const rows = topology.nodes.map((node) => columns.map(({ of }) => of(node)));
  const head = columns.map(({ title }) => line(span(title, "faint")));
  const stray = devicesOf(null);
  const all = [head, ...rows];
  const widths = head.map((_, column) => widestOf(all.map((row) => row[column] ?? [])));
  const lines = all.map((row) =>
    row.flatMap((cell, column) => [
      ...(column === 0 ? [] : [span("  ")]),
      ...fitted(cell, at(widths, column)),
    ]),
  );
  const unknown = widestOf([stray]) === 0 ? [] : [[span("node unknown  ", "unknown"), ...stray]];
  return [...lines.map((one) => fitted(one, width)), ...unknown];
}

/** The signs of the VMs that have cores, memory or devices of a node. */
function vmsOn(tenancy: TenancyView, node: MemoryNode): Line {
  const { topology } = tenancy;
  const ofCores = topology.cores.flatMap((core) => {
    const state = core.node === node.id ? tenancy.stateOfCore(core) : null;
    return state?.kind === "vms" ? state.vms : [];
  });
  const ofMemory = (memoryParts(tenancy, node) ?? []).flatMap(({ vm }) => vm ?? []);
  const ofDevices = topology.pci.flatMap((device) =>
    device.node === node.id ? tenancy.holdersOf(device.address) : [],
  );
  const vms = new Set([...ofCores, ...ofMemory, ...ofDevices]);
  return signsLine(
    tenancy,
    [...vms].toSorted((a, b) => a - b),
  );
}

function freeCores(tenancy: TenancyView, { id }: MemoryNode): number {
  const own = tenancy.topology.cores.filter(({ node }) => node === id);
  return own.filter((core) => tenancy.stateOfCore(core).kind === "free").length;
}

/** Nodes without CPUs, those that are alike in one line. */
export function memoryOnlyLines(topology: Topology): Line[] {
  const groups = new Map<string, { readonly ids: number[]; readonly text: Line }>();
  for (const node of topology.nodes.filter(({ cpus }) => cpus === "")) {
    const text = memoryLine(node);
    const key = text.map((part) => part.text).join("");
    const group = groups.get(key) ?? { ids: [], text };
    groups.set(key, { ...group, ids: [...group.ids, node.id] });
  }
  const rows = [...groups.values()].map(({ ids, text }) => ({ name: nodesText(ids), text }));
  const widest = Math.max(0, ...rows.map(({ name }) => name.length));
  return rows.map(({ name, text }) => [span(name.padEnd(widest + 2), "title"), ...text]);
}

/** The numbers of packages whose cores a node holds. */
export function packagesOf(topology: Topology, node: number): number[] {
  const own = topology.cores.filter((core) => core.node === node).map((core) => core.package);
  return [...new Set(own)].filter((id) => id !== null).toSorted((a, b) => a - b);
}
