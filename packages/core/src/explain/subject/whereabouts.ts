import type { ThreadEvidence } from "../../evidence/evidence.ts";
import {
  has,
  type IndexSet,
  intersection,
  isDisjoint,
  isEmpty,
  isSubset,
  unionAll,
} from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import type { Topology } from "../../topology/topology.ts";
import { allKnown } from "../../unit/list.ts";
import { sum, sumOf } from "../../unit/sum.ts";
import { count, type Tally } from "../../unit/tally.ts";
import { cellOf, type Home, nodesOfCell } from "./home.ts";
import type { Spread } from "./price.ts";
import { type ByNode, spreadOf } from "./spread.ts";
import type { Subject } from "./subject.ts";

/** Threads by where they may run, as seen from the nodes that the subject belongs on. */
export interface Whereabouts {
  /** The online CPUs of those nodes, and of those that each thread belongs on. */
  readonly homeCpus: IndexSet;
  readonly homeOf: (thread: ThreadEvidence) => IndexSet;
  readonly within: readonly ThreadEvidence[];
  /** May run on those nodes and on others. */
  readonly floating: readonly ThreadEvidence[];
  /** May run on other nodes only. */
  readonly away: readonly ThreadEvidence[];
  /** Nobody could read where they may run. */
  readonly unread: readonly ThreadEvidence[];
}

/**
 * Divides threads by where they may run. CPUs that are offline, which an affinity may name, count
 * for nothing. Null where the CPUs of the nodes are not known, or those at home are none.
 */
export function whereaboutsOf(
  threads: readonly ThreadEvidence[],
  home: Home,
  topology: Topology,
): Whereabouts | null {
  const homeCpus = cpusOfNodes(topology, home.nodes);
  const all = cpusOfNodes(topology, new Set(topology.nodes.map(({ id }) => id)));
  if (homeCpus === null || all === null || isEmpty(homeCpus)) return null;
  const ofCells = new Map(
    home.cells.map(({ id, nodes }) => [id, cpusOfNodes(topology, nodes) ?? homeCpus]),
  );
  const homeOf = (thread: ThreadEvidence): IndexSet => {
    const cell = cellOf(home, thread);
    return (cell === null ? null : ofCells.get(cell)) ?? homeCpus;
  };
  const placed = Map.groupBy(threads, (thread) => {
    const { allowedCpus } = thread;
    const own = homeOf(thread);
    const allowed = intersection(setOf(allowedCpus ?? ""), all);
    if (allowedCpus === null || isEmpty(allowed)) return "unread";
    if (isSubset(allowed, own)) return "within";
    return isDisjoint(allowed, own) ? "away" : "floating";
  });
  const of = (key: "within" | "floating" | "away" | "unread"): readonly ThreadEvidence[] =>
    placed.get(key) ?? [];
  return {
    homeCpus,
    homeOf,
    within: of("within"),
    floating: of("floating"),
    away: of("away"),
    unread: of("unread"),
  };
}

/** Whether all of some threads are kept at home; null where that is unknown. */
export function areKept(
  threads: readonly ThreadEvidence[] | null,
  home: Home,
  topology: Topology,
): boolean | null {
  const where = whereaboutsOf(threads ?? [], home, topology);
  if (where === null) return null;
  if (where.floating.length > 0 || where.away.length > 0) return false;
  return where.unread.length > 0 || where.within.length === 0 ? null : true;
}

/** The online CPUs of some nodes; null where those of one are unknown. */
export function cpusOfNodes({ nodes }: Topology, ids: ReadonlySet<number>): IndexSet | null {
  const own = nodes.filter(({ id }) => ids.has(id));
  if (own.some(({ cpus }) => cpus === null)) return null;
  return unionAll(own.map(({ cpus }) => setOf(cpus ?? "")));
}

/**
 * The part of a subject's work that some of its workers do, from 0 to 1. Every vCPU counts alike.
 * The threads of a process do not: a hundred of them may sleep, so they count by the time they
 * ran. Null where that is unknown and would matter.
 */
export function partOfWork(
  some: readonly ThreadEvidence[],
  { evidence, workers }: Pick<Subject, "evidence" | "workers">,
): number | null {
  const all = workers ?? [];
  if (some.length === 0) return 0;
  if (some.length === all.length) return 1;
  if (evidence.of === "vm") return some.length / all.length;
  const ran = allKnown(all.map(({ ranNs }) => ranNs));
  const own = allKnown(some.map(({ ranNs }) => ranNs));
  if (ran === null || own === null) return null;
  return sum(ran) === 0 ? some.length / all.length : sum(own) / sum(ran);
}

/**
 * Where the work is done: a part of it where these threads may run, the rest at home; of the whole,
 * and of each of the guest's nodes. Null where nobody can tell.
 *
 * @param part as `partOfWork` says it of these threads.
 */
export function spreadOfWork(
  some: readonly ThreadEvidence[],
  part: number,
  { all, home, topology }: WorkersAt,
): { readonly whole: ByNode; readonly cells: ReadonlyMap<number, Spread> } | null {
  const whole = mixed(some, part, home.nodes, topology);
  if (whole === null) return null;
  const cells = new Map<number, Spread>();
  for (const { id, nodes } of home.cells) {
    const own = all.filter((thread) => cellOf(home, thread) === id);
    const away = some.filter((thread) => cellOf(home, thread) === id);
    const workers = mixed(away, away.length / Math.max(1, own.length), nodes, topology);
    if (workers !== null && away.length > 0) cells.set(id, { workers });
  }
  return { whole, cells };
}

/** What the causes about workers judge by. */
export interface WorkersAt {
  readonly all: readonly ThreadEvidence[];
  readonly where: Whereabouts;
  readonly home: Home;
  readonly topology: Topology;
}

function mixed(
  some: readonly ThreadEvidence[],
  part: number,
  home: ReadonlySet<number>,
  topology: Topology,
): ByNode | null {
  const spread = spreadOf(some, topology);
  if (spread === null) return null;
  const tally: Tally<number> = new Map();
  const all = sumOf(spread, ([, amount]) => amount);
  for (const [node, amount] of spread) count(tally, node, (part * amount) / all);
  for (const node of home) count(tally, node, (1 - part) / home.size);
  return tally;
}

/** Of some threads those that were last seen on a CPU where they do not belong. */
export function seenOutside(
  threads: readonly ThreadEvidence[],
  { homeOf }: Whereabouts,
): readonly ThreadEvidence[] {
  return threads.filter((one) => one.lastCpu !== null && !has(homeOf(one), one.lastCpu));
}

/** The nodes where some threads may run and do not belong, by ascending id. */
export function nodesOutside(
  threads: readonly ThreadEvidence[],
  home: Home,
  topology: Topology,
): readonly number[] {
  const outside = threads.flatMap((thread) => {
    const own = nodesOfCell(home, cellOf(home, thread));
    const spread = spreadOf([thread], topology) ?? new Map<number, number>();
    return [...spread.keys()].filter((node) => !own.has(node));
  });
  return [...new Set(outside)].toSorted((a, b) => a - b);
}
