import { difference, type IndexSet, isEmpty, unionAll } from "@evenkeel/core/set/index-set.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import { parseMask } from "@evenkeel/core/set/mask-format.ts";
import type { CoreParts } from "@evenkeel/core/topology/build.ts";
import { attribute } from "@evenkeel/core/xml/element.ts";
import type { L3Cache } from "@evenkeel/core/topology/topology.ts";
import { above, type HwlocExport, type HwlocObject, objectsOf, readCount } from "./object.ts";

/**
 * The cores with the CPUs that are in the export.
 *
 * An export may have been filtered, and hwloc leaves a level out that it finds nothing about. Where
 * any CPU has no core above it, which CPUs are threads of one core is not known, and there are no
 * cores at all rather than guessed ones. Likewise dies and clusters are unknown where they are not
 * objects, though the kernel may number them.
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
 * The size and ways of each L3 cache that a core is below, by the numbers that `coreParts` gives. 0
 * stands for unknown, and -1 for ways without number.
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
    const told = known("cache_associativity");
    const ways = told !== null && told <= WAYS_MAX ? told : null;
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
 * hwloc 1 tells them. Later versions leave them out together with those that the exporting process
 * was not allowed to use: unless it is known to have run in the root control group, which of them
 * are offline is unknown, and none are named.
 */
export function offlineCpus(hwloc: HwlocExport): string {
  const complete = maskOf(hwloc.root, "complete_cpuset");
  if (complete === null) return "";
  const hidden = difference(complete, cpusOf(hwloc));
  const online = maskOf(hwloc.root, "online_cpuset");
  // hwloc 2 can write the format of hwloc 1, but then without knowing which CPUs are online.
  const told = hwloc.infos.get("hwlocVersion")?.startsWith("1.") === true && online !== null;
  if (told) return formatList(difference(hidden, online));
  return hwloc.infos.get("LinuxCgroup") === "/" ? formatList(hidden) : "";
}

/** A set of the object's, where it has one and the set has an end. */
function maskOf({ element }: HwlocObject, name: string): IndexSet | null {
  const text = attribute(element, name);
  return text === null ? null : parseMask(text);
}

/** The Linux kernel's clusters: hwloc's private group kind 222, named since it has names. */
function isCluster({ type, element }: HwlocObject): boolean {
  if (type === "Cluster") return true;
  const group = type === "Group" && attribute(element, "kind") === "222";
  return group || (type === "Group" && attribute(element, "subtype") === "Cluster");
}

/** A level-3 cache of the CPUs; hwloc 1 also has memory-side caches by that name. */
function isL3({ type, element }: HwlocObject): boolean {
  return type === "L3Cache" && attribute(element, "subtype") !== "MemorySideCache";
}
