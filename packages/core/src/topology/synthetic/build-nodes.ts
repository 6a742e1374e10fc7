import { has, indices, indexSet, isEmpty } from "../../set/index-set.ts";
import { formatList, parseList } from "../../set/list-format.ts";
import { at } from "../../unit/list.ts";
import type { CoreParts, NodeParts } from "../build.ts";
import { type Described, impossible } from "./fault.ts";
import {
  type ForNodes,
  type Level,
  type LevelName,
  limits,
  type SyntheticPool,
  timesWithin,
} from "./machine.ts";
import { sumOf } from "../../unit/sum.ts";

/** A node with its position in the levels, and its CPUs. */
export interface BuiltNode {
  readonly id: number;
  /** Its package; null where it holds several, or packages are unknown. */
  readonly package: number | null;
  /** The node beside a node without CPUs, and the distance to it; null for other nodes. */
  readonly beside: { readonly node: number; readonly distance: number | null } | null;
  readonly parts: NodeParts;
}

export interface BuiltCpus {
  readonly nodes: readonly BuiltNode[];
  readonly cores: readonly CoreParts[];
}

/**
 * Builds nodes and cores from the levels. Counts nest, so each innermost group above the cores is
 * one combination of all levels above. Cores are numbered group by group, CPUs as the machine's
 * numbering requires. The cost is linear in the CPUs, which are counted before any is built.
 */
export function buildNodes(described: Described): BuiltCpus {
  const { machine } = described;
  const groups = groupsAboveCores(described);
  const mainCount = new Set(groups.map((group) => group.node)).size;
  const ids = nodeIds(described, mainCount);
  const cores = coresOf(described, groups, ids);
  const offline = parseList(machine.offlineCpus) ?? indexSet([]);
  const cpuCount = sumOf(cores, (core) => core.cpus.length);
  if (indices(offline).some((cpu) => cpu >= cpuCount)) {
    const expected = `CPUs from 0 to ${cpuCount - 1}`;
    throw impossible(described, "offline", "some of these CPUs do not exist", expected);
  }
  const classOf = classesOfCpus(described, cpuCount);
  const online = cores
    .map((core) => ({ ...core, cpus: core.cpus.filter((cpu) => !has(offline, cpu)) }))
    .filter((core) => core.cpus.length > 0);
  if (online.length === 0) {
    const key = isEmpty(offline) ? "core" : "offline";
    throw impossible(described, key, "no CPU is left online", "at least one");
  }
  return {
    nodes: [...mainNodes(described, groups, online, ids), ...extraNodes(described, ids, mainCount)],
    cores: online.map(({ package: id, die, cluster, l3, node, cpus }) => ({
      package: id,
      die,
      cluster,
      l3,
      node: ids[node] ?? null,
      class: classOf(cpus),
      cpus: formatList(indexSet(cpus)),
    })),
  };
}

/** The class of the core that has these CPUs; null where no statement names one of them. */
function classesOfCpus(
  described: Described,
  cpuCount: number,
): (cpus: readonly number[]) => number | null {
  const known = new Map<number, number>();
  const refuse = (message: string, expected: string): Error =>
    impossible(described, "classes", message, expected);
  for (const [of, list] of described.machine.classes.entries()) {
    for (const cpu of numbersIn(list)) {
      if (cpu >= cpuCount) {
        throw refuse(`CPU ${cpu} does not exist`, `CPUs from 0 to ${cpuCount - 1}`);
      }
      if (known.has(cpu)) throw refuse(`CPU ${cpu} is in two classes`, "one class for each CPU");
      known.set(cpu, of);
    }
  }
  return (cpus) => {
    const [first = null, ...others] = new Set(cpus.map((cpu) => known.get(cpu)).filter(isKnown));
    if (others.length === 0) return first;
    throw refuse(
      `CPUs ${formatList(indexSet(cpus))} are one core, and in two classes`,
      "all threads of a core in one class",
    );
  };
}

const isKnown = (of: number | undefined): of is number => of !== undefined;

/** A group of cores: its number in each level, counted over the whole machine. */
type Group = Readonly<Record<"package" | "die" | "cluster" | "l3", number | null>> & {
  readonly node: number;
};

interface KnownLevel extends Level {
  readonly count: number;
}

/** The written levels and the missing ones in their proper positions, without cores and threads. */
function completedLevels(levels: readonly Level[]): KnownLevel[] {
  const written = levels.filter(({ level }) => level !== "core" && level !== "thread");
  const known = written.flatMap(({ level, count }) => (count === null ? [] : [{ level, count }]));
  const unknown = new Set(written.filter(({ count }) => count === null).map(({ level }) => level));
  const lacks = (name: LevelName): boolean =>
    !unknown.has(name) && !known.some(({ level }) => level === name);
  const after = (...names: LevelName[]): number =>
    1 + Math.max(-1, ...names.map((name) => known.findIndex(({ level }) => level === name)));
  if (lacks("package")) known.unshift({ level: "package", count: 1 });
  if (lacks("die")) known.splice(after("package"), 0, { level: "die", count: 1 });
  if (lacks("node")) known.splice(after("package"), 0, { level: "node", count: 1 });
  if (lacks("l3")) known.splice(after("package", "die", "node"), 0, { level: "l3", count: 1 });
  return known;
}

function groupsAboveCores(described: Described): Group[] {
  const levels = completedLevels(described.machine.levels);
  const total = levels.reduce((product, { count }) => product * count, 1);
  if (total > limits.cpus) {
    const expected = `at most ${limits.cpus} CPUs in all`;
    throw impossible(described, levels[0]?.level ?? "core", "the machine is too large", expected);
  }
  const none: Group = { package: null, die: null, cluster: null, l3: null, node: 0 };
  let groups: Group[] = [none];
  for (const { level, count } of levels) {
    let next = 0;
    groups = groups.flatMap((group) =>
      Array.from({ length: count }, () => ({ ...group, [level]: next++ })),
    );
  }
  return groups;
}

/** The nodes' numbers in order: first the nodes of the levels, then those without CPUs. */
function nodeIds(described: Described, mainCount: number): number[] {
  const { extraNodes: extras, nodeIds: written } = described.machine;
  const besides = extras.map(({ count, nodes }) => {
    const beside = nodes === null ? mainCount : numbersIn(nodes).length;
    return count * beside;
  });
  const count = besides.reduce((sum, n) => sum + n, mainCount);
  if (count > limits.nodes) {
    const key = mainCount > limits.nodes ? "node" : (extras[0]?.kind ?? "node");
    throw impossible(described, key, `${count} nodes are too many`, `at most ${limits.nodes}`);
  }
  if (written === null) return [...Array(count).keys()];
  const ids = numbersIn(written);
  if (ids.length !== count) {
    throw impossible(described, "ids", `${ids.length} nodes are numbered`, `${count} numbers`);
  }
  return ids;
}

/** The value for each node: the last statement that names the node, or all nodes, wins. */
function valuesOf<T>(statements: readonly ForNodes<T>[]): (id: number, fallback: T) => T {
  const own = new Map<number, ForNodes<T>>();
  let usual: ForNodes<T> | null = null;
  for (const statement of statements) {
    if (statement.nodes === null) {
      own.clear();
      usual = statement;
    }
    for (const id of numbersIn(statement.nodes ?? "")) own.set(id, statement);
  }
  return (id, fallback) => {
    const statement = own.get(id) ?? usual;
    return statement === null ? fallback : statement.value;
  };
}

const numbersIn = (list: string): number[] => indices(parseList(list) ?? indexSet([]));

interface BuiltCore extends Group {
  readonly threads: number;
  readonly cpus: readonly number[];
}

function coresOf(
  described: Described,
  groups: readonly Group[],
  ids: readonly number[],
): BuiltCore[] {
  const { levels, uneven, numbering } = described.machine;
  expectNodes(
    described,
    uneven.map(({ level, nodes }) => ({ key: level, nodes })),
    ids,
  );
  const countsOf = (name: "core" | "thread"): ((node: number) => number) => {
    const usual = timesWithin(levels, name);
    const own = valuesOf(
      uneven
        .filter(({ level }) => level === name)
        .map(({ count, nodes }) => ({ value: count, nodes })),
    );
    return (node) => own(at(ids, node), usual);
  };
  const [coresOn, threadsOn] = [countsOf("core"), countsOf("thread")];
  const shapes = groups.map((group) => ({
    group,
    cores: coresOn(group.node),
    threads: threadsOn(group.node),
  }));
  const cpus = sumOf(shapes, ({ cores, threads }) => cores * threads);
  if (cpus > limits.cpus) {
    throw impossible(described, "core", `${cpus} CPUs are too many`, `at most ${limits.cpus}`);
  }
  const cores = shapes.flatMap(({ group, cores: count, threads }) =>
    Array.from({ length: count }, () => ({ ...group, threads })),
  );
  const cpusOf = numbered(numbering === "alternating" ? dealt(cores) : cores, numbering);
  return cores.map((core) => ({ ...core, cpus: cpusOf.get(core) ?? [] }));
}

/**
 * The CPUs of each core. Numbers go through the threads of one core before the next core's where
 * siblings are adjacent; otherwise through the first threads of all cores, then all second ones.
 */
function numbered<T extends { readonly threads: number }>(
  cores: readonly T[],
  numbering: Described["machine"]["numbering"],
): ReadonlyMap<T, readonly number[]> {
  const threads = cores.flatMap((core) =>
    Array.from({ length: core.threads }, (_, thread) => ({ core, thread })),
  );
  const inOrder =
    numbering === "adjacent" ? threads : threads.toSorted((a, b) => a.thread - b.thread);
  const byCore = Map.groupBy(
    inOrder.map(({ core }, cpu) => ({ core, cpu })),
    ({ core }) => core,
  );
  return new Map(Array.from(byCore, ([core, own]) => [core, own.map(({ cpu }) => cpu)]));
}

/** One core of each node in turn, until none has any left. */
function dealt<T extends { readonly node: number }>(cores: readonly T[]): T[] {
  const byNode = Map.groupBy(cores, ({ node }) => node);
  return [...byNode.values()]
    .flatMap((own) => own.map((core, place) => ({ core, place })))
    .toSorted((a, b) => a.place - b.place || a.core.node - b.core.node)
    .map(({ core }) => core);
}

function expectNodes(
  described: Described,
  statements: readonly { readonly key: string; readonly nodes: string | null }[],
  ids: readonly number[],
): void {
  const present = new Set(ids);
  for (const { key, nodes } of statements) {
    const missing = numbersIn(nodes ?? "").find((id) => !present.has(id));
    if (missing === undefined) continue;
    const there = formatList(indexSet(ids));
    const message = `node ${missing} does not exist`;
    throw impossible(described, key, message, `nodes among ${there}`, nodes);
  }
}

function mainNodes(
  described: Described,
  groups: readonly Group[],
  cores: readonly BuiltCore[],
  ids: readonly number[],
): BuiltNode[] {
  const { memory, hugepages, roots } = described.machine;
  expectNodes(
    described,
    memory.map(({ nodes }) => ({ key: "memory", nodes })),
    ids,
  );
  expectNodes(
    described,
    hugepages.map(({ nodes }) => ({ key: "hugepages", nodes })),
    ids,
  );
  const contents = contentsOf(described);
  const beside = roots.filter(({ nodes }) => nodes !== "?");
  expectNodes(
    described,
    beside.map(({ nodes }) => ({ key: "root", nodes })),
    ids,
  );
  return [...new Set(groups.map((group) => group.node))].map((position) => {
    const packages = new Set(
      groups.filter(({ node }) => node === position).map((group) => group.package),
    );
    const cpus = cores.filter(({ node }) => node === position).flatMap((core) => core.cpus);
    const id = at(ids, position);
    return {
      id,
      package: packages.size === 1 ? ([...packages][0] ?? null) : null,
      beside: null,
      parts: {
        id,
        cpus: formatList(indexSet(cpus)),
        memoryBytes: contents.memory(id, null),
        kind: "dram",
        hugepages: contents.hugepages(id, null),
      },
    };
  });
}

/**
 * Looks up the memory and huge pages of nodes; with `onlyNamed`, only statements that name nodes
 * count.
 */
function contentsOf(
  { machine }: Described,
  onlyNamed = false,
): {
  readonly memory: (id: number, fallback: number | null) => number | null;
  readonly hugepages: (
    id: number,
    memoryFallback: number | null,
  ) => readonly SyntheticPool[] | null;
} {
  const applying = <T>(statements: readonly ForNodes<T>[]): ForNodes<T>[] =>
    statements.filter(({ nodes }) => !onlyNamed || nodes !== null);
  const memory = valuesOf(applying(machine.memory));
  const hugepages = valuesOf<readonly SyntheticPool[] | null>(applying(machine.hugepages));
  return {
    memory,
    // Where not even the memory is told, that nothing is said of pages does not mean that there are
    // none.
    hugepages: (id, memoryFallback) =>
      hugepages(id, memory(id, memoryFallback) === null ? null : []),
  };
}

function extraNodes(described: Described, ids: readonly number[], mainCount: number): BuiltNode[] {
  const { extraNodes: extras, distances } = described.machine;
  const mainIds = ids.slice(0, mainCount);
  // A statement about all nodes is about those with CPUs; the others must be named.
  const contents = contentsOf(described, true);
  let position = mainCount;
  return extras.flatMap(({ kind, memoryBytes, distance, count, nodes }) => {
    const key = kind === "gpu" ? "gpumem" : kind;
    expectNodes(described, [{ key, nodes }], mainIds);
    const ruled = distances !== null && "local" in distances;
    if (ruled !== (distance !== null)) {
      const message = ruled
        ? `the distance of this ${key} is missing`
        : "there is no rule for distances";
      throw impossible(described, key, message, ruled ? `${key}:SIZE(distance:N)` : "no distance");
    }
    const besides = nodes === null ? mainIds : numbersIn(nodes);
    return besides.flatMap((node) =>
      Array.from({ length: count }, (): BuiltNode => {
        const id = at(ids, position++);
        const parts: NodeParts = {
          id,
          cpus: "",
          memoryBytes: contents.memory(id, memoryBytes),
          kind,
          hugepages: contents.hugepages(id, memoryBytes),
        };
        return { id, package: null, beside: { node, distance }, parts };
      }),
    );
  });
}
