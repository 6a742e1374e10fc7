import {
  INDEX_MAX,
  type IndexSet,
  indexSet,
  indices,
  size,
  unionAll,
} from "../../set/index-set.ts";
import { formatList, parseList, setOf } from "../../set/list-format.ts";
import { formatBytes } from "../../unit/bytes.ts";
import { at } from "../../unit/list.ts";
import { knownCpus } from "../node-facts.ts";
import { className, coreClassesOf } from "../core-classes.ts";
import { pcieRateText } from "../pcie-rate.ts";
import type { Core, HugepagePool, MemoryNode, PcieLink, Topology } from "../topology.ts";
import { wholeAccelerators } from "../virtual-functions.ts";
import { joined, type Line, line, span, wrapped } from "./line.ts";
import { sum } from "../../unit/sum.ts";

/** `1 node`, `2 nodes`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

const unknown = (text: string): Line => line(span(text, "unknown"));

const kindNames = { dram: "", hbm: " HBM", cxl: " CXL", pmem: " PMEM", gpu: " GPU" } as const;

/**
 * A node's memory: its size, its kind where it is not ordinary DRAM, and the cache in front of it.
 */
export function memoryText({ memoryBytes, sideCacheBytes, kind }: MemoryNode): Line {
  if (memoryBytes === null) return unknown("memory unknown");
  if (memoryBytes === 0) return line(span("no memory", "faint"));
  const cache = sideCacheBytes === null ? "" : ` behind ${formatBytes(sideCacheBytes)} of cache`;
  return line(span(`${formatBytes(memoryBytes)}${kindNames[kind ?? "dram"]}${cache}`, "memory"));
}

/** A node's memory, how much of it is free, and how much lies in huge pages. */
export function memoryLine(node: MemoryNode): Line {
  return joined([[...memoryText(node), ...freeText(node)], hugepagesLine(node)], " · ");
}

/** How much of a node's base memory is free: `, 12 GiB free`; nothing where nobody told. */
export function freeText({ memoryBytes, freeBytes }: MemoryNode): Line {
  if (memoryBytes === 0 || freeBytes === null) return [];
  return line(`, ${formatBytes(freeBytes)} free`);
}

/** A node's huge pages, size by size; nothing for a node without memory. */
export function hugepagesLine(node: MemoryNode): Line {
  if (node.memoryBytes === 0) return [];
  if (node.hugepages === null) {
    // Where the memory is unknown, that its pages are unknown too goes without saying.
    return node.memoryBytes === null ? [] : unknown("huge pages unknown");
  }
  const pools = node.hugepages.filter(({ total }) => total > 0).map(poolLine);
  const none = node.cpus === "" ? [] : line("no huge pages");
  return pools.length > 0 ? joined(pools, " · ") : none;
}

function poolLine({ sizeBytes, total, free }: HugepagePool): Line {
  const pool = `${total} × ${formatBytes(sizeBytes)}`;
  if (free === null) return [span(`${pool}, `), span("free unknown", "unknown")];
  return line(free === total ? `${pool} free` : `${pool}, ${free} free`);
}

/** Huge pages in a cell of a table, free and in all: `20/40 × 1 GiB`. */
export function poolsText({ hugepages }: MemoryNode): Line {
  if (hugepages === null) return unknown("?");
  const pools = hugepages
    .filter(({ total }) => total > 0)
    .map(({ sizeBytes, total, free }) =>
      line(`${free ?? "?"}/${total} × ${formatBytes(sizeBytes)}`),
    );
  return joined(pools, ", ");
}

/** A node's CPUs, of which a long list is shortened. */
export function cpusLine({ cpus }: MemoryNode, listMax?: number): Line {
  if (cpus === null) return unknown("CPUs unknown");
  return line(`CPUs ${shortList(cpus, listMax)}`);
}

/**
 * A list of CPUs; one that names every n-th by itself as `0,2,4,…,110`, and any longer one cut
 * after a comma: it would make every box as wide as itself.
 */
export function shortList(list: string, listMax = 40): string {
  const even = evenly(list);
  if (even.length <= listMax) return even;
  const kept = even.slice(0, listMax);
  return `${kept.slice(0, kept.lastIndexOf(",") + 1)}…`;
}

function evenly(list: string): string {
  const cpus = indices(setOf(list));
  const [first = 0, second = 0, third = 0] = cpus;
  const step = second - first;
  const every = cpus.every((cpu, i) => cpu === first + i * step);
  if (cpus.length < 12 || step < 2 || !every) return list;
  return `${first},${second},${third},…,${cpus.at(-1) ?? ""}`;
}

/**
 * A node's cores: how many, their threads, and the caches that they share; nothing where not even
 * its CPUs are known.
 */
export function coresLine(topology: Topology, node: number): Line {
  const cores = topology.cores.filter((core) => core.node === node);
  if (cores.length === 0) {
    const cpus = topology.nodes.find(({ id }) => id === node)?.cpus;
    if (cpus === null) return [];
    return cpus === "" ? line(span("no CPUs", "faint")) : unknown("cores unknown");
  }
  const threads = countsOf(cores.map(({ cpus }) => sizeOf(cpus)));
  const each =
    threads.length === 1
      ? ` × ${counted(at(threads, 0), "thread")}`
      : ` of ${threads.join(" or ")} threads`;
  return joined(
    [
      line(`${counted(cores.length, "core")}${each}`),
      classesLine(topology, cores),
      cachesLine(topology, cores),
    ],
    " · ",
  );
}

/** How many of some cores are of each class; nothing where the machine has one class. */
function classesLine(topology: Topology, cores: readonly Core[]): Line {
  const classes = coreClassesOf(topology.cores);
  if (classes.length < 2) return [];
  const counts = classes.flatMap((wanted) => {
    const { length } = cores.filter((core) => core.class === wanted);
    return length === 0 ? [] : [`${length} of ${className(wanted)}`];
  });
  return line(counts.join(", "));
}

function cachesLine(topology: Topology, cores: readonly Core[]): Line {
  if (cores.some(({ l3 }) => l3 === null)) return unknown("L3 unknown");
  const own = new Set(cores.map(({ l3 }) => l3));
  const others = topology.cores
    .filter(({ l3, node }) => own.has(l3) && node !== cores[0]?.node)
    .flatMap(({ node }) => node ?? []);
  const bytes = l3Bytes(topology, own);
  const ofSize = bytes === null ? "" : ` of ${formatBytes(bytes)}`;
  if (others.length > 0) return line(`L3${ofSize} shared with ${nodesText(others)}`);
  const shares = Map.groupBy(cores, ({ l3 }) => l3);
  if (shares.size === 1) return line(`one L3${ofSize}`);
  const sizes = countsOf(Array.from(shares.values(), ({ length }) => length));
  if (sizes.length === 1) return line(`${shares.size} L3${ofSize}`);
  const each = bytes === null ? "" : `, ${formatBytes(bytes)} each`;
  return line(`${shares.size} L3 of ${sizes.join(" or ")} cores${each}`);
}

/** The size that all of those caches have; null where it is unknown or they differ. */
function l3Bytes({ l3Caches }: Topology, ids: ReadonlySet<number | null>): number | null {
  const known = l3Caches.filter(({ id }) => ids.has(id));
  const [first, ...others] = new Set(known.map(({ sizeBytes }) => sizeBytes));
  return first === undefined || known.length < ids.size || others.length > 0 ? null : first;
}

/** `node 1`, `nodes 1-3`. */
export function nodesText(nodes: Iterable<number>): string {
  const list = listOf(nodes);
  return /^\d+$/.test(list) ? `node ${list}` : `nodes ${list}`;
}

/** The different numbers, ascending. */
function countsOf(numbers: readonly number[]): number[] {
  return [...new Set(numbers)].toSorted((a, b) => a - b);
}

/** How many numbers a list string names. */
export function sizeOf(list: string): number {
  const set = parseList(list);
  return set === null ? 0 : size(set);
}

/** The sign of a link that runs below its maximum. */
export const belowSign = "▼";

/** A PCIe link: `gen5 x16`; `▼ gen4 x8 of gen5 x16` where it runs below its maximum. */
export function linkLine(link: PcieLink | null): Line {
  if (link === null) return unknown("link unknown");
  const now = pcieRateText(link.speedGTs, link.width);
  const most = pcieRateText(link.maxSpeedGTs, link.maxWidth);
  if (most === now || (link.maxSpeedGTs === null && link.maxWidth === null)) return line(now);
  if (link.speedGTs === null && link.width === null) return line(`up to ${most}`);
  const isBelow = runsBelow(link);
  const shown = isBelow ? span(`${belowSign} ${now}`, "warning") : span(now);
  return [shown, span(` of ${most}`, "faint")];
}

/** Whether a link is known to run below its maximum. */
export function runsBelow({ speedGTs, width, maxSpeedGTs, maxWidth }: PcieLink): boolean {
  const less = (now: number | null, most: number | null): boolean =>
    now !== null && most !== null && now < most;
  return less(speedGTs, maxSpeedGTs) || less(width, maxWidth);
}

/** The first lines of a drawing: what the machine is, and its totals. */
export function headerLines(topology: Topology, width: number): Line[] {
  const { machine, nodes } = topology;
  const product = [machine.vendor, machine.product].filter((part) => part !== null).join(" ");
  const page = machine.pageBytes === null ? null : `${formatBytes(machine.pageBytes)} pages`;
  const nameless = product === "" && machine.cpuModel === null;
  const identity = [
    nameless ? unknown("model unknown") : line(product),
    ...[machine.cpuModel, machine.architecture, page].map((part) => line(part ?? "")),
  ];
  const offline = topology.offlineCpus;
  const host = [
    ...hostCounts(topology),
    offline === "" ? [] : line(span(`CPUs ${offline} offline`, "warning")),
    ...memoryTotals(nodes),
    ...unknownTotals(topology),
  ];
  const devices = [
    ...acceleratorCounts(topology),
    topology.nics.length === 0 ? [] : line(counted(topology.nics.length, "NIC")),
  ];
  const all = wrapped([...host, ...devices], " · ", width);
  return [
    [span(topology.name, "title"), ...sourceLine(topology)],
    ...wrapped(identity, " · ", width),
    ...(all.length === 1
      ? all
      : [...wrapped(host, " · ", width), ...wrapped(devices, " · ", width)]),
  ];
}

/** Where the machine was read, unless its name says so. */
function sourceLine({ name, source }: Topology): Line {
  return name === source ? [] : line(span(`  ${source}`, "faint"));
}

/** The machine's packages, nodes, cores and CPUs, as far as they are known. */
function hostCounts(topology: Topology): Line[] {
  const { cores } = topology;
  const [packages, nodes] = [packagesOf(topology), topology.nodes];
  const cpus = size(cpusOf(topology));
  const told = topology.unnumberedNodes.length === 0 && nodes.every((node) => node.cpus !== null);
  const all = cores.length > 0 || told;
  return [
    packages.size === 0 ? [] : line(counted(packages.size, "package")),
    nodes.length === 0 ? [] : line(counted(nodes.length, "node")),
    cores.length === 0 ? [] : line(counted(cores.length, "core")),
    cpus === 0 ? [] : line(`${all ? "" : "at least "}${counted(cpus, "CPU")}`),
  ];
}

/** What nobody told of the whole machine, in a word each: `packages, CPUs and memory unknown`. */
function unknownTotals(topology: Topology): Line[] {
  const cpus = size(cpusOf(topology));
  const names = [
    ...(packagesOf(topology).size === 0 ? ["packages"] : []),
    ...(topology.nodes.length === 0 ? ["nodes"] : []),
    ...(cpus === 0 ? ["CPUs"] : topology.cores.length === 0 ? ["cores"] : []),
    ...(memoryTotals(topology.nodes).length === 0 ? ["memory"] : []),
  ];
  const last = names.at(-1);
  if (last === undefined) return [];
  const before = names.slice(0, -1).join(", ");
  return [unknown(`${before === "" ? "" : `${before} and `}${last} unknown`)];
}

function packagesOf({ cores, nodes }: Topology): ReadonlySet<number> {
  return new Set([...cores, ...nodes].flatMap((one) => one.package ?? []));
}

function cpusOf({ cores, nodes, unnumberedNodes }: Topology): IndexSet {
  return unionAll([...cores, ...nodes, ...unnumberedNodes].map(knownCpus));
}

/**
 * The total of host memory, and of GPU memory apart, since that is not the host's to sell; nothing
 * where it is unknown.
 */
function memoryTotals(nodes: readonly MemoryNode[]): Line[] {
  const host = totalText(nodes.filter(({ kind }) => kind !== "gpu"));
  if (host === null) return [];
  const gpus = nodes.filter(({ kind, memoryBytes }) => kind === "gpu" && memoryBytes !== 0);
  if (gpus.length === 0) return [line(host)];
  const gpu = totalText(gpus);
  const ofGpus = gpu === null ? unknown("GPU memory unknown") : line(`${gpu} of GPU memory`);
  return [line(host), ofGpus];
}

/** The sum of the known values: a lower bound where some are unknown, null where all are. */
function totalText(nodes: readonly MemoryNode[]): string | null {
  const known = nodes.flatMap(({ memoryBytes }) => memoryBytes ?? []);
  const total = sum(known);
  if (known.length === nodes.length && nodes.length > 0) return formatBytes(total);
  return total === 0 ? null : `at least ${formatBytes(total)}`;
}

function acceleratorCounts(topology: Topology): Line[] {
  const byModel = Map.groupBy(wholeAccelerators(topology), ({ model }) => model);
  return [...byModel].map(([model, { length }]) =>
    model === null
      ? unknown(`${counted(length, "accelerator")} of unknown model`)
      : line(span(`${length} × ${model}`, "accelerator")),
  );
}

/** Numbers as a list string: `0-3,7`. */
export function listOf(numbers: Iterable<number>): string {
  const all = [...numbers];
  // Firmware may number packages as it likes, far beyond what a set of CPUs holds.
  return all.some((one) => one > INDEX_MAX) ? all.join(",") : formatList(indexSet(all));
}
