import { difference, type IndexSet, isEmpty, unionAll } from "@evenkeel/core/set/index-set.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import { parseMask } from "@evenkeel/core/set/mask-format.ts";
import type { CoreParts } from "@evenkeel/core/topology/build.ts";
import { attribute } from "@evenkeel/core/xml/element.ts";
import type { L3Cache } from "@evenkeel/core/topology/topology.ts";
import { above, type HwlocExport, type HwlocObject, objectsOf, readCount } from "./object.ts";

/**
 * The cores of the export with their CPUs.
 *
 * An export may have been filtered, and hwloc omits a level that it knows nothing about. Where any
 * CPU has no core above it, the threads of a core are unknown, and no cores are returned rather
 * than guessed ones. Dies and clusters are likewise unknown where the export has no objects for
 * them, even if the kernel numbers them.
 */
export function coreParts(hwloc: HwlocExport): CoreParts[] {
  const cores = objectsOf(hwloc, "Core").flatMap((object) =>
    object.cpus === null || isEmpty(object.cpus) ? [] : [{ object, cpus: object.cpus }],
  );
  const inCores = unionAll(cores.map(({ cpus }) => cpus));
  if (!isEmpty(difference(cpusOf(hwloc), inCores))) return [];
  const positions = new Map(hwloc.objects.map((object, position) => [object, position]));
  const number = (object: HwlocObject | null): number | null =>
    object === null ? null : (positions.get(object) ?? null);
  return cores.map(({ object, cpus }) => ({
    package: above(object, ({ type }) => type === "Package")?.osIndex ?? null,
    die: number(above(object, ({ type }) => type === "Die")),
    cluster: number(above(object, isCluster)),
    l3: number(above(object, isL3)),
    cpus: formatList(cpus),
  }));
}

/** Real caches have some dozens. */
const WAYS_MAX = 1024;

/**
 * The size and ways of each L3 cache that has a core below it. The ids are the numbers from
 * `coreParts`. hwloc writes 0 for unknown, and -1 for the ways of a fully associative cache.
 */
export function l3Caches(hwloc: HwlocExport, cores: readonly CoreParts[]): L3Cache[] {
  const used = new Set(cores.map(({ l3 }) => l3));
  return hwloc.objects.flatMap((object, id): L3Cache[] => {
    if (!used.has(id) || !isL3(object)) return [];
    const known = (name: string): number | null => {
      const value = readCount(attribute(object.element, name));
      return value === 0 ? null : value;
    };
    const sizeBytes = known("cache_size");
    const associativity = known("cache_associativity");
    const ways = associativity !== null && associativity <= WAYS_MAX ? associativity : null;
    const isKnown = sizeBytes !== null || ways !== null;
    return isKnown ? [{ id, sizeBytes, ways, kernelId: null }] : [];
  });
}

/** The CPUs of the export. */
function cpusOf(hwloc: HwlocExport): IndexSet {
  return unionAll(objectsOf(hwloc, "PU").flatMap(({ cpus }) => (cpus === null ? [] : [cpus])));
}

/**
 * The CPUs that exist but are offline.
 *
 * hwloc 1 lists the online CPUs. Later versions omit offline CPUs together with those that the
 * exporting process was not allowed to use. So offline CPUs are known only if the process ran in
 * the root control group; otherwise none are returned.
 *
 */
export function offlineCpus(hwloc: HwlocExport): string {
  const complete = maskOf(hwloc.root, "complete_cpuset");
  if (complete === null) return "";
  const hidden = difference(complete, cpusOf(hwloc));
  const online = maskOf(hwloc.root, "online_cpuset");
  // hwloc 2 can write the format of hwloc 1, but then without knowing which CPUs are online.
  const isOnlineKnown =
    hwloc.infos.get("hwlocVersion")?.startsWith("1.") === true && online !== null;
  if (isOnlineKnown) return formatList(difference(hidden, online));
  return hwloc.infos.get("LinuxCgroup") === "/" ? formatList(hidden) : "";
}

/** A CPU set of the object; null where it is missing or has no upper end. */
function maskOf({ element }: HwlocObject, name: string): IndexSet | null {
  const text = attribute(element, name);
  return text === null ? null : parseMask(text);
}

/** The Linux kernel's clusters: private group kind 222 in hwloc, and by name in later versions. */
function isCluster({ type, element }: HwlocObject): boolean {
  if (type === "Cluster") return true;
  const group = type === "Group" && attribute(element, "kind") === "222";
  return group || (type === "Group" && attribute(element, "subtype") === "Cluster");
}

/** A level-3 cache of the CPUs; hwloc 1 also gives memory-side caches this type. */
function isL3({ type, element }: HwlocObject): boolean {
  return type === "L3Cache" && attribute(element, "subtype") !== "MemorySideCache";
}
