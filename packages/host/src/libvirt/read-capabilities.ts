import type { NodeParts } from "@evenkeel/core/topology/build.ts";
import { buildTopology } from "@evenkeel/core/topology/build.ts";
import { checkedTopology } from "@evenkeel/core/topology/check.ts";
import type { Access, HugepagePool, Topology } from "@evenkeel/core/topology/topology.ts";
import { KiB } from "@evenkeel/core/unit/bytes.ts";
import {
  attribute,
  child,
  childElements,
  childrenNamed,
  textOf,
  type XmlElement,
} from "@evenkeel/core/xml/element.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { cpuListReader, NODE_MAX } from "../text/cpu-list.ts";
import { ignore, type Note, noteLeftovers } from "../text/note.ts";
import { noteShared } from "../text/shared-cpus.ts";
import { nameOfText } from "../text/read-lines.ts";
import { readCellCpus, readL3Banks } from "./capability-cpus.ts";
import { meaningful, readCount, readDocuments, unexpected } from "./documents.ts";
import { sizeBytes } from "./size.ts";

const command = "capabilities";

/**
 * Reads the machine from `virsh capabilities`: nodes with memory, huge pages and distances, cores
 * with packages, dies, clusters and L3 caches, and the figures of ACPI's HMAT. Devices are not in
 * it. `note` gets what else the document says of the host.
 *
 * The CPU model is libvirt's name for it, such as `Cascadelake-Server`, not the processor's own.
 * Free huge pages are unknown.
 *
 * Errors: those of `readXml`; `xml-unexpected` where it does not hold the capabilities of exactly
 * one host; `topology-inconsistent`. https://libvirt.org/formatcaps.html
 */
export function readLibvirtCapabilities(
  text: string,
  where: string,
  note: Note = ignore,
): Topology {
  const [document, ...others] = readDocuments(text, "capabilities", where);
  const host = document === undefined ? null : child(document, "host");
  if (host === null) throw unexpected("has no capabilities of a host", where, command);
  if (others.length > 0) {
    throw unexpected(`describes ${others.length + 1} hosts`, where, command);
  }
  const topology = child(host, "topology");
  const cells = cellsOf(topology, where);
  const readList = cpuListReader((message) => unexpected(message, where, command));
  const { caches, l3Of } = readL3Banks(host, readList);
  const { ofCells, cores, offline, shared } = readCellCpus(cells, l3Of, readList);
  const used = new Set(cores.map(({ l3 }) => l3));
  const pageBytes = basePageBytes(cells);
  const nodes = cells.map((cell, i): NodeParts => {
    const memory = child(cell, "memory");
    return {
      id: idOf(cell, where),
      cpus: ofCells[i] ?? null,
      memoryBytes: memory === null ? null : sizeBytes(textOf(memory), unitOf(memory)),
      kind: null,
      hugepages:
        child(cell, "pages") === null
          ? null
          : poolsOf(cell).filter(({ sizeBytes: size }) => size !== pageBytes),
    };
  });
  const cpu = child(host, "cpu");
  const cpuText = (name: string): string | null => {
    const element = cpu === null ? null : child(cpu, name);
    return meaningful(element === null ? null : textOf(element));
  };
  const read = buildTopology({
    name: nameOfText(where),
    source: "libvirt",
    machine: { cpuModel: cpuText("model"), architecture: cpuText("arch"), pageBytes },
    nodes,
    distances: readDistances(cells, where),
    access: topology === null ? [] : readAccess(topology, new Set(nodes.map(({ id }) => id))),
    cores,
    l3Caches: caches.filter(({ id }) => used.has(id)),
    offlineCpus: offline,
  });
  const checked = checkedTopology(read, where);
  if (shared !== null) {
    noteShared(
      note,
      where,
      shared.cpus,
      shared.cells.map((i) => idOf(at(cells, i), where)),
    );
  }
  noteLeftovers(note, "virsh capabilities", where, { missing: [], unused: unusedIn(host) });
  return checked;
}

/** What the document says of the host that a topology does not hold. */
function unusedIn(host: XmlElement): string[] {
  const cpu = child(host, "cpu");
  const found = [
    ...childElements(host).map(({ name }) => name),
    ...(cpu === null ? [] : childElements(cpu).map(({ name }) => `cpu/${name}`)),
  ];
  return [...new Set(found.flatMap((name) => unusedParts.get(name) ?? []))];
}

const unusedParts: ReadonlyMap<string, string> = new Map([
  ["cpu/feature", "CPU features"],
  ["cpu/microcode", "the microcode's version"],
  ["iommu", "whether there is an IOMMU"],
  ["memory_bandwidth", "memory bandwidth allocation"],
]);

function cellsOf(topology: XmlElement | null, where: string): readonly XmlElement[] {
  const list = topology === null ? null : child(topology, "cells");
  const cells = list === null ? [] : childrenNamed(list, "cell");
  if (cells.length > NODE_MAX) throw unexpected(`has ${cells.length} cells`, where, command);
  return cells;
}

function idOf(cell: XmlElement, where: string): number {
  const text = attribute(cell, "id");
  const id = readCount(text);
  if (id !== null && id <= NODE_MAX) return id;
  throw unexpected(`has a cell with the id "${(text ?? "").slice(0, 40)}"`, where, command);
}

/** Before 1.0.0 libvirt counted in KiB without writing the unit. */
function unitOf(element: XmlElement): string {
  return attribute(element, "unit") ?? "KiB";
}

/** A cell's pages of every size, base pages included. */
function poolsOf(cell: XmlElement): HugepagePool[] {
  const pools = new Map<number, HugepagePool>();
  for (const pages of childrenNamed(cell, "pages")) {
    const size = sizeBytes(attribute(pages, "size"), unitOf(pages));
    const total = readCount(textOf(pages));
    if (size === null || size === 0 || total === null || pools.has(size)) continue;
    pools.set(size, { sizeBytes: size, total, free: null });
  }
  return [...pools.values()];
}

/**
 * The base page's size: the smallest of any cell, if it is a base page size of Linux. libvirt lists
 * base pages among the huge ones (virNumaGetPages).
 */
function basePageBytes(cells: readonly XmlElement[]): number | null {
  const sizes = cells.flatMap((cell) => poolsOf(cell).map(({ sizeBytes: size }) => size));
  const smallest = sizes.reduce((least, size) => Math.min(least, size), Infinity);
  return [4 * KiB, 16 * KiB, 64 * KiB].includes(smallest) ? smallest : null;
}

/** The distances, from every cell to every cell. If one is missing, all are unknown. */
function readDistances(cells: readonly XmlElement[], where: string): number[][] | null {
  const ids = cells.map((cell) => idOf(cell, where));
  const rows: number[][] = [];
  for (const cell of cells) {
    const list = child(cell, "distances");
    const siblings = list === null ? [] : childrenNamed(list, "sibling");
    const values = new Map(
      siblings.map((sibling) => [
        readCount(attribute(sibling, "id")),
        readCount(attribute(sibling, "value")),
      ]),
    );
    const row = ids.flatMap((id) => values.get(id) ?? []);
    if (row.length < ids.length || row.includes(0)) return null;
    rows.push(row);
  }
  return rows.length === 0 ? null : rows;
}

/**
 * Reads the figures for reads in `<interconnects>`: `<latency type="read" value="…"/>` in
 * nanoseconds and `<bandwidth … unit="KiB"/>` per second. The type `access` covers reads and
 * writes. A figure for a memory-side cache is not the memory's, and is left out.
 *
 * The kernel counts bandwidth in MB/s; libvirt multiplies it by 1024 and calls it KiB/s
 * (virCapabilitiesHostNUMAInitInterconnectsNode). That is undone, so that a machine has the same
 * bandwidth here and in sysfs. A figure that is not a multiple of 1024 was not made that way and is
 * taken as KiB/s.
 */
function readAccess(topology: XmlElement, nodes: ReadonlySet<number>): Access[] {
  const list = child(topology, "interconnects");
  const found = new Map<string, Access>();
  for (const element of list === null ? [] : childElements(list)) {
    const initiator = readCount(attribute(element, "initiator"));
    const target = readCount(attribute(element, "target"));
    const value = readCount(attribute(element, "value"));
    const type = attribute(element, "type");
    if (initiator === null || target === null || value === null || value === 0) continue;
    if (!nodes.has(initiator) || !nodes.has(target)) continue;
    if (attribute(element, "cache") !== null || (type !== "read" && type !== "access")) continue;
    const pair = `${initiator} ${target}`;
    const known: Access = found.get(pair) ?? {
      initiator,
      target,
      readLatencyNs: null,
      readBytesPerSecond: null,
      basis: "hmat",
    };
    if (element.name === "latency") {
      found.set(pair, { ...known, readLatencyNs: known.readLatencyNs ?? value });
    } else if (element.name === "bandwidth") {
      const rate = known.readBytesPerSecond ?? bytesPerSecond(value, unitOf(element));
      found.set(pair, { ...known, readBytesPerSecond: rate });
    }
  }
  return [...found.values()].filter(
    ({ readLatencyNs, readBytesPerSecond }) =>
      readLatencyNs !== null || readBytesPerSecond !== null,
  );
}

function bytesPerSecond(value: number, unit: string): number | null {
  if (unit === "KiB" && value % 1024 === 0) return (value / 1024) * 1e6;
  return sizeBytes(`${value}`, unit);
}
