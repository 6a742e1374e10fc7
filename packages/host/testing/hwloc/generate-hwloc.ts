import { knownCpus, knownPools } from "@evenkeel/core/topology/node-facts.ts";
import {
  type IndexSet,
  indices,
  indexSet,
  isDisjoint,
  isEmpty,
  unionAll,
} from "@evenkeel/core/set/index-set.ts";
import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";
import type { MemoryNode, Topology } from "@evenkeel/core/topology/topology.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { element, info, mask, object, topology as document } from "./export.ts";
import { generateLinks } from "./generate-links.ts";
import { generatePci } from "./generate-pci.ts";
import { type Level, levelsOf, nested } from "./generate-levels.ts";

/**
 * Generates the XML (format 2) that hwloc's Linux backend would write for a machine with all I/O
 * kept. It is a second opinion on `readHwloc`, so it is written from hwloc's documentation ("Object
 * Types", "Terms and Definitions", "Object attributes", "Importing and exporting topologies from/to
 * XML files") and shares no code with the reader. hwloc differs from the kernel:
 *
 * - a memory node without CPUs has the CPUs of the nearest nodes by distance;
 * - a group stands for a node or a die only if no other object has exactly the same CPUs;
 * - I/O is attached to the object with exactly its node's CPUs, or else to the machine;
 * - memory of size 0 is left out.
 */
export function generateHwloc(topology: Topology): string {
  const { machine, nodes, cores, offlineCpus } = topology;
  const all = formatList(unionAll(cores.map(({ cpus }) => setOf(cpus))));
  const complete = formatList(unionAll([setOf(all), setOf(offlineCpus)]));
  const nearest = nodes.map((node, i) => nearbyCpus(topology, node, i));
  const levels = levelsOf(topology, nearest, all);
  const pci = generatePci(topology);
  const infos = [
    ["DMIProductName", machine.product],
    ["DMISysVendor", machine.vendor],
    ["Backend", "Linux"],
    ["LinuxCgroup", "/"],
    ["OSName", "Linux"],
    ["HostName", topology.name],
    ["Architecture", machine.architecture],
    ["hwlocVersion", "2.10.0"],
  ].flatMap(([name, value]) =>
    typeof value === "string" ? [info(name ?? "", escaped(value))] : [],
  );
  const whole: Level = { type: "Machine", cpus: all, attributes: {}, number: 0, infos };
  const inside = nested([whole, ...levels], {
    atomsOf: (level) =>
      nodes.flatMap((node, i) =>
        holder([whole, ...levels], nearest[i] ?? "") === level
          ? [memoryObject(topology, node, nearest[i] ?? "")]
          : [],
      ),
    lastOf: (level) =>
      pci.flatMap(({ node, text }) => {
        const own = nodes.find(({ id }) => id === node)?.cpus ?? "";
        return (own === "" ? whole : holder([whole, ...levels], own)) === level ? [text] : [];
      }),
    extra: (level) => {
      const near = nodes.filter(
        (_, i) => level === whole || !isDisjoint(setOf(nearest[i] ?? ""), setOf(level.cpus)),
      );
      const nodeset = mask(formatList(indexSet(near.map(({ id }) => id))));
      const sets = { nodeset, complete_nodeset: nodeset };
      if (level !== whole) return sets;
      const allowed = { allowed_cpuset: mask(all), allowed_nodeset: nodeset };
      return { ...sets, ...allowed, complete_cpuset: mask(complete) };
    },
  });
  return document(
    "2.0",
    inside,
    distances(topology),
    ...generateLinks(topology),
    ...attributesOf(topology),
    ...kindsOf(topology),
  );
}

/** hwloc lists kinds of CPUs from the least efficient; Linux's capacity tells them apart. */
function kindsOf({ cores }: Topology): string[] {
  const classes = Map.groupBy(cores, (core) => core.class);
  return [...classes].flatMap(([of, own]) => {
    if (of === null) return [];
    const capacity = Math.round(1024 * 0.8 ** of);
    const cpus = formatList(unionAll(own.map((core) => setOf(core.cpus))));
    return [
      element(
        "cpukind",
        { cpuset: mask(cpus), forced_efficiency: capacity },
        info("LinuxCapacity", `${capacity}`),
      ),
    ];
  });
}

/** Text within an attribute. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

function setOf(list: string): IndexSet {
  return parseList(list) ?? indexSet([]);
}

/**
 * The CPUs that hwloc gives a node: its own, or those of the other nodes at the least distance,
 * which may have none either. None without distances, or if the distances do not distinguish the
 * nodes: all others are equally near, as on a machine with two nodes, or one is no farther than the
 * node itself (`fixup_cpuless_node_locality_from_distances` in hwloc's Linux backend).
 */
export function nearbyCpus(
  { nodes, distances: slit }: Topology,
  node: MemoryNode,
  i: number,
): string {
  if (node.cpus !== "" || slit === null) return node.cpus ?? "";
  const row = at(slit, i);
  const others = nodes.flatMap(({ cpus }, j) => (j === i ? [] : [{ cpus, distance: at(row, j) }]));
  const least = Math.min(...others.map(({ distance }) => distance));
  const near = others.filter(({ distance }) => distance === least);
  if (least <= at(row, i) || near.length === others.length) return "";
  return formatList(unionAll(near.map(knownCpus)));
}

/**
 * The innermost of the larger levels with exactly these CPUs; memory and I/O are attached to it.
 */
function holder(levels: readonly Level[], cpus: string): Level | undefined {
  const [whole] = levels;
  if (cpus === "") return whole;
  return levels.findLast((level) => level.cpus === cpus && !isSmall(level)) ?? whole;
}

/** Memory is never attached below a cache, and I/O above it. */
function isSmall({ type }: Level): boolean {
  return type === "L3Cache" || type === "Core";
}

const subtypes = {
  dram: "DRAM",
  hbm: "HBM",
  cxl: "CXL-DRAM",
  pmem: "NVM",
  gpu: "GPUMemory",
} as const;

function memoryObject({ machine }: Topology, node: MemoryNode, near: string): string {
  const bytes = node.memoryBytes;
  const inHugePages = knownPools(node).reduce(
    (sum, { sizeBytes, total }) => sum + sizeBytes * total,
    0,
  );
  const page = machine.pageBytes;
  const rest = bytes === null ? 0 : Math.max(0, bytes - inHugePages);
  const memory = object(
    "NUMANode",
    {
      os_index: node.id,
      cpuset: mask(near),
      complete_cpuset: mask(near),
      nodeset: mask(`${node.id}`),
      complete_nodeset: mask(`${node.id}`),
      gp_index: 1000 + node.id,
      ...(node.kind === null ? {} : { subtype: subtypes[node.kind] }),
      ...(bytes === null || bytes === 0 ? {} : { local_memory: bytes }),
    },
    ...(page === null ? [] : [pageType(page, Math.floor(rest / page))]),
    ...knownPools(node).map(({ sizeBytes, total }) => pageType(sizeBytes, total)),
  );
  if (node.sideCacheBytes === null) return memory;
  const sets = {
    cpuset: mask(near),
    complete_cpuset: mask(near),
    nodeset: mask(`${node.id}`),
    complete_nodeset: mask(`${node.id}`),
  };
  const cache = { cache_size: node.sideCacheBytes, depth: 1, cache_linesize: 64, cache_type: 0 };
  return object("MemCache", { ...sets, gp_index: 700_000 + node.id, ...cache }, memory);
}

function pageType(size: number, count: number): string {
  return element("page_type", { size, count });
}

/** HWLOC_DISTANCES_KIND_FROM_OS and _MEANS_LATENCY, rows of initiators in the order of indexes. */
function distances({ nodes, distances: slit }: Topology): string {
  if (slit === null || nodes.length < 2) return "";
  const attributes = { type: "NUMANode", nbobjs: nodes.length, kind: 5, name: "NUMALatency" };
  const indexes = `${nodes.map(({ id }) => id).join(" ")} `;
  const rows = slit.map((row) => `${row.join(" ")} `);
  return element(
    "distances2",
    { ...attributes, indexing: "os" },
    element("indexes", { length: indexes.length }, indexes),
    // hwloc breaks long matrices into several of these.
    ...rows.map((row) => element("u64values", { length: row.length }, row)),
  );
}

/** HMAT's figures as memory attributes: bandwidth, named MiB/s but in MB/s, and latency in ns. */
function attributesOf({ access, nodes }: Topology): string[] {
  const values = (valueOf: (entry: Topology["access"][number]) => number | null): string[] =>
    access.flatMap((entry) => {
      const value = valueOf(entry);
      const from = nodes.find(({ id }) => id === entry.initiator)?.cpus ?? "";
      if (value === null || isEmpty(setOf(from))) return [];
      const target = { target_obj_gp_index: 1000 + entry.target, target_obj_type: "NUMANode" };
      return [element("memattr_value", { ...target, value, initiator_cpuset: mask(from) })];
    });
  const bandwidth = values(({ readBytesPerSecond: bytes }) =>
    bytes === null ? null : bytes / 1e6,
  );
  const latency = values((entry) => entry.readLatencyNs);
  // hwloc refuses an attribute without any value.
  return [
    ...(bandwidth.length === 0
      ? []
      : [element("memattr", { name: "ReadBandwidth", flags: 5 }, ...bandwidth)]),
    ...(latency.length === 0
      ? []
      : [element("memattr", { name: "ReadLatency", flags: 6 }, ...latency)]),
  ];
}

/** The CPUs of a list. */
export function cpusOfList(list: string): number[] {
  return indices(setOf(list));
}
