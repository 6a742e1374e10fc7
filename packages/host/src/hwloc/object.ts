import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import {
  emptySet,
  has,
  type IndexSet,
  indexSet,
  indices,
  size,
} from "@evenkeel/core/set/index-set.ts";
import { parseMask } from "@evenkeel/core/set/mask-format.ts";
import { attribute, child, childrenNamed, type XmlElement } from "@evenkeel/core/xml/element.ts";

/**
 * An object of hwloc's tree. Its type has hwloc 3's name, whichever version wrote it: `Socket`
 * became `Package`, and `Cache` with a depth became `L3Cache`.
 * https://www.open-mpi.org/projects/hwloc/doc/ ("Object Types", "Importing and exporting")
 */
export interface HwlocObject {
  readonly type: string;
  /** The operating system's number; null where it gave none. */
  readonly osIndex: number | null;
  /** hwloc's own number, by which matrices refer to objects. */
  readonly id: string | null;
  /** Its CPUs, or the CPUs near it; null for I/O objects and objects without a place. */
  readonly cpus: IndexSet | null;
  readonly infos: ReadonlyMap<string, string>;
  readonly parent: HwlocObject | null;
  readonly element: XmlElement;
}

/** A whole export. Objects are in the file's order: each comes after its parent. */
export interface HwlocExport {
  readonly version: 1 | 2 | 3;
  readonly where: string;
  readonly root: HwlocObject;
  readonly objects: readonly HwlocObject[];
  /**
   * Infos about the whole machine. hwloc 3 keeps them beside the tree, earlier versions in its
   * root.
   */
  readonly infos: ReadonlyMap<string, string>;
  readonly backends: readonly string[];
  readonly topology: XmlElement;
}

/**
 * Reads the tree of objects; `xml-unexpected` where the document is not an export of hwloc 1 to 3.
 */
export function readObjects(topology: XmlElement, where: string): HwlocExport {
  const version = versionOf(topology, where);
  const top = child(topology, "object");
  if (top === null) throw unexpected("has no object in it", where);
  const universe = allCpus(top, where);
  const objects: HwlocObject[] = [];
  const pending: [XmlElement, HwlocObject | null][] = [[top, null]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [element, parent] = next;
    const object = readObject(element, parent, universe, where);
    objects.push(object);
    for (const below of childrenNamed(element, "object").toReversed())
      pending.push([below, object]);
  }
  refuseTooMany(objects, where);
  const [root] = objects;
  if (root === undefined) throw unexpected("has no object in it", where);
  const infoElements = [...childrenNamed(topology, "info"), ...childrenNamed(top, "info")];
  const backends = infoElements
    .filter((info) => attribute(info, "name") === "Backend")
    .map((info) => attribute(info, "value") ?? "");
  const infos = new Map([...root.infos, ...infosOf(topology)]);
  return { version, where, root, objects, infos, backends, topology };
}

/** The objects of a type, in hwloc's logical order, which is that of the file. */
export function objectsOf({ objects }: HwlocExport, type: string): readonly HwlocObject[] {
  return objects.filter((object) => object.type === type);
}

/** The nearest ancestor that meets the condition. */
export function above(
  object: HwlocObject,
  condition: (candidate: HwlocObject) => boolean,
): HwlocObject | null {
  let at = object.parent;
  while (at !== null && !condition(at)) at = at.parent;
  return at;
}

/** An unsigned decimal that JavaScript holds exactly, or null. */
export function readCount(text: string | null): number | null {
  if (text === null || !/^\d{1,16}$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}

export function unexpected(message: string, where: string): EvenkeelError {
  return new EvenkeelError("xml-unexpected", message, {
    where,
    expected: "an export of hwloc 1, 2 or 3, as `lstopo FILE.xml` writes it",
  });
}

function versionOf(topology: XmlElement, where: string): 1 | 2 | 3 {
  if (topology.name !== "topology") {
    throw unexpected(
      `is an XML document of <${topology.name.slice(0, 40)}>, not of <topology>`,
      where,
    );
  }
  // Before hwloc 2 the format had no version.
  const version = attribute(topology, "version") ?? "1.0";
  const known = ([1, 2, 3] as const).find((major) => version.startsWith(`${major}.`));
  if (known !== undefined) return known;
  throw unexpected(`is of hwloc's format version ${version.slice(0, 20)}`, where);
}

/** Upper limits. The first two are those of Linux (MAX_NUMNODES, NR_CPUS). */
const mostObjects: readonly (readonly [type: string, most: number])[] = [
  ["NUMANode", 1024],
  ["Core", 8192],
  ["PCIDev", 8192],
  ["Bridge", 8192],
];

function refuseTooMany(objects: readonly HwlocObject[], where: string): void {
  for (const [type, most] of mostObjects) {
    const count = objects.filter((object) => object.type === type).length;
    if (count > most)
      throw unexpected(
        `has ${count} objects of type ${type}, more than the ${most} that a machine can have`,
        where,
      );
  }
}

function readObject(
  element: XmlElement,
  parent: HwlocObject | null,
  universe: IndexSet,
  where: string,
): HwlocObject {
  const type = typeOf(element);
  const mask = attribute(element, "cpuset");
  const cpus = mask === null ? null : readSet(mask, universe);
  if (mask !== null && cpus === null) {
    throw unexpected(`${type} has "${mask.slice(0, 60)}" as its set of CPUs`, where);
  }
  return {
    type,
    osIndex: osIndexOf(element),
    id: attribute(element, "gp_index") ?? attribute(element, "id")?.replace(/^obj/, "") ?? null,
    cpus,
    infos: infosOf(element),
    parent,
    element,
  };
}

function typeOf(element: XmlElement): string {
  const type = attribute(element, "type") ?? "";
  switch (type) {
    case "Socket":
      return "Package";
    case "Node":
      return "NUMANode";
    case "Cache": {
      const instruction = attribute(element, "cache_type") === "2" ? "i" : "";
      return `L${attribute(element, "depth") ?? "?"}${instruction}Cache`;
    }
    case "Group":
      // hwloc 2.0 had groups of this kind before it had dies.
      return attribute(element, "kind") === "104" || attribute(element, "subtype") === "Die"
        ? "Die"
        : type;
    default:
      return type;
  }
}

/** hwloc writes -1, as an unsigned integer, where the operating system has no number. */
function osIndexOf(element: XmlElement): number | null {
  const index = readCount(attribute(element, "os_index"));
  return index === 0xffff_ffff ? null : index;
}

/** The infos of an object, or of the whole export. */
export function infosOf(element: XmlElement): ReadonlyMap<string, string> {
  const infos = new Map<string, string>();
  for (const info of childrenNamed(element, "info")) {
    const name = attribute(info, "name");
    const value = attribute(info, "value")?.trim() ?? "";
    if (name !== null && value !== "" && !infos.has(name)) infos.set(name, value);
  }
  return infos;
}

/** Every CPU that the export has an object for. Sets without an upper end are limited to these. */
function allCpus(top: XmlElement, where: string): IndexSet {
  const numbers: number[] = [];
  const pending = [top];
  for (let element = pending.pop(); element !== undefined; element = pending.pop()) {
    for (const below of childrenNamed(element, "object")) pending.push(below);
    if (attribute(element, "type") !== "PU") continue;
    const index = osIndexOf(element);
    if (index === null || index > 65_535) throw unexpected("has a CPU without a number", where);
    numbers.push(index);
  }
  if (numbers.length === 0) throw unexpected("has no CPU in it", where);
  const all = indexSet(numbers);
  if (size(all) < numbers.length) {
    throw unexpected("has two CPUs with the same number: it describes several machines", where);
  }
  return all;
}

/**
 * Reads a set as hwloc prints it: words of 32 bits, the highest first. A leading `0xf...f` stands
 * for all bits above the words that follow. Null where the text is no set.
 */
function readSet(text: string, universe: IndexSet): IndexSet | null {
  const infinite = /^0xf\.\.\.f,?/.exec(text);
  if (infinite === null) return parseMask(text);
  const words = text.slice(infinite[0].length);
  const low = words === "" ? emptySet : parseMask(words);
  if (low === null) return null;
  const end = words === "" ? 0 : words.split(",").length * 32;
  return indexSet(indices(universe).filter((index) => index >= end || has(low, index)));
}
