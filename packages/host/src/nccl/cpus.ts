import type { NodeParts } from "@evenkeel/core/topology/build.ts";
import { emptySet, type IndexSet, union } from "@evenkeel/core/set/index-set.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import { parseMask } from "@evenkeel/core/set/mask-format.ts";
import type { Machine } from "@evenkeel/core/topology/topology.ts";
import { attribute, childrenNamed, type XmlElement } from "@evenkeel/core/xml/element.ts";
import { shown, unexpected } from "./values.ts";

/** A `<cpu>`, which in NCCL's terms is a NUMA node; `node` is null where NCCL could not tell it. */
export interface NcclCpu {
  readonly element: XmlElement;
  readonly node: number | null;
}

/** As many as Linux can have (MAX_NUMNODES). */
const NODES_MAX = 1024;

/**
 * The `<cpu>` elements of a system. Since NCCL 2.21 each names its host by a hash, and a dump of a
 * domain that spans hosts, as in an NVL72 rack, holds those of all of them: bus addresses and nodes
 * of one host then say nothing about another's, so such a file is refused.
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
  if (id >= NODES_MAX) throw unexpected(`<cpu> has ${shown(text)} for a numaid`, where);
  return id;
}

/** All masks of 1,024 nodes together, where there are 8,192 CPUs, have 2.4 million. */
const DIGITS_MAX = 4_000_000;

/**
 * The nodes that the file names, each with its CPUs: NCCL has no others, so a node without GPU and
 * NIC is missing, and nothing is told of memory. Several elements of one node are taken together.
 */
export function nodeParts(cpus: readonly NcclCpu[], where: string): NodeParts[] {
  const sets = new Map<number, IndexSet>();
  let digits = 0;
  for (const { element, node } of cpus) {
    if (node === null) continue;
    digits += (attribute(element, "affinity") ?? "").length;
    if (digits > DIGITS_MAX) throw unexpected("has more affinity than any machine", where);
    sets.set(node, union(sets.get(node) ?? emptySet, readAffinity(element, where)));
  }
  return [...sets].map(([id, set]) => ({
    id,
    package: null,
    cpus: formatList(set),
    memoryBytes: null,
    kind: null,
    hugepages: [],
  }));
}

/** The kernel's `cpumap`: words of 32 bits, the most significant first. */
function readAffinity(cpu: XmlElement, where: string): IndexSet {
  const text = attribute(cpu, "affinity")?.trim() ?? "";
  if (text === "") return emptySet;
  const set = parseMask(text);
  if (set === null) throw unexpected(`<cpu> has ${shown(text)} for an affinity`, where);
  return set;
}

/** NCCL's names of architectures as `uname -m` has them; it runs on POWER in little endian alone. */
const architectures: ReadonlyMap<string, string> = new Map([
  ["x86_64", "x86_64"],
  ["arm64", "aarch64"],
  ["ppc64", "ppc64le"],
]);

/** The architecture, where all say the same. A model's number is told, and its name is not. */
export function readMachine(cpus: readonly NcclCpu[]): Partial<Machine> {
  const [name, ...others] = new Set(cpus.map(({ element }) => attribute(element, "arch")));
  if (others.length > 0) return {};
  return { architecture: architectures.get(name ?? "") ?? null };
}
