import {
  indexSet,
  type IndexSet,
  indices,
  isDisjoint,
  isSubset,
  size,
} from "@evenkeel/core/set/index-set.ts";
import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";
import type { Core, Topology } from "@evenkeel/core/topology/topology.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { info, mask, object } from "./export.ts";

/** An object of hwloc's tree that has CPUs. */
export interface Level {
  readonly type: "Machine" | "Package" | "Die" | "Group" | "L3Cache" | "Core";
  readonly cpus: string;
  readonly number: number | null;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly infos: readonly string[];
}

/**
 * The objects below the machine, outermost first: packages, dies smaller than a package, groups for
 * nodes and clusters without another object, L3 caches and cores.
 */
export function levelsOf(topology: Topology, nearby: readonly string[], all: string): Level[] {
  const { cores, machine } = topology;
  const model = machine.cpuModel === null ? [] : [info("CPUModel", machine.cpuModel)];
  const packages = objects(cores, "Package", (core) => core.package).map((level) => ({
    ...level,
    infos: model,
  }));
  const dies = objects(cores, "Die", (core) => core.die).filter(
    (die) => !packages.some(({ cpus }) => cpus === die.cpus),
  );
  const larger = [...packages, ...dies];
  const stands = (cpus: string): boolean => larger.some((level) => level.cpus === cpus);
  const clusters = objects(cores, "Group", (core) => core.cluster)
    .filter(({ cpus }) => !stands(cpus))
    .map((level) => ({ ...level, attributes: { kind: 222, subtype: "Cluster" } }));
  const caches = objects(cores, "L3Cache", (core) => core.l3).map((level) => ({
    ...level,
    number: null,
    attributes: { ...sizeOf(topology, level.number), depth: 3, cache_linesize: 64, cache_type: 0 },
  }));
  const threads = objects(cores, "Core", (core) => core.id);
  const groups: Level[] = [];
  const kept = [...larger, ...clusters, ...caches, ...threads];
  for (const cpus of new Set(nearby)) {
    if (cpus === "" || cpus === all || stands(cpus)) continue;
    // Overlapping sets cannot be in one tree: hwloc omits the later one.
    if ([...kept, ...groups].some((level) => overlap(level.cpus, cpus))) continue;
    groups.push({ type: "Group", cpus, number: null, attributes: { kind: 1000 }, infos: [] });
  }
  return [...larger, ...groups, ...clusters, ...caches, ...threads];
}

/** hwloc's attributes of a cache with unknown size. */
const sizeUnknown = 0;

function sizeOf({ l3Caches }: Topology, l3: number | null): Level["attributes"] {
  const { sizeBytes = null, ways = null } = l3Caches.find(({ id }) => id === l3) ?? {};
  return {
    cache_size: sizeBytes ?? sizeUnknown,
    ...(ways === null ? {} : { cache_associativity: ways }),
  };
}

function objects(
  cores: readonly Core[],
  type: Level["type"],
  numberOf: (core: Core) => number | null,
): Level[] {
  const groups = new Map<number, number[]>();
  for (const core of cores) {
    const number = numberOf(core);
    if (number === null) continue;
    groups.set(number, [...(groups.get(number) ?? []), ...indices(setOf(core.cpus))]);
  }
  return [...groups].map(([number, cpus]) => ({
    type,
    number,
    cpus: formatList(indexSet(cpus)),
    attributes: {},
    infos: [],
  }));
}

function overlap(a: string, b: string): boolean {
  const [one, other] = [setOf(a), setOf(b)];
  return !isDisjoint(one, other) && !isSubset(one, other) && !isSubset(other, one);
}

function setOf(list: string): IndexSet {
  return parseList(list) ?? indexSet([]);
}

/** Objects attached to a level, beside the levels inside it. */
interface Hung {
  /** Memory, which comes first. */
  readonly atomsOf: (level: Level) => readonly string[];
  /** I/O, which comes last. */
  readonly lastOf: (level: Level) => readonly string[];
  readonly extra: (level: Level) => Readonly<Record<string, string>>;
}

/**
 * The levels as a tree by inclusion of their CPUs; of those with the same CPUs the earlier is
 * outside.
 */
export function nested(levels: readonly Level[], hung: Hung): string {
  const sized = levels.map((level, order) => ({ level, order, set: setOf(level.cpus) }));
  const outermost = sized.toSorted((a, b) => size(b.set) - size(a.set) || a.order - b.order);
  const inside = new Map<Level, Level[]>(levels.map((level) => [level, []]));
  for (const [i, { level, set }] of outermost.entries()) {
    const above = outermost.slice(0, i).findLast((other) => isSubset(set, other.set));
    if (above === undefined) continue;
    inside.get(above.level)?.push(level);
  }
  let ordinal = 1;
  const written = (level: Level): string => {
    const below = (inside.get(level) ?? []).toSorted((a, b) => first(a) - first(b));
    const number = level.number === null ? {} : { os_index: level.number };
    const sets = { cpuset: mask(level.cpus), complete_cpuset: mask(level.cpus) };
    const extra = hung.extra(level);
    const attributes = { ...number, ...sets, gp_index: ordinal++, ...level.attributes, ...extra };
    const threads =
      level.type === "Core"
        ? indices(setOf(level.cpus)).map((cpu) =>
            object("PU", {
              os_index: cpu,
              cpuset: mask(`${cpu}`),
              complete_cpuset: mask(`${cpu}`),
              nodeset: extra["nodeset"] ?? "0x0",
              complete_nodeset: extra["nodeset"] ?? "0x0",
              gp_index: 100_000 + cpu,
            }),
          )
        : [];
    return object(
      level.type,
      attributes,
      ...level.infos,
      ...hung.atomsOf(level),
      ...below.map(written),
      ...threads,
      ...hung.lastOf(level),
    );
  };
  const [top] = outermost;
  return top === undefined ? "" : written(top.level);
}

function first({ cpus }: Level): number {
  return at(indices(setOf(cpus)), 0);
}
