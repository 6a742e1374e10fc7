import { formatList } from "@evenkeel/core/set/list-format.ts";
import { type IndexSet, indexSet, unionAll } from "@evenkeel/core/set/index-set.ts";

/** hwloc's reading of a machine, reduced to what Evenkeel reads too. CPU sets are list strings. */
export interface Golden {
  readonly nodes: readonly GoldenNode[];
  readonly packages: readonly { readonly id: number | null; readonly cpus: string }[];
  /** Only dies smaller than their package: hwloc drops the others. */
  readonly dies: readonly string[];
  readonly cores: readonly string[];
  readonly l3s: readonly string[];
  /** With the ids of its rows; null where hwloc prints none. */
  readonly distances: GoldenDistances | null;
  readonly pci: readonly GoldenPci[];
}

export interface GoldenDistances {
  readonly ids: readonly number[];
  readonly values: readonly (readonly number[])[];
}

export interface GoldenNode {
  readonly id: number;
  readonly cpus: string;
  /** As hwloc prints it: bytes in XML, rounded as in `16GiB` on the console; "0" for none. */
  readonly memory: string;
}

export interface GoldenPci {
  readonly address: string;
  /** Class, vendor and device: `0200 8086:1521`. */
  readonly identity: string;
  /** The CPUs of its parent object. */
  readonly cpus: string;
}

/** An object of hwloc's tree while it is read; its CPUs are those of the PUs below it. */
export interface GoldenObject {
  readonly type: string;
  readonly osIndex: number | null;
  readonly parent: GoldenObject | null;
  readonly children: GoldenObject[];
  readonly memory: string;
  readonly busId: string | null;
  readonly identity: string;
  /** The object's own set, as in XML. */
  readonly stated: IndexSet | null;
}

function cpusOf(object: GoldenObject): IndexSet {
  if (object.stated !== null) return object.stated;
  if (object.type === "PU") return indexSet(object.osIndex === null ? [] : [object.osIndex]);
  return unionAll(object.children.map(cpusOf));
}

const memoryTypes: ReadonlySet<string> = new Set(["NUMANode", "MemCache"]);
const ioTypes: ReadonlySet<string> = new Set(["Bridge", "PCIDev", "HostBridge", "PCI"]);

/** On the console a node or a device has the CPUs of its normal parent object. */
function localityOf(object: GoldenObject): IndexSet {
  if (object.stated !== null && !ioTypes.has(object.type)) return object.stated;
  let at = object.parent;
  while (at !== null && (memoryTypes.has(at.type) || ioTypes.has(at.type))) at = at.parent;
  return at === null ? indexSet([]) : cpusOf(at);
}

/** The number of a node; every node has one. */
export function numberOf({ osIndex }: GoldenObject): number {
  if (osIndex === null) throw new Error("a node without a number");
  return osIndex;
}

export function goldenOf(
  objects: readonly GoldenObject[],
  distances: GoldenDistances | null,
): Golden {
  const byCpus = (items: readonly GoldenObject[]): string[] =>
    items.map((object) => formatList(cpusOf(object))).toSorted();
  const ofType = (...types: readonly string[]): GoldenObject[] =>
    objects.filter(({ type }) => types.includes(type));
  return {
    nodes: ofType("NUMANode")
      .map((node) => ({
        id: numberOf(node),
        cpus: formatList(localityOf(node)),
        memory: node.memory,
      }))
      .toSorted((a, b) => a.id - b.id),
    packages: ofType("Package")
      .map((object) => ({ id: object.osIndex, cpus: formatList(cpusOf(object)) }))
      .toSorted((a, b) => (a.cpus < b.cpus ? -1 : 1)),
    dies: byCpus(ofType("Die")),
    cores: byCpus(ofType("Core")),
    l3s: byCpus(ofType("L3Cache")),
    distances,
    pci: objects
      .filter(({ busId }) => busId !== null)
      .map((object) => ({
        address: object.busId ?? "",
        identity: object.identity,
        cpus: formatList(localityOf(object)),
      }))
      .toSorted((a, b) => (a.address < b.address ? -1 : 1)),
  };
}
