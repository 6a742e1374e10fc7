import { EvenkeelError } from "../error/evenkeel-error.ts";
import {
  difference,
  emptySet,
  type IndexSet,
  intersection,
  isEmpty,
  isSubset,
  union,
} from "../set/index-set.ts";
import { formatList, parseList, setOf } from "../set/list-format.ts";
import { knownCpus, knownPools } from "./node-facts.ts";
import { coreClassesOf } from "./core-classes.ts";
import { comparePciAddresses, isPciAddress } from "./pci-address.ts";
import type { NicPort, Topology } from "./topology.ts";

/** A contradiction in a topology: the field, and what is wrong with it. */
export interface Contradiction {
  readonly path: string;
  readonly message: string;
}

/**
 * Finds every contradiction in a topology; all of Evenkeel relies on there being none. An unknown
 * value (null) contradicts nothing.
 */
export function contradictions(topology: Topology): Contradiction[] {
  const found: Contradiction[] = [];
  const report: Report = (path, message) => void found.push({ path, message });
  checkNodes(topology, report);
  checkDistances(topology, report);
  checkCores(topology, report);
  checkCaches(topology, report);
  checkPci(topology, report);
  checkUnnumbered(topology, report);
  checkDevices(topology, report);
  return found;
}

/** Returns the topology if it is consistent, and throws otherwise; every reader ends with it. */
export function checkedTopology(topology: Topology, where: string): Topology {
  const [first, ...others] = contradictions(topology);
  if (first === undefined) return topology;
  throw new EvenkeelError(
    "topology-inconsistent",
    `${first.path}: ${first.message}` +
      (others.length > 0 ? ` (and ${others.length} more like it)` : ""),
    { where, expected: "a topology whose parts agree with one another" },
  );
}

type Report = (path: string, message: string) => void;

/** The set of a list string; a malformed text is reported and counts as empty. */
function readSet(text: string, path: string, report: Report): IndexSet {
  const set = parseList(text);
  if (set === null || formatList(set) !== text) {
    report(path, `"${text}" is not a canonical list such as "0-27,112-139"`);
  }
  return set ?? emptySet;
}

function ascending<T>(items: readonly T[], compare: (a: T, b: T) => number): boolean {
  return items.slice(1).every((item, i) => compare(items.at(i) ?? item, item) < 0);
}

const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;

const isCountOrUnknown = (n: number | null): boolean => n === null || isCount(n);

function checkNodes({ nodes }: Topology, report: Report): void {
  if (!ascending(nodes, (a, b) => a.id - b.id)) {
    report("nodes", "ids must ascend without repetition");
  }
  let seen = emptySet;
  for (const [i, node] of nodes.entries()) {
    const path = `nodes[${i}]`;
    const cpus = node.cpus === null ? emptySet : readSet(node.cpus, `${path}.cpus`, report);
    const twice = intersection(seen, cpus);
    if (!isEmpty(twice)) report(`${path}.cpus`, `CPUs ${formatList(twice)} are on two nodes`);
    seen = union(seen, cpus);
    if (!isCount(node.id)) report(`${path}.id`, "must be an integer from 0");
    if (node.memoryBytes !== null && !isCount(node.memoryBytes)) {
      report(`${path}.memoryBytes`, "must be an integer of bytes from 0");
    }
    if (node.freeBytes !== null && !isCount(node.freeBytes)) {
      report(`${path}.freeBytes`, "must be an integer of bytes from 0");
    }
    if (node.sideCacheBytes !== null && !isCount(node.sideCacheBytes)) {
      report(`${path}.sideCacheBytes`, "must be an integer of bytes from 0");
    }
    const pools = knownPools(node);
    if (!ascending(pools, (a, b) => a.sizeBytes - b.sizeBytes)) {
      report(`${path}.hugepages`, "sizes must ascend without repetition");
    }
    for (const [j, pool] of pools.entries()) {
      const valid = [pool.sizeBytes, pool.total, pool.free].every(isCountOrUnknown);
      if (!valid || pool.sizeBytes === 0) {
        report(`${path}.hugepages[${j}]`, "size, total and free must be integers from 0");
      }
    }
  }
}

function checkDistances({ nodes, distances, access }: Topology, report: Report): void {
  if (distances !== null) {
    const square = distances.length === nodes.length;
    if (!square || distances.some((row) => row.length !== nodes.length)) {
      report("distances", `must have ${nodes.length} rows of ${nodes.length}`);
    }
    if (distances.flat().some((value) => !isCount(value) || value === 0)) {
      report("distances", "must be positive integers");
    }
  }
  const ids = new Set(nodes.map((node) => node.id));
  for (const [i, entry] of access.entries()) {
    if (!ids.has(entry.initiator) || !ids.has(entry.target)) {
      report(`access[${i}]`, "names a node that does not exist");
    }
    for (const value of [entry.readLatencyNs, entry.readBytesPerSecond]) {
      if (value !== null && !(Number.isFinite(value) && value > 0)) {
        report(`access[${i}]`, "latency and bandwidth must be positive");
      }
    }
  }
}

function checkCores(topology: Topology, report: Report): void {
  const nodes = new Map(topology.nodes.map((node) => [node.id, node]));
  let seen = emptySet;
  for (const [i, core] of topology.cores.entries()) {
    const path = `cores[${i}]`;
    const cpus = readSet(core.cpus, `${path}.cpus`, report);
    if (core.id !== i) report(`${path}.id`, "must be its position");
    if (isEmpty(cpus)) report(`${path}.cpus`, "has no online CPU");
    const twice = intersection(seen, cpus);
    if (!isEmpty(twice)) report(`${path}.cpus`, `CPUs ${formatList(twice)} are in two cores`);
    seen = union(seen, cpus);
    if (core.node === null) continue;
    const node = nodes.get(core.node);
    if (node === undefined) report(`${path}.node`, `node ${core.node} does not exist`);
    else if (node.cpus !== null && !isSubset(cpus, setOf(node.cpus))) {
      report(
        `${path}.cpus`,
        `CPUs ${formatList(difference(cpus, setOf(node.cpus)))} are not on node ${core.node}`,
      );
    }
  }
  const classes = coreClassesOf(topology.cores);
  if (classes.some((known, i) => known !== null && known !== i)) {
    report("cores[].class", "must be null or integers from 0 without a gap");
  }
  const offline = readSet(topology.offlineCpus, "offlineCpus", report);
  const both = intersection(seen, offline);
  if (!isEmpty(both)) report("offlineCpus", `CPUs ${formatList(both)} are in cores too`);
  if (topology.cores.length === 0) return;
  for (const [id, node] of nodes) {
    const outside = difference(knownCpus(node), seen);
    if (!isEmpty(outside))
      report(`nodes`, `CPUs ${formatList(outside)} of node ${id} are in no core`);
  }
}

function checkCaches({ cores, l3Caches, cacheAllocation }: Topology, report: Report): void {
  if (!ascending(l3Caches, (a, b) => a.id - b.id)) {
    report("l3Caches", "ids must ascend without repetition");
  }
  const known = new Set(cores.map(({ l3 }) => l3));
  for (const [i, { id, sizeBytes, ways, kernelId }] of l3Caches.entries()) {
    if (!known.has(id)) report(`l3Caches[${i}].id`, `no core has L3 ${id}`);
    const valid = [sizeBytes, ways, kernelId].every(isCountOrUnknown);
    if (!valid) report(`l3Caches[${i}]`, "size, ways and number must be integers from 0");
  }
  if (cacheAllocation === null) return;
  const { classes, waysMin, bandwidthClasses } = cacheAllocation;
  const ways = readSet(cacheAllocation.ways, "cacheAllocation.ways", report);
  const shared = readSet(cacheAllocation.sharedWays ?? "", "cacheAllocation.sharedWays", report);
  if (!isSubset(shared, ways)) report("cacheAllocation.sharedWays", "are not all among the ways");
  if (![classes, waysMin, bandwidthClasses].every(isCountOrUnknown)) {
    report("cacheAllocation", "classes and ways must be integers from 0");
  }
}

function checkPci({ pci, nodes }: Topology, report: Report): void {
  if (!ascending(pci, (a, b) => comparePciAddresses(a.address, b.address))) {
    report("pci", "addresses must ascend without repetition");
  }
  const byAddress = new Map(pci.map((device) => [device.address, device]));
  const ids = new Set(nodes.map((node) => node.id));
  for (const [i, device] of pci.entries()) {
    const path = `pci[${i}]`;
    if (!isPciAddress(device.address)) {
      report(`${path}.address`, `"${device.address}" is not a full address such as 0000:1b:00.0`);
    }
    if (!/^([0-9a-f]{2}){0,3}$/.test(device.class)) {
      report(`${path}.class`, `"${device.class}" is not up to six hexadecimal digits in pairs`);
    }
    if (device.node !== null && !ids.has(device.node)) {
      report(`${path}.node`, `node ${device.node} does not exist`);
    }
    if (device.barBytes !== null && !device.barBytes.every(isCount)) {
      report(`${path}.barBytes`, "must be integers of bytes from 0");
    }
    if (device.interrupts !== null) {
      const { allowedCpus, effectiveCpus } = device.interrupts;
      readSet(allowedCpus, `${path}.interrupts.allowedCpus`, report);
      readSet(effectiveCpus ?? "", `${path}.interrupts.effectiveCpus`, report);
    }
    const bridge = device.parent === null ? null : byAddress.get(device.parent);
    if (bridge === undefined) report(`${path}.parent`, `${device.parent} does not exist`);
    else if (bridge !== null && bridge.root !== device.root) {
      report(`${path}.root`, `differs from the host bridge of its parent ${bridge.address}`);
    }
  }
  for (const device of pci) {
    let depth = 0;
    let at = device.parent;
    for (; at !== null && depth <= BRIDGES_MAX; depth++) at = byAddress.get(at)?.parent ?? null;
    if (depth > BRIDGES_MAX) report("pci", `${device.address} is below itself`);
  }
}

function checkUnnumbered({ unnumberedNodes, pci }: Topology, report: Report): void {
  const nodeOf = new Map(pci.map(({ address, node }) => [address, node]));
  const seen = new Set<string>();
  for (const [i, { devices, cpus }] of unnumberedNodes.entries()) {
    const path = `unnumberedNodes[${i}]`;
    if (!ascending(devices, comparePciAddresses)) {
      report(`${path}.devices`, "addresses must ascend without repetition");
    }
    for (const address of devices) {
      const node = nodeOf.get(address);
      if (node === undefined) report(`${path}.devices`, `${address} does not exist`);
      else if (node !== null) report(`${path}.devices`, `${address} is on node ${node}`);
      if (seen.has(address)) report(`${path}.devices`, `${address} is on two nodes`);
      seen.add(address);
    }
    if (cpus !== null && isEmpty(readSet(cpus, `${path}.cpus`, report))) {
      report(`${path}.cpus`, "has no CPU: unknown CPUs are null");
    }
    if (devices.length < (cpus === null ? 2 : 1)) {
      report(path, "says nothing: it has neither CPUs nor several devices");
    }
  }
}

/** A bus number has eight bits, so more bridges above a function mean a loop. */
const BRIDGES_MAX = 256;

/** Bounds the work that is quadratic in the accelerators. */
const ACCELERATORS_MAX = 1024;

/**
 * MIG allows seven GPU instances with seven compute instances each; older GPUs have 32 mediated
 * devices.
 */
const INSTANCES_MAX = 64;

/** NCCL counts the virtual functions of a card as its ports. */
const PORTS_MAX = 1024;

function isPossiblePort({ port, bytesPerSecond }: NicPort): boolean {
  return [port, bytesPerSecond].every((count) => count === null || (isCount(count) && count > 0));
}

/** The pairs of 512 GPUs and NICs, the largest matrix that is read. */
const INTERCONNECTS_MAX = (512 * 511) / 2;

function checkDevices(topology: Topology, report: Report): void {
  const present = new Set(topology.pci.map((device) => device.address));
  const list = (path: string, addresses: readonly string[], within: ReadonlySet<string>): void => {
    for (const address of addresses)
      if (!within.has(address)) report(path, `${address} does not exist`);
    if (new Set(addresses).size !== addresses.length) report(path, "names a device twice");
  };
  const accelerators = topology.accelerators.map((accelerator) => accelerator.address);
  if (accelerators.length > ACCELERATORS_MAX) {
    report("accelerators", `are ${accelerators.length}, more than any machine has`);
  }
  list("accelerators", accelerators, present);
  for (const [i, { instances }] of topology.accelerators.entries()) {
    const path = `accelerators[${i}]`;
    if (instances.length > INSTANCES_MAX) {
      report(`${path}.instances`, `are ${instances.length}, more than any accelerator has`);
    }
    if (!instances.every(({ memoryBytes }) => isCountOrUnknown(memoryBytes))) {
      report(`${path}.instances`, "must have integers of bytes from 0");
    }
  }
  list(
    "nics",
    topology.nics.map((nic) => nic.address),
    present,
  );
  for (const [i, { ports }] of topology.nics.entries()) {
    if ((ports ?? []).length > PORTS_MAX) {
      report(`nics[${i}].ports`, `are ${ports?.length}, more than any card has`);
    }
    if (!(ports ?? []).every(isPossiblePort)) {
      report(`nics[${i}].ports`, "must have numbers and bytes per second from 1");
    }
  }
  const known = new Set(accelerators);
  const pairs = new Set<string>();
  for (const [i, { a, b, lanes }] of topology.links.entries()) {
    list(`links[${i}]`, [a, b], known);
    if (comparePciAddresses(a, b) >= 0) report(`links[${i}]`, "a must be the lower address");
    if (pairs.has(`${a} ${b}`)) report(`links[${i}]`, "repeats a pair");
    pairs.add(`${a} ${b}`);
    if (lanes !== null && !(isCount(lanes) && lanes > 0))
      report(`links[${i}].lanes`, "must be positive");
  }
  const [meet, stated] = [new Set<string>(), topology.interconnects];
  if (stated.length > INTERCONNECTS_MAX) {
    report("interconnects", `are ${stated.length}, more than any machine has`);
  }
  for (const [i, { a, b }] of stated.entries()) {
    list(`interconnects[${i}]`, [a, b], present);
    if (comparePciAddresses(a, b) >= 0) {
      report(`interconnects[${i}]`, "a must be the lower address");
    }
    if (meet.has(`${a} ${b}`)) report(`interconnects[${i}]`, "repeats a pair");
    meet.add(`${a} ${b}`);
  }
  for (const [i, partition] of topology.partitions.entries()) {
    list(`partitions[${i}].accelerators`, partition.accelerators, known);
  }
  if (new Set(topology.partitions.map(({ id }) => id)).size !== topology.partitions.length) {
    report("partitions", "repeat an id");
  }
}
