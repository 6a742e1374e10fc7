import type { NodeParts } from "@evenkeel/core/topology/build.ts";
import { type IndexSet, union } from "@evenkeel/core/set/index-set.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import { parseMask } from "@evenkeel/core/set/mask-format.ts";
import type { Machine } from "@evenkeel/core/topology/topology.ts";
import { attribute, childrenNamed, type XmlElement } from "@evenkeel/core/xml/element.ts";
import { shown, unexpected } from "./values.ts";

/** A `<cpu>`, which is a NUMA node in NCCL's terms; `node` is null where NCCL did not know it. */
export interface NcclCpu {
  readonly element: XmlElement;
  readonly node: number | null;
}

/** Linux' own limit (MAX_NUMNODES). */
const NODES_MAX = 1024;

/**
 * The `<cpu>` elements of a system. Since NCCL 2.21 each names its host by a hash, and the dump of
 * a domain that spans hosts, as in an NVL72 rack, holds the elements of all hosts. Bus addresses
 * and nodes of different hosts are unrelated, so such a file is refused.
 */
export function readCpus(system: XmlElement, where: string): NcclCpu[] {
  const elements = childrenNamed(system, "cpu");
  if (elements.length === 0) throw unexpected("has no <cpu>", where);
  const hosts = new Set(elements.flatMap((cpu) => attribute(cpu, "host_hash") ?? []));
  if (hosts.size > 1) {
    throw unexpected(
      `holds ${hosts.size} hosts, ${[...hosts].slice(0, 3).map(shown).join(", ")}`,
      where,
      "keep the <cpu> elements of one host_hash, or dump with NCCL_MNNVL_ENABLE=0",
    );
  }
  return elements.map((element) => ({ element, node: readNode(element, where) }));
}

function readNode(cpu: XmlElement, where: string): number | null {
  const text = attribute(cpu, "numaid")?.trim() ?? null;
  if (text === null || text === "" || text === "-1") return null;
  const id = /^\d{1,4}$/.test(text) ? Number(text) : NODES_MAX;
  if (id >= NODES_MAX) throw unexpected(`<cpu> has ${shown(text)} as its numaid`, where);
  return id;
}

/** The masks of 1,024 nodes with 8,192 CPUs have 2.4 million digits together. */
const DIGITS_MAX = 4_000_000;

/**
 * The nodes that the file names, with their CPUs. NCCL omits nodes without a GPU or NIC, and
 * memory. Elements with the same node are merged.
 */
export function nodeParts(cpus: readonly NcclCpu[], where: string): NodeParts[] {
  const sets = new Map<number, IndexSet | null>();
  let digits = 0;
  for (const { element, node } of cpus) {
    if (node === null) continue;
    digits += (attribute(element, "affinity") ?? "").length;
    if (digits > DIGITS_MAX)
      throw unexpected(`has affinity masks of more than ${DIGITS_MAX} digits`, where);
    const [before = null, own] = [sets.get(node), readAffinity(element, where)];
    sets.set(node, before === null || own === null ? (before ?? own) : union(before, own));
  }
  return [...sets].map(([id, set]) => ({
    id,
    package: null,
    cpus: set === null ? null : formatList(set),
    memoryBytes: null,
    kind: null,
    hugepages: null,
  }));
}

/**
 * The kernel's `cpumap`: words of 32 bits, the most significant first; null where it is missing.
 */
function readAffinity(cpu: XmlElement, where: string): IndexSet | null {
  const text = attribute(cpu, "affinity")?.trim() ?? "";
  if (text === "") return null;
  const set = parseMask(text);
  if (set === null) throw unexpected(`<cpu> has ${shown(text)} as its affinity`, where);
  return set;
}

/**
 * NCCL's names of architectures, translated to those of `uname -m`. On POWER, NCCL runs only in
 * little-endian mode.
 */
const architectures: ReadonlyMap<string, string> = new Map([
  ["x86_64", "x86_64"],
  ["arm64", "aarch64"],
  ["ppc64", "ppc64le"],
]);

/**
 * The architecture, if all elements agree. The file has the CPU model's number but not its name.
 */
export function readMachine(cpus: readonly NcclCpu[]): Partial<Machine> {
  const [name, ...others] = new Set(cpus.map(({ element }) => attribute(element, "arch")));
  if (others.length > 0) return {};
  return { architecture: architectures.get(name ?? "") ?? null };
}
