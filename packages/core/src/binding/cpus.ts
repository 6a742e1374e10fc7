import { type IndexSet, intersection, isSubset, has, unionAll } from "../set/index-set.ts";
import { amountOf } from "../text/amount.ts";
import { nodesText } from "../topology/draw/describe.ts";
import { knownCpus } from "../topology/node-facts.ts";
import type { Topology } from "../topology/topology.ts";
import { allKnown } from "../unit/list.ts";
import { sum } from "../unit/sum.ts";
import type { Beside } from "./beside.ts";
import type { BindingMode, BindingUnknown } from "./binding.ts";
import { coreComplex } from "./mode/core-complex.ts";
import { type UsableCore, usableCores } from "./mode/cores.ts";
import { freeCores, shares } from "./mode/exclusive.ts";

/** CPUs for a command. */
export interface CpuChoice {
  readonly cpus: IndexSet;
  /** How many threads keep them busy without disturbing commands beside it; null if unknown. */
  readonly threads: number | null;
  readonly reasons: readonly string[];
  readonly unknowns: readonly BindingUnknown[];
}

/** Why a command cannot have cores of its own. */
export interface NoCores {
  readonly message: string;
  readonly expected: string;
}

interface CpuInput {
  readonly topology: Topology;
  readonly mode: BindingMode;
  readonly allowedCpus: IndexSet;
  readonly heldCpus: IndexSet;
  /** Those of the command. */
  readonly own: readonly Beside[];
  /** All that commands on this machine may be beside, the command's own among them. */
  readonly all: readonly Beside[];
  /** Those that this command and the others in its cpuset see. */
  readonly visible: ReadonlySet<string>;
}

/** Takes the CPUs beside a command's accelerators, by the mode. */
export function chooseCpus(input: CpuInput): CpuChoice | NoCores {
  const parts = groups(input.own).map((group) => partOf(input, group));
  const chosen = parts.filter((part) => "cpus" in part);
  const refused = parts.find((part) => "message" in part);
  if (refused !== undefined) return refused;
  const threads = allKnown(chosen.map((part) => part.threads));
  return {
    cpus: unionAll(chosen.map(({ cpus }) => cpus)),
    threads: threads === null ? null : sum(threads),
    reasons: chosen.flatMap(({ reasons }) => reasons),
    unknowns: chosen.flatMap(({ unknowns }) => unknowns),
  };
}

/** Accelerators beside the same nodes. */
function groups(own: readonly Beside[]): readonly (readonly Beside[])[] {
  return [...Map.groupBy(own, ({ nodes }) => nodes.join(",")).values()];
}

function partOf(input: CpuInput, group: readonly Beside[]): CpuChoice | NoCores {
  const { topology, mode, allowedCpus } = input;
  const nodes = new Set(group[0]?.nodes);
  const all = unionAll(topology.nodes.filter(({ id }) => nodes.has(id)).map(knownCpus));
  const cpus = intersection(all, allowedCpus);
  const cores = usableCores(topology.cores, cpus);
  const peers = peersOf(input, group, isSubset(all, allowedCpus));
  const places = group.map(({ address }) => peers.indexOf(address));
  const where = nodesText(nodes);
  const whole: CpuChoice = {
    cpus,
    threads: threadsOf(cores.length, peers.length, group.length),
    reasons: [
      `${mode === "socket" ? "socket" : "node"}: ` +
        `all CPUs of ${where}${isSubset(all, allowedCpus) ? "" : " that it may use"}`,
    ],
    unknowns: [],
  };
  if (mode === "node" || mode === "socket") return whole;
  if (cores.length === 0) {
    return { ...whole, unknowns: [{ what: `the cores of ${where}`, tells: "sysfs or lscpu" }] };
  }
  if (mode === "exclusive") return exclusive(input, cores, peers.length, places, where);
  const complexes = places.map((place) => coreComplex(cores, place));
  const known = allKnown(complexes);
  if (known === null) {
    return { ...whole, unknowns: [{ what: `the caches of ${where}`, tells: "sysfs or lscpu" }] };
  }
  return belowCaches(cores, new Set(known.flat()), peers.length, where);
}

function belowCaches(
  cores: readonly UsableCore[],
  own: ReadonlySet<UsableCore>,
  peers: number,
  where: string,
): CpuChoice {
  const caches = cachesOf(cores);
  const below = `below ${amountOf(cachesOf(own), "last-level cache")} of ${caches} on ${where}`;
  return {
    cpus: unionAll([...own].map(({ cpus }) => cpus)),
    threads: threadsOf(own.size, Math.ceil(peers / caches), 1),
    reasons: [`core-complex: ${amountOf(own.size, "core")} ${below}`],
    unknowns: [],
  };
}

function cachesOf(cores: Iterable<UsableCore>): number {
  return new Set([...cores].map(({ core }) => core.l3)).size;
}

/** A command's part of the cores where several share them; null where cores are unknown. */
function threadsOf(cores: number, sharing: number, own: number): number | null {
  return cores === 0 ? null : Math.max(1, Math.floor((cores * own) / sharing));
}

/**
 * The accelerators that share nodes with a group, ascending by address. Where the command may use
 * all of the nodes, all that the machine has there share them, whether it sees them or not: other
 * commands do. Where it may not, whoever gave it a part has divided already, and only those that it
 * sees share the part. One whose node is unknown may be there, so it counts.
 */
function peersOf(
  { all, visible }: CpuInput,
  group: readonly Beside[],
  isWhole: boolean,
): readonly string[] {
  const nodes = new Set(group.flatMap((one) => one.nodes));
  return all
    .filter(({ address }) => isWhole || visible.has(address))
    .filter((one) => one.nodes.length === 0 || one.nodes.some((node) => nodes.has(node)))
    .map(({ address }) => address);
}

function exclusive(
  { heldCpus }: CpuInput,
  cores: readonly UsableCore[],
  count: number,
  places: readonly number[],
  where: string,
): CpuChoice | NoCores {
  const divided = shares(cores, count);
  const own = places.flatMap((place) => divided[place] ?? []);
  const supply = `${amountOf(cores.length, "usable core")} for ${amountOf(count, "GPU")}`;
  if (cores.length < count) {
    return {
      message: `${where} has ${supply}: exclusive takes a core for each`,
      expected: "a core for each GPU, or --mode node",
    };
  }
  const isHeld = ({ first }: UsableCore): boolean => has(heldCpus, first);
  const free = freeCores(cores, own, isHeld);
  if (free.length === 0) {
    return {
      message: `other commands hold all ${cores.length} usable cores of ${where}`,
      expected: "a core that no other command holds, or --mode node",
    };
  }
  const short = own.length - free.length;
  const partly = free.filter(({ isWhole }) => !isWhole).length;
  return {
    cpus: unionAll(free.map(({ cpus }) => cpus)),
    threads: free.length,
    reasons: [
      `exclusive: ${amountOf(free.length, "core")}, its share of ${supply} on ${where}`,
      ...(short === 0 ? [] : [`other commands hold ${short} of the cores of its share`]),
      ...(partly === 0
        ? []
        : [`of ${amountOf(partly, "core")} it may use only some of the threads`]),
    ],
    unknowns: [],
  };
}
