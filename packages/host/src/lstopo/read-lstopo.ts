import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import {
  emptySet,
  type IndexSet,
  indexSet,
  isDisjoint,
  isEmpty,
  size,
  union,
} from "@evenkeel/core/set/index-set.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import { buildTopology, type CoreParts, type NodeParts } from "@evenkeel/core/topology/build.ts";
import { checkedTopology } from "@evenkeel/core/topology/check.ts";
import type { L3Cache, Topology } from "@evenkeel/core/topology/topology.ts";
import { GiB, KiB, MiB, TiB } from "@evenkeel/core/unit/bytes.ts";
import { CPU_MAX, NODE_MAX } from "../text/cpu-list.ts";
import { ignore, type Note, noteLeftovers } from "../text/note.ts";
import { nameOfText, readLines } from "../text/read-lines.ts";
import { allOf, type Outlined, readOutline } from "./outline.ts";
import { devicesOf } from "./devices.ts";

/**
 * Reads the text that lstopo prints on a terminal without graphics (`lstopo --of console`, also
 * with `-v` or `-p`): nodes, packages, cores, L3 caches and PCI devices. The XML of the same
 * program has more, such as distances.
 *
 * Memory of 10 GB and more is printed in whole GB, rounded, unless `-v` is given; a note says so.
 * Without `-v`, bridges have no addresses, and devices no ids. Packages have hwloc's numbers unless
 * the kernel's are printed. Offline CPUs are not in the text.
 *
 * Errors: `text-unexpected` where the text is something else, or has no CPU with a number;
 * `topology-inconsistent`; `file-too-large`.
 * https://www.open-mpi.org/projects/hwloc/doc/ (lstopo(1), "Textual output")
 */
export function readLstopo(text: string, where: string, note: Note = ignore): Topology {
  const { roots, strange } = readOutline(readLines(text, where));
  const objects = allOf(roots);
  const cpus = cpusBelow(objects);
  if (
    isEmpty(
      unionOf(
        objects.filter(({ type }) => type === "PU"),
        cpus,
      ),
    )
  ) {
    throw unexpected("has no PU with the number of its CPU (P#)", where);
  }
  const nodes = nodesOf(objects, cpus);
  const caches = objects.filter(({ type }) => type === "L3" || type === "L3Cache");
  const cores = coresOf(objects, caches, cpus);
  const devices = devicesOf(objects, (object) => nodeNear(object, cpus, nodes));
  const topology = buildTopology({
    name: nameOfText(where),
    source: "hwloc",
    machine: { cpuModel: modelOf(objects) },
    nodes,
    cores,
    l3Caches: cores.length === 0 ? [] : l3CachesOf(caches, cores),
    ...devices.parts,
  });
  const isRounded = objects.some(({ type, words }) => {
    return type === "NUMANode" && words.some((word) => /^\d+[GT]B$/.test(word));
  });
  noteLeftovers(note, "lstopo", where, {
    missing: [
      ...strange.slice(0, 1).map((line) => `what "${line.slice(0, 40)}" stands for`),
      ...nodes.flatMap(({ id, cpus: list }) => (list === null ? [`the CPUs of node ${id}`] : [])),
      ...(isRounded ? ["exact sizes of memory (lstopo -v has them)"] : []),
    ],
    unused: devices.unused,
  });
  return checkedTopology(topology, where);
}

type Cpus = ReadonlyMap<Outlined, IndexSet>;

/** The CPUs below each object. */
function cpusBelow(objects: readonly Outlined[]): Cpus {
  const found = new Map<Outlined, IndexSet>();
  for (const object of objects.toReversed()) {
    const { type, physical } = object;
    const isCpu = type === "PU" && physical !== null && physical <= CPU_MAX;
    const own = isCpu ? indexSet([physical]) : emptySet;
    found.set(
      object,
      object.children.reduce((set, child) => union(set, found.get(child) ?? emptySet), own),
    );
  }
  return found;
}

function unionOf(objects: readonly Outlined[], cpus: Cpus): IndexSet {
  return objects.reduce((set, object) => union(set, cpus.get(object) ?? emptySet), emptySet);
}

/**
 * The nodes. In hwloc 1 a node's CPUs are below it; later it stands beside the CPUs near it, and of
 * several nodes beside the same CPUs the one with the lowest number has them.
 */
function nodesOf(objects: readonly Outlined[], cpus: Cpus): NodeParts[] {
  const found = objects.flatMap((object) => {
    const { type, physical } = object;
    if (type !== "NUMANode" || physical === null || physical > NODE_MAX) return [];
    const below = cpus.get(object) ?? emptySet;
    const around = besideOf(object);
    const beside = around === null ? emptySet : (cpus.get(around) ?? emptySet);
    return [{ id: physical, near: isEmpty(below) ? beside : below, object }];
  });
  const own = new Map<number, IndexSet>();
  let taken = emptySet;
  for (const { id, near } of found.toSorted((a, b) => size(a.near) - size(b.near) || a.id - b.id)) {
    if (!isDisjoint(taken, near)) continue;
    own.set(id, near);
    taken = union(taken, near);
  }
  // A text that was cut behind a node's line has no CPU beside it.
  const last = objects.at(-1);
  const cut = last?.parent?.type === "Package" ? last : undefined;
  return found.map(({ id, near, object }) => ({
    id,
    cpus: isEmpty(near) && object === cut ? null : formatList(own.get(id) ?? emptySet),
    memoryBytes: memoryOf(object),
    sideCacheBytes: sideCacheOf(object),
    kind: null,
    hugepages: null,
  }));
}

/** What a node stands beside: the object above it, or above the memory-side cache before it. */
function besideOf({ parent }: Outlined): Outlined | null {
  return parent?.type === "MemCache" ? parent.parent : parent;
}

/** The size of the memory-side cache in front of a node. */
function sideCacheOf({ parent }: Outlined): number | null {
  if (parent?.type !== "MemCache") return null;
  return bytesOf(parent.infos.get("size") ?? parent.words[0] ?? "");
}

const units: ReadonlyMap<string, number> = new Map([
  ["KB", KiB],
  ["MB", MiB],
  ["GB", GiB],
  ["TB", TiB],
]);

function bytesOf(text: string): number | null {
  const [, figure = "", unit = ""] = /^(\d{1,12})([KMGT]B)$/.exec(text) ?? [];
  const bytes = units.get(unit);
  return bytes === undefined ? null : Number(figure) * bytes;
}

/** `64GB`, or `local=65717048KB`; a node without memory has no size. */
function memoryOf({ infos, words }: Outlined): number | null {
  const local = infos.get("local") ?? infos.get("total");
  const printed = words.find((word) => bytesOf(word) !== null);
  return bytesOf(local ?? printed ?? "");
}

/** The node of the CPUs around an object; null where there are several. */
function nodeNear(object: Outlined, cpus: Cpus, nodes: readonly NodeParts[]): number | null {
  for (let at: Outlined | null = object; at !== null; at = at.parent) {
    const around = formatList(cpus.get(at) ?? emptySet);
    if (around === "") continue;
    return nodes.find((node) => node.cpus === around)?.id ?? null;
  }
  return null;
}

function above(object: Outlined, type: string): Outlined | null {
  let at = object.parent;
  while (at !== null && at.type !== type) at = at.parent;
  return at;
}

/** The cores; none where a CPU is in none, as in a text that was filtered. */
function coresOf(
  objects: readonly Outlined[],
  caches: readonly Outlined[],
  cpus: Cpus,
): CoreParts[] {
  const cores = objects.filter(
    (object) => object.type === "Core" && !isEmpty(cpus.get(object) ?? emptySet),
  );
  const all = unionOf(
    objects.filter(({ type }) => type === "PU"),
    cpus,
  );
  if (size(all) !== size(unionOf(cores, cpus))) return [];
  const positions = new Map(objects.map((object, i) => [object, i]));
  const number = (object: Outlined | null): number | null =>
    object === null ? null : (positions.get(object) ?? null);
  return cores.map((core) => {
    const holder = above(core, "Package") ?? above(core, "Socket");
    const cache = caches.find((each) => each === above(core, each.type)) ?? null;
    return {
      package: holder?.physical ?? holder?.logical ?? null,
      die: number(above(core, "Die")),
      cluster: null,
      l3: number(cache),
      cpus: formatList(cpus.get(core) ?? emptySet),
    };
  });
}

function l3CachesOf(caches: readonly Outlined[], cores: readonly CoreParts[]): L3Cache[] {
  // In the order of the text, as the cores are.
  const used = [...new Set(cores.flatMap(({ l3 }) => l3 ?? []))];
  const inUse = caches.filter((cache) => cache.children.length > 0);
  return used.flatMap((id, i): L3Cache[] => {
    const cache = inUse[i];
    if (cache === undefined || inUse.length !== used.length) return [];
    const sizeBytes = bytesOf(cache.infos.get("size") ?? cache.words[0] ?? "");
    const ways = Number(cache.infos.get("ways") ?? "");
    const isCount = Number.isInteger(ways) && ways > 0 && ways <= 1024;
    return sizeBytes === null
      ? []
      : [{ id, sizeBytes, ways: isCount ? ways : null, kernelId: null }];
  });
}

function modelOf(objects: readonly Outlined[]): string | null {
  const [model, ...others] = new Set(objects.flatMap(({ infos }) => infos.get("CPUModel") ?? []));
  return others.length === 0 ? (model ?? null) : null;
}

function unexpected(message: string, where: string): EvenkeelError {
  return new EvenkeelError("text-unexpected", message, {
    where,
    expected: "the text that lstopo prints, or its XML",
    remedy: "run lstopo FILE.xml on the machine and give that file",
  });
}
