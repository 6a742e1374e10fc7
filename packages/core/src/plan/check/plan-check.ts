import { knownPools } from "../../topology/node-facts.ts";
import type { Request } from "../../request/request.ts";
import {
  difference,
  emptySet,
  type IndexSet,
  indexSet,
  intersection,
  isDisjoint,
  isEmpty,
  isSubset,
  size,
  union,
  unionAll,
} from "../../set/index-set.ts";
import { formatList, setOf } from "../../set/list-format.ts";
import { isDigestOf } from "../../topology/digest.ts";
import { isDirect, interconnects } from "../../topology/interconnect.ts";
import type { HugepagePool, MemoryNode, Topology } from "../../topology/topology.ts";
import { MiB } from "../../unit/bytes.ts";
import { governedTopology, type HostState } from "../host-state.ts";
import { cpusOfPlan, functionsOf, isHugepage, type Plan } from "../plan.ts";
import { keptCpus } from "./kept-cpus.ts";
import { beyondOwnPlan, heldFaults } from "./plan-held.ts";
import { factFaults, type PlanFault } from "./plan-facts.ts";
import { planContradictions } from "./plan-consistency.ts";
import { formOf, planSignature } from "../signature/signature.ts";
import { sumOf } from "../../unit/sum.ts";

/**
 * Checks a plan against its host: returns every fault, none if the plan is legal. It derives the
 * rules of placement anew and shares no code with the search. With the request it also checks that
 * the plan gives what was asked for.
 *
 * It runs on every plan in tests, and on plans from elsewhere before they are used.
 */
export function planFaults(plan: Plan, host: HostState, request?: Request): PlanFault[] {
  const faults: PlanFault[] = [];
  const report: Report = (subject, message) => void faults.push({ subject, message });
  for (const { path, message } of planContradictions(plan)) report(path, message);
  const topology = governedTopology(host.topology, host.policy);
  if (!isDigestOf(plan.topologyDigest, host.topology)) {
    report("topologyDigest", "was made for another machine, or this one has changed since");
  }
  const view = { plan, host, topology, report };
  checkCpus(view);
  checkMemory(view);
  checkIsolation(view);
  checkDevices(view);
  faults.push(...heldFaults(plan, host, topology), ...factFaults(plan, topology));
  if (request !== undefined) checkRequest(view, request);
  // Only a legal plan has a certain signature.
  if (request !== undefined && faults.length === 0) checkSignature(view, request);
  return faults;
}

type Report = (subject: string, message: string) => void;

interface View {
  readonly plan: Plan;
  readonly host: HostState;
  readonly topology: Topology;
  readonly report: Report;
}

function checkCpus(view: View): void {
  const { plan, topology, host, report } = view;
  const online = unionAll(topology.cores.map((core) => setOf(core.cpus)));
  const kept = keptCpus(topology, host.policy);
  for (const cell of plan.cells) {
    const subject = `cells[${cell.id}]`;
    const cpus = cpusOfPlan({ cells: [cell] });
    const node = topology.nodes.find((entry) => entry.id === cell.hostNode);
    if (node === undefined) report(subject, `host node ${cell.hostNode} is not there`);
    const absent = difference(cpus, online);
    if (!isEmpty(absent)) report(subject, `CPUs ${formatList(absent)} are not online`);
    const reserved = intersection(cpus, kept);
    if (!isEmpty(reserved)) report(subject, `CPUs ${formatList(reserved)} are kept for the host`);
    const away = difference(cpus, cpusOn(topology, cell.hostNode));
    if (plan.locality !== "preferred" && !isEmpty(away)) {
      report(subject, `CPUs ${formatList(away)} are not of node ${cell.hostNode}`);
    }
    checkThreads(view, cell);
  }
  const sold = intersection(setOf(plan.emulatorCpus), cpusOfPlan(plan));
  if (!isEmpty(kept) && !isEmpty(sold))
    report("emulatorCpus", `share CPUs ${formatList(sold)} with vCPUs`);
}

/** vCPUs that the guest sees as threads of one core must be threads of one core. */
function checkThreads({ plan, topology, report }: View, cell: Plan["cells"][number]): void {
  for (let first = 0; first < cell.vcpus.length; first += plan.threadsPerCore) {
    const cpus = cell.vcpus
      .slice(first, first + plan.threadsPerCore)
      .flatMap((vcpu) => ("cpu" in vcpu ? [vcpu.cpu] : []));
    const core = topology.cores.some((entry) => isSubset(indexSet(cpus), setOf(entry.cpus)));
    if (!core) report(`cells[${cell.id}]`, `CPUs ${cpus.join(", ")} are not of one core`);
  }
}

/** The CPUs of a node: those that it lists, or those of its cores where nobody listed them. */
function cpusOn({ nodes, cores }: Topology, id: number): IndexSet {
  const node = nodes.find((entry) => entry.id === id);
  if (node === undefined) return emptySet;
  if (node.cpus !== null) return setOf(node.cpus);
  return unionAll(cores.flatMap((core) => (core.node === id ? [setOf(core.cpus)] : [])));
}

function checkMemory({ plan, host, topology, report }: View): void {
  for (const node of topology.nodes) {
    const sizes = new Set(plan.cells.map((cell) => cell.pageBytes));
    for (const pageBytes of sizes) {
      const on = (plans: readonly Plan[]): number => {
        const cells = plans.flatMap((entry) => entry.cells);
        const ofPages = cells.filter(
          (cell) =>
            cell.pageBytes === pageBytes || !(isHugepage(pageBytes) || isHugepage(cell.pageBytes)),
        );
        const parts = ofPages.flatMap((cell) => cell.memoryOnNodes);
        return sumOf(parts, (part) => (part.node === node.id ? part.bytes : 0));
      };
      const wanted = on([plan]);
      if (wanted === 0) continue;
      const others = on(host.taken) + heldBytes(host, node.id, pageBytes);
      const pool = knownPools(node).find((entry) => entry.sizeBytes === pageBytes);
      const isFree = pool === undefined || pool.free === null || wanted <= pool.free * pageBytes;
      if (wanted + others > bytesToSell(node, pageBytes, host) || !isFree) {
        report(
          `node ${node.id}`,
          `${wanted} bytes in pages of ${pageBytes} are more than are free`,
        );
      }
    }
  }
  for (const cell of plan.cells) {
    for (const { node } of cell.memoryOnNodes) {
      const there = topology.nodes.some((entry) => entry.id === node);
      if (!there) report(`cells[${cell.id}]`, `memory node ${node} is not there`);
      if (plan.locality === "strict" && node !== cell.hostNode) {
        report(`cells[${cell.id}]`, `has memory on node ${node}, away from its own`);
      }
    }
  }
}

/** What VMs have of a node beyond their plans, in pages of one size. */
function heldBytes({ held = [] }: HostState, node: number, pageBytes: number): number {
  const parts = held.flatMap(beyondOwnPlan).flatMap(({ memory }) => memory);
  const here = parts.filter((part) => part.node === node);
  const alike = here.filter(
    (part) =>
      part.pageBytes === pageBytes || !(isHugepage(pageBytes) || isHugepage(part.pageBytes)),
  );
  return sumOf(alike, ({ bytes }) => bytes);
}

/** The bytes of a node, in pages of one size, that all VMs together may have; 0 where unknown. */
function bytesToSell(node: MemoryNode, pageBytes: number, { policy }: HostState): number {
  const { memoryBytes, hugepages } = node;
  const sum = (pools: readonly HugepagePool[]): number =>
    sumOf(pools, ({ sizeBytes, total }) => sizeBytes * total);
  if (hugepages === null) return 0;
  if (isHugepage(pageBytes)) return sum(hugepages.filter((pool) => pool.sizeBytes === pageBytes));
  if (memoryBytes === null) return 0;
  return memoryBytes - sum(hugepages) - policy.reserved.memoryPerNodeBytes;
}

/**
 * No VM shares what another has alone: cores always, except among floating VMs; caches, nodes and
 * the host where the isolation says so.
 */
function checkIsolation({ plan, host, topology, report }: View): void {
  const mine = cpusOfPlan(plan);
  const groupsOf = (cpus: IndexSet, key: "id" | "l3" | "node"): Set<number | null> =>
    new Set(
      topology.cores.filter((c) => !isDisjoint(setOf(c.cpus), cpus)).map((core) => core[key]),
    );
  const shared = (other: Plan, key: "id" | "l3" | "node"): boolean =>
    !groupsOf(mine, key).isDisjointFrom(groupsOf(cpusOfPlan(other), key));
  const memoryNodes = (of: Plan): Set<number> =>
    new Set(of.cells.flatMap((cell) => cell.memoryOnNodes.map(({ node }) => node)));
  for (const other of host.taken) {
    const levels = [plan.isolation, other.isolation];
    const bothFloat = levels.every((level) => level === "shared");
    if (!bothFloat && shared(other, "id")) report(other.vm, "shares a core");
    if (levels.includes("l3") && shared(other, "l3")) report(other.vm, "shares a last-level cache");
    const nodes = union(indexSet(memoryNodes(plan)), nodeSet(groupsOf(mine, "node")));
    const theirs = union(
      indexSet(memoryNodes(other)),
      nodeSet(groupsOf(cpusOfPlan(other), "node")),
    );
    if (levels.includes("node") && !isDisjoint(nodes, theirs)) report(other.vm, "shares a node");
    if (levels.includes("host")) report(other.vm, "shares the host");
  }
  if (plan.isolation === "l3" && groupsOf(mine, "l3").has(null)) {
    report("isolation", "a core's last-level cache is unknown");
  }
  if (plan.isolation === "shared") checkPools(plan, host, report);
}

function nodeSet(nodes: ReadonlySet<number | null>): IndexSet {
  return indexSet([...nodes].filter((node) => node !== null));
}

/** Every floating vCPU can have a CPU of its pool, however all of them are scheduled. */
function checkPools(plan: Plan, host: HostState, report: Report): void {
  const vcpus = [...host.taken, plan].flatMap(poolsOf);
  // What others hold of a pool was theirs before this plan, unless the pool is the plan's.
  for (const pool of poolsOf(plan)) {
    const strangers = heldWithin(host, pool);
    const within = vcpus.filter((cpus) => isSubset(cpus, pool)).length;
    if (strangers > 0 && within + strangers > size(pool)) {
      report("isolation", `${strangers} vCPUs of other VMs may run nowhere but on its CPUs`);
      return;
    }
  }
  for (const pool of vcpus) {
    const within = vcpus.filter((cpus) => isSubset(cpus, pool)).length;
    if (within > size(pool)) {
      report("isolation", `${within} vCPUs float over the ${size(pool)} CPUs ${formatList(pool)}`);
      return;
    }
  }
}

/** The CPUs over which each floating vCPU of a plan floats. */
function poolsOf({ cells }: Plan): readonly IndexSet[] {
  const vcpus = cells.flatMap((cell) => cell.vcpus);
  return vcpus.flatMap((vcpu) => ("cpus" in vcpu ? [setOf(vcpu.cpus)] : []));
}

/** How many vCPUs beyond plans can run on some of these CPUs and on no others. */
function heldWithin({ held = [] }: HostState, pool: IndexSet): number {
  const sets = held.flatMap(beyondOwnPlan).flatMap(({ vcpus }) => vcpus);
  return sumOf(sets, ({ count, cpus }) => {
    const set = setOf(cpus);
    return isSubset(set, pool) ? Math.min(count, size(set)) : 0;
  });
}

function checkDevices({ plan, host, topology, report }: View): void {
  const byAddress = new Map(topology.pci.map((device) => [device.address, device]));
  const held = new Set(host.taken.flatMap((other) => other.devices.flatMap(functionsOf)));
  const own = new Set(plan.devices.flatMap(functionsOf));
  for (const planned of plan.devices) {
    const { address, kind, cell } = planned;
    const device = byAddress.get(address);
    const listed = kind === "accelerator" ? topology.accelerators : topology.nics;
    if (device === undefined || !listed.some((entry) => entry.address === address)) {
      report(address, `is no ${kind} of this host`);
      continue;
    }
    for (const member of functionsOf(planned)) {
      if (held.has(member)) report(member, "belongs to another VM");
    }
    const group = topology.pci.filter(
      (other) => other.iommuGroup === device.iommuGroup && !other.class.startsWith("06"),
    );
    for (const member of device.iommuGroup === null ? [] : group) {
      if (!own.has(member.address))
        report(member.address, `is missing from the plan, but in the IOMMU group of ${address}`);
    }
    const nodes = plan.cells.map((entry) => entry.hostNode);
    const cellNode =
      kind === "accelerator" ? nodes[cell] : nodes.find((node) => node === device.node);
    if (plan.locality === "strict" && (device.node === null || device.node !== cellNode)) {
      report(address, `lies on node ${device.node ?? "unknown"}, away from the VM's nodes`);
    }
  }
  const accelerators = plan.devices.filter((device) => device.kind === "accelerator");
  if (topology.partitions.length === 0 || accelerators.length === 0) return;
  const partition = topology.partitions.find(({ id }) => id === plan.partition);
  const members = new Set(partition?.accelerators);
  const exact = accelerators.every(({ address }) => members.has(address));
  if (!exact || members.size !== accelerators.length) {
    report("partition", "does not have exactly the plan's accelerators");
  }
}

/** A plan's signature must be right, and the flavor's, unless the locality allows another. */
function checkSignature({ plan, topology, report }: View, { signature, locality }: Request): void {
  if (signature === null) return;
  const inFormOf = (other: string): string =>
    planSignature(plan, topology, formOf(other)).signature;
  const said = inFormOf(plan.signature);
  if (plan.signature !== said) {
    report("signature", `is ${said}, and the plan says ${plan.signature}`);
  }
  const own = inFormOf(signature);
  if (own !== signature && locality !== "preferred") {
    report("signature", `is ${own}, and the flavor is sold in ${signature}`);
  }
}

/** The granule of base pages, in bytes. */
const basePagesUnit = 2 * MiB;

function checkRequest({ plan, topology, report }: View, request: Request): void {
  const accelerators = plan.devices.filter((device) => device.kind === "accelerator");
  const nics = plan.devices.filter((device) => device.kind === "nic");
  const count = (what: string, has: number, wanted: number): void => {
    if (has !== wanted) report(what, `${has} given, ${wanted} asked for`);
  };
  count("accelerators", accelerators.length, request.accelerators.count);
  count("nics", nics.length, request.nics.count);
  count("vcpus", plan.cells.flatMap((cell) => cell.vcpus).length, request.vcpus);
  const memory = sumOf(plan.cells, (cell) => cell.memoryBytes);
  const unit = request.hugepageBytes ?? basePagesUnit;
  count("memory", memory, Math.ceil(request.memoryBytes / unit) * unit);
  if (plan.cells.some((cell) => request.hugepageBytes !== null && cell.pageBytes !== unit)) {
    report("hugepages", `are not of the ${unit} bytes asked for`);
  }
  // A plan of a release that gave them stays legal beside other VMs.
  for (const { address } of plan.devices) {
    const node = topology.pci.find((entry) => entry.address === address)?.node ?? null;
    if (node === null) report(address, "lies on no known node, so no cell can have it");
  }
  for (const { address, model, vendor, device } of accelerators) {
    const wanted = request.accelerators.model?.toLowerCase() ?? "";
    const name = (model ?? "").toLowerCase();
    const whole = topology.pci.find((entry) => entry.address === address)?.physicalFunction ?? null;
    const profile = topology.accelerators.find((entry) => entry.address === address)?.profile;
    if (
      whole !== null &&
      profile !== null &&
      (wanted === "" || ![wanted, `nvidia ${wanted}`].includes(name))
    ) {
      report(address, `is a part of ${whole}, which was not asked for`);
    }
    const isOfModel = name.includes(wanted) || wanted === `${vendor}:${device}`;
    if (!isOfModel) report(address, `is not of the model ${wanted}`);
  }
  for (const { address } of nics) {
    const nic = topology.nics.find((entry) => entry.address === address);
    if (request.nics.rdma && nic?.rdma !== true) report(address, "is not known to do RDMA");
  }
  const { link: wanted } = request.accelerators;
  // A direct link beside the switch takes nothing from it.
  const between = interconnects(wanted === "switch" ? { ...topology, links: [] } : topology);
  for (const [i, a] of accelerators.entries()) {
    for (const b of accelerators.slice(i + 1)) {
      const link = between(a.address, b.address) ?? "unknown";
      if ((wanted === "nvlink" && !isDirect(link)) || (wanted === "switch" && link !== "PIX")) {
        report(a.address, `reaches ${b.address} by ${link}, not by ${wanted}`);
      }
    }
  }
}
