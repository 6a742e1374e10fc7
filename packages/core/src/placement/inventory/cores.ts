import { keptCores } from "../../plan/kept-cores.ts";
import type { HostPolicy } from "../../request/host-policy.ts";
import { type IndexSet, indexSet, indices, size, unionAll } from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import { coreClassesOf } from "../../topology/core-classes.ts";
import type { Topology } from "../../topology/topology.ts";
import { at, valueOf } from "../../unit/list.ts";
import { count, type Tally } from "../../unit/tally.ts";

/** A machine's cores, by position in the order of their ids, without cores of unknown node. */
export interface CoreInventory {
  /** How many threads of a core are sold. */
  readonly threadsPerCore: number;
  readonly all: readonly SoldCore[];
  /**
   * The classes of the machine's cores, the fastest first: one where all are alike or unknown.
   * Cores and groups name them by position.
   */
  readonly classes: readonly (number | null)[];
  /** The cores of one node and class below one last-level cache, by node and lowest core. */
  readonly groups: readonly CoreGroup[];
  /** The positions of each node's groups. */
  readonly groupsOfNode: readonly (readonly number[])[];
  /** Each node's sold cores, by ascending id. */
  readonly soldOfNode: readonly (readonly SoldCore[])[];
  /** The number of last-level caches; all cores of unknown cache together count as one. */
  readonly caches: number;
  /** The position of the core that has a CPU. */
  readonly ofCpu: ReadonlyMap<number, number>;
  /** All CPUs of each node's cores, sold or not. */
  readonly cpusOfNode: readonly IndexSet[];
  /** The CPUs kept for the host on each node, where emulators and iothreads run. */
  readonly hostCpus: readonly IndexSet[];
}

export interface SoldCore {
  readonly position: number;
  readonly id: number;
  readonly l3: number | null;
  /** The positions of its node, its group and its class. */
  readonly node: number;
  readonly group: number;
  readonly coreClass: number;
  /** The CPUs that vCPUs are pinned to: its lowest `threadsPerCore`, ascending. */
  readonly cpus: readonly number[];
  /**
   * False where the host keeps it, or it is narrower than cores are sold (a sibling is offline).
   */
  readonly sold: boolean;
}

export interface CoreGroup {
  readonly node: number;
  readonly coreClass: number;
  /** The position of its cache, which groups of several nodes or classes may share. */
  readonly cache: number;
  /** Whether the cache is unknown, and so the cores that share it. */
  readonly unknownCache: boolean;
  /** Positions of its sold cores, ascending. */
  readonly cores: readonly number[];
}

/**
 * The number of threads that most of the machine's cores have; the greater where two are equally
 * common. Cores are sold at this width; a narrower one (a sibling is offline) is not sold.
 */
export function usualWidth(topology: Topology): number {
  const widths: Tally<number> = new Map();
  for (const core of topology.cores) count(widths, size(setOf(core.cpus)));
  const [usual] = [...widths].toSorted(([a, n], [b, m]) => m - n || b - a);
  // A machine without cores sells none, of whatever width.
  return usual === undefined ? 1 : usual[0];
}

/** Compiles the cores of a topology, without those that the policy keeps for the host. */
export function coreInventory(
  topology: Topology,
  policy: HostPolicy,
  nodePosition: ReadonlyMap<number, number>,
): CoreInventory {
  const threadsPerCore = usualWidth(topology);
  const kept = keptCores(topology, policy);
  const classes = coreClassesOf(topology.cores);
  const known = topology.cores.flatMap(({ id, l3, node, class: of, cpus }) => {
    const position = node === null ? undefined : nodePosition.get(node);
    const coreClass = classes.indexOf(of);
    return position === undefined ? [] : [{ id, l3, node: position, coreClass, set: setOf(cpus) }];
  });
  // A core of unknown cache is a group of its own, as the cores that share it are unknown.
  type Place = Pick<SoldCore, "id" | "node" | "l3" | "coreClass">;
  const keyOf = ({ id, node, l3, coreClass }: Place): string =>
    `${node} ${l3 === null ? `core ${id}` : `${l3} ${coreClass}`}`;
  const grouped = [...Map.groupBy(known, keyOf)].toSorted(
    ([, a], [, b]) => at(a, 0).node - at(b, 0).node,
  );
  const groupOf = new Map(grouped.map(([key], position) => [key, position]));
  const caches = [...new Set(known.map(({ l3 }) => l3))];
  const all = known.map(({ set, ...core }, i): SoldCore => ({
    ...core,
    position: i,
    group: valueOf(groupOf, keyOf(core)),
    cpus: indices(set).slice(0, threadsPerCore),
    sold: !kept.has(core.id) && size(set) >= threadsPerCore,
  }));
  const groups = grouped.map(([, members], position): CoreGroup => {
    const { node, l3, coreClass } = at(members, 0);
    return {
      node,
      coreClass,
      cache: caches.indexOf(l3),
      unknownCache: l3 === null,
      cores: all.flatMap(({ group, sold }, i) => (group === position && sold ? [i] : [])),
    };
  });
  return {
    threadsPerCore,
    all,
    classes,
    groups,
    groupsOfNode: [...nodePosition.values()].map((node) =>
      groups.flatMap((group, i) => (group.node === node ? [i] : [])),
    ),
    soldOfNode: [...nodePosition.values()].map((node) =>
      all.filter((core) => core.sold && core.node === node),
    ),
    caches: caches.length,
    ofCpu: new Map(known.flatMap(({ set }, i) => indices(set).map((cpu) => [cpu, i]))),
    cpusOfNode: [...nodePosition.values()].map((node) =>
      unionAll(known.flatMap((core) => (core.node === node ? [core.set] : []))),
    ),
    hostCpus: [...nodePosition.values()].map((node) =>
      unionAll(
        known.flatMap((core) => (core.node === node && kept.has(core.id) ? [core.set] : [])),
      ),
    ),
  };
}

/** The CPUs of all cores of a class, by its position. */
export function cpusOfClass({ all, ofCpu }: CoreInventory, of: number): IndexSet {
  const cpus = [...ofCpu].flatMap(([cpu, core]) => (at(all, core).coreClass === of ? [cpu] : []));
  return indexSet(cpus);
}
