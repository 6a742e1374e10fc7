import { knownCpus } from "../node-facts.ts";
import {
  difference,
  type IndexSet,
  indices,
  indexSet,
  intersection,
  isEmpty,
  unionAll,
} from "../../set/index-set.ts";
import { formatList, setOf } from "../../set/list-format.ts";
import type { Core, Topology } from "../topology.ts";
import { changeText, cpusText, type TopologyDifference } from "./difference.ts";
import { hasCoreClasses } from "../core-classes.ts";

/**
 * The changes of CPUs: which are online, the node and package of each, and which share a core, a
 * cluster, a die or an L3. The numbers of these groups are Evenkeel's own, so only the grouping of
 * the CPUs that are online in both machines is compared.
 */
export function cpuDifferences(a: Topology, b: Topology): TopologyDifference[] {
  const [before, after] = [cpusOf(a), cpusOf(b)];
  const common = intersection(before.online, after.online);
  return [
    ...(before.told && after.told ? onlineDifferences(before, after) : []),
    ...toldDifferences(a, b),
    ...movedDifferences(before.nodes, after.nodes, common, "node"),
    ...coreNodeDifferences(a, b, before.nodes, after.nodes, common),
    ...movedDifferences(before.packages, after.packages, common, "package"),
    ...classDifferences(a, b, common),
    ...sharedLevels.flatMap(({ name, field, key }) =>
      sharingDifferences(groupsOf(a, key, common), groupsOf(b, key, common), name, field),
    ),
  ];
}

interface Cpus {
  /** Whether the source tells all CPUs, so that one which it does not list is not there. */
  readonly told: boolean;
  readonly online: IndexSet;
  readonly offline: IndexSet;
  /** By CPU; a CPU on no node is absent. */
  readonly nodes: ReadonlyMap<number, number | null>;
  readonly packages: ReadonlyMap<number, number | null>;
}

function cpusOf({ nodes, cores, offlineCpus }: Topology): Cpus {
  const listed = [...nodes, ...cores].map(knownCpus);
  const each = <T>(
    owners: readonly { readonly cpus: string | null }[],
    value: (i: number) => T,
  ): [number, T][] =>
    owners.flatMap((owner, i) =>
      indices(knownCpus(owner)).map((cpu): [number, T] => [cpu, value(i)]),
    );
  return {
    told: cores.length > 0 || (nodes.length > 0 && nodes.every((node) => node.cpus !== null)),
    online: unionAll(listed),
    offline: setOf(offlineCpus),
    // A core's node may be known where no node lists the CPU; a node's own list takes precedence.
    nodes: new Map<number, number | null>([
      ...each(cores, (i) => cores[i]?.node ?? null),
      ...each(nodes, (i) => nodes[i]?.id ?? null),
    ]),
    packages: new Map(each(cores, (i) => cores[i]?.package ?? null)),
  };
}

function onlineDifferences(before: Cpus, after: Cpus): TopologyDifference[] {
  const states = [
    { of: (cpus: Cpus) => cpus.online, name: "online" },
    { of: (cpus: Cpus) => cpus.offline, name: "offline" },
  ] as const;
  const known = (cpus: Cpus): IndexSet => unionAll([cpus.online, cpus.offline]);
  const report = (set: IndexSet, from: string, to: string, what: string): TopologyDifference[] => {
    if (isEmpty(set)) return [];
    const list = formatList(set);
    const subject = cpusText(list);
    const path = `cpus[${list}]`;
    const message = `${subject} ${what}`;
    return [{ group: "cpus", subject, path, before: from, after: to, lasting: true, message }];
  };
  return [
    ...report(intersection(before.online, after.offline), "online", "offline", "went offline"),
    ...report(intersection(before.offline, after.online), "offline", "online", "came online"),
    ...states.flatMap(({ of, name }) => [
      ...report(difference(of(before), known(after)), name, "absent", "vanished"),
      ...report(difference(of(after), known(before)), "absent", name, `appeared ${name}`),
    ]),
  ];
}

/** The nodes of whose CPUs only one of the two tells. */
function toldDifferences(a: Topology, b: Topology): TopologyDifference[] {
  return a.nodes.flatMap(({ id, cpus: before }): TopologyDifference[] => {
    const other = b.nodes.find((node) => node.id === id);
    if (other === undefined || (before === null) === (other.cpus === null)) return [];
    const [subject, after] = [`node ${id}`, other.cpus];
    const message = changeText(`the CPUs of ${subject}`, before, after, (list) =>
      list === "" ? "none" : `${list}`,
    );
    const path = `nodes[${id}].cpus`;
    return [{ group: "cpus", subject, path, before, after, lasting: true, message }];
  });
}

/** CPUs whose node, package or class of core changed, grouped by move. */
function movedDifferences(
  before: ReadonlyMap<number, number | null>,
  after: ReadonlyMap<number, number | null>,
  common: IndexSet,
  what: "node" | "package" | "class",
): TopologyDifference[] {
  const moves = new Map<string, { from: number | null; to: number | null; cpus: number[] }>();
  for (const cpu of indices(common)) {
    const [from, to] = [before.get(cpu) ?? null, after.get(cpu) ?? null];
    if (from === to) continue;
    const move = moves.get(`${from} ${to}`) ?? { from, to, cpus: [] };
    move.cpus.push(cpu);
    moves.set(`${from} ${to}`, move);
  }
  return [...moves.values()].map(({ from, to, cpus }) => {
    const list = formatList(indexSet(cpus));
    const subject = cpusText(list);
    const place = (id: number | null): string =>
      id === null ? `no known ${what}` : `${what} ${id}`;
    return {
      group: "cpus",
      subject,
      path: `cpus[${list}].${what}`,
      before: from,
      after: to,
      lasting: true,
      message: `${subject} moved from ${place(from)} to ${place(to)}`,
    };
  });
}

/** Changes of a core's own node, only where the nodes' lists of CPUs did not change. */
function coreNodeDifferences(
  a: Topology,
  b: Topology,
  before: Cpus["nodes"],
  after: Cpus["nodes"],
  common: IndexSet,
): TopologyDifference[] {
  if (indices(common).some((cpu) => before.get(cpu) !== after.get(cpu))) return [];
  const ofCores = (of: Topology): Cpus["nodes"] => cpusOf({ ...of, nodes: [] }).nodes;
  return movedDifferences(ofCores(a), ofCores(b), common, "node");
}

/**
 * CPUs whose core is of another class. Where neither machine's cores differ, the number of their
 * one class means nothing, and so does it that nobody told it.
 */
function classDifferences(a: Topology, b: Topology, common: IndexSet): TopologyDifference[] {
  if (!hasCoreClasses(a) && !hasCoreClasses(b)) return [];
  const ofCpus = ({ cores }: Topology): ReadonlyMap<number, number | null> =>
    new Map(
      cores.flatMap((core) => indices(setOf(core.cpus)).map((cpu) => [cpu, core.class] as const)),
    );
  return movedDifferences(ofCpus(a), ofCpus(b), common, "class");
}

const sharedLevels = [
  { name: "core", field: "core", key: (core: Core): number | null => core.id },
  { name: "die", field: "die", key: (core: Core): number | null => core.die },
  { name: "cluster", field: "cluster", key: (core: Core): number | null => core.cluster },
  { name: "L3", field: "l3", key: (core: Core): number | null => core.l3 },
] as const;

/** The groups of CPUs that share a level, as lists, each with whether its number is known. */
function groupsOf(
  { cores }: Topology,
  key: (core: Core) => number | null,
  common: IndexSet,
): ReadonlyMap<string, string> {
  const members = new Map<string, IndexSet[]>();
  for (const core of cores) {
    const name = `${key(core) ?? ""}`;
    const known = members.get(name);
    if (known === undefined) members.set(name, [setOf(core.cpus)]);
    else known.push(setOf(core.cpus));
  }
  const groups = new Map<string, string>();
  for (const [name, sets] of members) {
    const shared = intersection(unionAll(sets), common);
    if (!isEmpty(shared)) groups.set(formatList(shared), name === "" ? "unknown" : "known");
  }
  return groups;
}

/**
 * The groups that no longer exist, with the groups that their CPUs are in now. Groups share no CPU,
 * so each CPU leads to one group, and the cost is linear in the CPUs that moved.
 */
function sharingDifferences(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  what: string,
  field: string,
): TopologyDifference[] {
  const gone = [...before].filter(([list, state]) => after.get(list) !== state);
  if (gone.length === 0) return [];
  const lists = [...after.keys()];
  const groupOf = new Map(lists.flatMap((list, i) => indices(setOf(list)).map((cpu) => [cpu, i])));
  return gone.map(([list, state]) => {
    const found = new Set(indices(setOf(list)).flatMap((cpu) => groupOf.get(cpu) ?? []));
    const now = [...found].toSorted((x, y) => x - y).flatMap((i) => lists[i] ?? []);
    const unknown = now.every((other) => after.get(other) === "unknown");
    const subject = cpusText(list);
    const text = now.map(cpusText).join(" and ");
    const message =
      state === "unknown"
        ? `the ${what} of ${subject} became known: ${text}`
        : unknown
          ? `the ${what} that ${subject} shared became unknown`
          : `the ${what} of ${subject} is now that of ${text}`;
    return {
      group: "cpus",
      subject,
      path: `cpus[${list}].${field}`,
      before: state === "unknown" ? null : list,
      after: unknown ? null : now.join(" "),
      lasting: true,
      message,
    };
  });
}
