import { knownCpus } from "../../src/topology/node-facts.ts";
import * as fc from "fast-check";
import { indices, indexSet, size } from "../../src/set/index-set.ts";
import { formatList, setOf } from "../../src/set/list-format.ts";
import { GiB, MiB } from "../../src/unit/bytes.ts";
import { at } from "../../src/unit/list.ts";
import { topologyOf } from "../../src/topology/synthetic/build.ts";
import {
  type Distances,
  type ForNodes,
  type Level,
  type LinkGroup,
  type SyntheticAccess,
  type SyntheticMachine,
  type SyntheticPool,
  timesWithin,
  type Uneven,
} from "../../src/topology/synthetic/machine.ts";
import type { Topology } from "../../src/topology/topology.ts";
import { acceleratorsBelow, type Slot } from "./arbitrary-slot.ts";
import {
  type AccessTrait,
  arbitraryCpuTraits,
  arbitraryLevels,
  arbitraryTraits,
  type CpuTraits,
  type DistanceTrait,
  type LinkTrait,
  type MachineBounds,
  type NodeMemory,
  type Traits,
} from "./arbitrary-traits.ts";
import { sumOf } from "../../src/unit/sum.ts";

/** At most four nodes with CPUs and four accelerators: few enough for brute force. */
const smallBounds: MachineBounds = {
  packagesMax: 2,
  nodesPerPackageMax: 2,
  coresPerGroupMax: 3,
  acceleratorsMax: 4,
};

/** At most eight nodes with CPUs and sixteen accelerators. */
const wideBounds: MachineBounds = {
  packagesMax: 2,
  nodesPerPackageMax: 4,
  coresPerGroupMax: 6,
  acceleratorsMax: 16,
};

/**
 * Machines for property tests, with every feature of real ones that matters to a placement, in
 * small numbers. Nodes differ in cores, memory and huge pages; some have no memory, some no CPUs,
 * some devices no node; distances are missing, by rule, or asymmetric; CPUs are offline, node
 * numbers have holes. Every generated machine can be built, and a failure shrinks to simple
 * machines.
 */
function arbitraryMachine(bounds: MachineBounds): fc.Arbitrary<SyntheticMachine> {
  return fc
    .tuple(arbitraryLevels(bounds), arbitraryCpuTraits, arbitraryTraits(bounds))
    .map(([levels, cpus, traits]) => assembled(bounds, levels, cpus, traits));
}

export const smallMachine: fc.Arbitrary<SyntheticMachine> = arbitraryMachine(smallBounds);
export const wideMachine: fc.Arbitrary<SyntheticMachine> = arbitraryMachine(wideBounds);

export const smallTopology: fc.Arbitrary<Topology> = smallMachine.map(generated);
export const wideTopology: fc.Arbitrary<Topology> = wideMachine.map(generated);

function generated(machine: SyntheticMachine): Topology {
  return topologyOf(machine, "generated", "synthetic");
}

function assembled(
  bounds: MachineBounds,
  levels: readonly Level[],
  cpus: CpuTraits,
  traits: Traits,
): SyntheticMachine {
  const mainCount = timesWithin(levels, "package") * timesWithin(levels, "node");
  const count = mainCount + traits.extras.length;
  const ids = nodeNumbers(count, cpus.idGaps);
  const slots = cutToFit(traits.slots, bounds.acceleratorsMax);
  const accelerators = sumOf(slots, (slot) => acceleratorsBelow(slot.below));
  const machine: SyntheticMachine = {
    machine: {
      vendor: null,
      product: null,
      cpuModel: null,
      architecture: "x86_64",
      pageBytes: 4096,
    },
    levels,
    uneven: unevenNodes(cpus, ids.slice(1, mainCount)),
    numbering: cpus.numbering,
    offlineCpus: "",
    classes: [],
    nodeIds: cpus.idGaps.length === 0 ? null : formatList(indexSet(ids)),
    memory: ids.slice(0, mainCount).map((id, i) => memoryOf(id, traits.memory[i])),
    hugepages: ids.slice(0, mainCount).map((id, i) => hugepagesOf(id, traits.memory[i])),
    extraNodes: traits.extras.map(({ kind, memoryGiB, detour, beside }) => ({
      kind,
      memoryBytes: memoryGiB * GiB,
      distance: traits.distances === "rule" ? 10 + detour : null,
      count: 1,
      nodes: `${at(ids, beside % mainCount)}`,
    })),
    distances: distancesOf(traits.distances, count),
    access: [],
    roots: slots.map(({ beside, below }) => ({
      count: 1,
      nodes: beside === null ? "?" : `${at(ids, beside % mainCount)}`,
      buses: [],
      below,
    })),
    iommu: traits.iommu,
    modules: traits.modules ? [...Array(accelerators).keys()].map((i) => accelerators - i) : [],
    links: linksOf(traits.links, accelerators),
    partitions: traits.partitioned ? partitionsOf(accelerators) : [],
  };
  const known = { ...machine, offlineCpus: offlineOf(machine, cpus.offline) };
  return {
    ...known,
    access: accessOf(known, ids, traits.access),
    classes: classesOf(known, cpus.classes),
  };
}

/** The CPUs of each class, where the cores have these classes in turn. */
function classesOf(machine: SyntheticMachine, inTurn: readonly (number | null)[]): string[] {
  if (inTurn.length === 0) return [];
  const ofClasses = [...new Set(inTurn)].filter((one) => one !== null).toSorted((a, b) => a - b);
  return ofClasses.flatMap((wanted) => {
    const { cores } = generated(machine);
    const own = cores.filter(({ id }) => at(inTurn, id % inTurn.length) === wanted);
    const cpus = own.flatMap((core) => indices(setOf(core.cpus)));
    return cpus.length === 0 ? [] : [formatList(indexSet(cpus))];
  });
}

function nodeNumbers(count: number, gaps: readonly number[]): number[] {
  if (gaps.length === 0) return [...Array(count).keys()];
  let next = 0;
  return Array.from({ length: count }, (_, i) => {
    const id = next + at(gaps, i);
    next = id + 1;
    return id;
  });
}

function cutToFit(slots: readonly Slot[], acceleratorsMax: number): Slot[] {
  let accelerators = 0;
  return slots.filter(({ below }) => {
    const more = acceleratorsBelow(below);
    if (accelerators + more > acceleratorsMax) return false;
    accelerators += more;
    return true;
  });
}

function unevenNodes({ cores, threads }: CpuTraits, ids: readonly number[]): Uneven[] {
  return ids.flatMap((id, i): Uneven[] => {
    const [core = null, thread = null] = [cores[i], threads[i]];
    return [
      ...(core === null ? [] : [{ level: "core", count: core, nodes: `${id}` } as const]),
      ...(thread === null ? [] : [{ level: "thread", count: thread, nodes: `${id}` } as const]),
    ];
  });
}

function poolsOf(memory: NodeMemory | undefined): SyntheticPool[] {
  if (memory === undefined || memory.baseGiB === 0) return [];
  const pools = [
    { sizeBytes: 2 * MiB, pool: memory.huge },
    { sizeBytes: GiB, pool: memory.gigantic },
  ];
  return pools.flatMap(({ sizeBytes, pool }) => {
    if (pool === null) return [];
    const free = memory.freeKnown ? Math.max(0, pool.total - pool.taken) : null;
    return [{ sizeBytes, total: pool.total, free }];
  });
}

function hugepagesOf(
  id: number,
  memory: NodeMemory | undefined,
): ForNodes<readonly SyntheticPool[]> {
  return { value: poolsOf(memory), nodes: `${id}` };
}

/** Base pages and huge pages together, as the kernel counts a node's memory. */
function memoryOf(id: number, memory: NodeMemory | undefined): ForNodes<number | null> {
  const base = memory?.baseGiB ?? null;
  const huge = poolsOf(memory).reduce((sum, pool) => sum + pool.sizeBytes * pool.total, 0);
  return { value: base === null ? null : base * GiB + huge, nodes: `${id}` };
}

function distancesOf(trait: DistanceTrait, count: number): Distances | null {
  if (trait === "none") return null;
  if (trait === "rule") return { local: 10, near: 12, far: 32 };
  const rows = [...Array(count).keys()];
  return { matrix: rows.map((i) => rows.map((j) => (i === j ? 10 : at(trait, i * 10 + j)))) };
}

/** Only nodes with CPUs are initiators, and they are known once the machine is built. */
function accessOf(
  machine: SyntheticMachine,
  ids: readonly number[],
  trait: AccessTrait | null,
): SyntheticAccess[] {
  if (trait === null) return [];
  const { known, pairs } = trait;
  const withCpus = generated(machine).nodes.flatMap(({ id, cpus }) => (cpus === "" ? [] : [id]));
  const figures = (latency: number, gigabytes: number) => ({
    readLatencyNs: known === "bandwidth" ? null : latency,
    readBytesPerSecond: known === "latency" ? null : gigabytes * 1e9,
  });
  const remote = pairs.flatMap(({ from, to, far }): SyntheticAccess[] => {
    const [initiator, target] = [at(withCpus, from % withCpus.length), at(ids, to % ids.length)];
    if (initiator === target) return [];
    const value = far ? figures(255, 30) : figures(139, 120);
    return [{ ...value, targets: `${target}`, nodes: `${initiator}` }];
  });
  return [{ ...figures(90, 240), targets: null, nodes: null }, ...remote];
}

function linksOf(trait: LinkTrait, accelerators: number): LinkGroup[] {
  if (trait === "none" || accelerators < 2) return [];
  if (trait === "all") return [{ kind: "nvlink", lanes: 18, among: [] }];
  const pairs = Array.from({ length: accelerators >> 1 }, (_, i) => `${2 * i}-${2 * i + 1}`);
  return [{ kind: "nvlink", lanes: 4, among: pairs }];
}

/** One partition of all accelerators, and one for each alone. */
function partitionsOf(accelerators: number): SyntheticMachine["partitions"] {
  if (accelerators === 0) return [];
  const all = formatList(indexSet(Array(accelerators).keys()));
  const alone = accelerators === 1 ? [] : [...Array(accelerators).keys()].map((i) => `${i}`);
  return [all, ...alone].map((set) => ({ accelerators: set, active: false }));
}

/** CPUs to take offline: any, but never all. */
function offlineOf(machine: SyntheticMachine, wanted: readonly number[]): string {
  const online = generated(machine).nodes.flatMap((node) => indices(knownCpus(node)));
  const chosen = indexSet(wanted.map((n) => at(online, n % online.length)));
  return size(chosen) < online.length ? formatList(chosen) : "";
}
