import {
  difference,
  emptySet,
  equals,
  indices,
  type IndexSet,
  intersection,
  isEmpty,
  isSubset,
  lowest,
  unionAll,
} from "../../set/index-set.ts";
import { formatList, setOf } from "../../set/list-format.ts";
import { valueOf } from "../../unit/list.ts";
import type { CoreParts } from "../build.ts";
import type { Core } from "../topology.ts";
import { type MergedGroups, mergeGroups } from "./merge-groups.ts";
import { type Part, type Report, saying } from "./finding.ts";

/** Merges the machine's CPUs: which there are, in which cores, and on which nodes. */
export interface MergedCpus {
  readonly cores: readonly CoreParts[];
  readonly offlineCpus: string;
  /** The CPUs of each node, as a list string. */
  readonly onNode: ReadonlyMap<number, string>;
  /** How the sources' numbers of packages and of L3 caches are to be read. */
  readonly packages: MergedGroups;
  readonly l3s: MergedGroups;
}

/** All CPUs of the cores: their lists together are one list. */
export function onlineCpus(cores: readonly Core[]): IndexSet {
  return setOf(cores.map(({ cpus }) => cpus).join(","));
}

/**
 * The first source with cores decides which CPUs are online and how they share cores: a topology
 * holds all cores or none, so cores cannot be mixed from several. Other sources with the same CPUs
 * add what they know of the same cores; other CPUs are one finding, not one for each core.
 *
 * A node has the CPUs of the first source that lists any for it, if they are online. An empty list
 * counts as unknown: most sources do not know which nodes have CPUs.
 */
export function mergeCpus(parts: readonly Part[], report: Report): MergedCpus {
  const base = parts.find(({ topology }) => topology.cores.length > 0);
  const within = base === undefined ? null : onlineCpus(base.topology.cores);
  if (base !== undefined) reportOtherCpus(base, parts, report);
  const packages = mergeGroups("package", parts, report);
  const l3s = mergeGroups("l3", parts, report);
  const cores = base === undefined ? [] : mergeCores(base, parts, { packages, l3s }, report);
  const onNode = mergeNodeCpus(base ?? null, parts, within, report);
  const known = parts.map(coresByCpus);
  const nodeHolding = holdingIn(onNode);
  return {
    cores: cores.map((core) => ({ ...core, node: nodeOf(core, known, nodeHolding) })),
    packages,
    l3s,
    offlineCpus: mergeOffline(parts, within ?? unionAll([...onNode.values()].map(setOf)), report),
    onNode,
  };
}

function reportOtherCpus(base: Part, parts: readonly Part[], report: Report): void {
  const cpus = onlineCpus(base.topology.cores);
  const values = parts.flatMap(({ label, topology: { cores } }) =>
    cores.length === 0 ? [] : { source: label, value: formatList(onlineCpus(cores)) },
  );
  if (values.every(({ value }) => value === formatList(cpus))) return;
  report({
    code: "cpus-differ",
    subject: "the machine",
    path: "cores",
    values,
    message: saying("the machine", "that its online CPUs are", values),
  });
}

function mergeCores(
  base: Part,
  parts: readonly Part[],
  { packages, l3s }: Pick<MergedCpus, "packages" | "l3s">,
  report: Report,
): CoreParts[] {
  const cpus = onlineCpus(base.topology.cores);
  const comparable = parts.filter(
    ({ topology: { cores } }) => cores.length > 0 && equals(onlineCpus(cores), cpus),
  );
  for (const part of comparable) reportOtherCores(base, part, report);
  const dies = mergeGroups("die", parts, report);
  const clusters = mergeGroups("cluster", parts, report);
  return base.topology.cores.map((core) => ({
    package: packages.of(core.cpus),
    die: dies.of(core.cpus),
    cluster: clusters.of(core.cpus),
    l3: l3s.of(core.cpus),
    cpus: core.cpus,
  }));
}

/** Cores of equal CPUs must be the same; the first that is not says how they are shared otherwise. */
function reportOtherCores(base: Part, other: Part, report: Report): void {
  const known = new Set(base.topology.cores.map((core) => core.cpus));
  const odd = other.topology.cores.find((core) => !known.has(core.cpus));
  if (odd === undefined) return;
  const met = base.topology.cores.filter(
    (core) => !isEmpty(intersection(setOf(core.cpus), setOf(odd.cpus))),
  );
  const values = [
    { source: base.label, value: met.map((core) => core.cpus).join(" | ") },
    { source: other.label, value: odd.cpus },
  ];
  const subject = `CPUs ${odd.cpus}`;
  report({
    code: "core-differs",
    subject,
    path: "cores[].cpus",
    values,
    message: saying(subject, "the cores here are", values),
  });
}

function mergeNodeCpus(
  base: Part | null,
  parts: readonly Part[],
  within: IndexSet | null,
  report: Report,
): ReadonlyMap<number, string> {
  const claims = new Map<number, { readonly part: Part; readonly cpus: string }[]>();
  for (const part of parts) {
    for (const { id, cpus } of part.topology.nodes) {
      const list = claims.get(id) ?? [];
      claims.set(id, list);
      if (cpus !== "") list.push({ part, cpus });
    }
  }
  const onNode = new Map<number, string>();
  let taken: IndexSet = emptySet;
  for (const [id, list] of claims) {
    const fits = ({ cpus }: { readonly cpus: string }): boolean =>
      within === null || isSubset(setOf(cpus), within);
    const chosen = list.find(fits) ?? list[0];
    const possible =
      within === null ? setOf(chosen?.cpus ?? "") : intersection(setOf(chosen?.cpus ?? ""), within);
    const cpus = formatList(difference(possible, taken));
    onNode.set(id, cpus);
    taken = unionAll([taken, possible]);
    const values = list.map(({ part, cpus: value }) => ({ source: part.label, value }));
    if (values.every(({ value }) => value === cpus)) continue;
    if (values.every(({ value }) => value === values[0]?.value)) {
      // All agree on CPUs that are offline, or on another node, by what is known otherwise.
      values.push({ source: base?.label ?? "the rest", value: cpus === "" ? "none" : cpus });
    }
    report({
      code: "node-differs",
      subject: `node ${id}`,
      path: `nodes[${id}].cpus`,
      values,
      message: saying(`node ${id}`, "CPUs", values),
    });
  }
  return onNode;
}

/**
 * The node of a core: a source's own statement, or the merged nodes where one source knows the core
 * and another the node.
 */
function nodeOf(
  { cpus }: CoreParts,
  known: readonly KnownCores[],
  nodeHolding: NodeHolding,
): number | null {
  let withheld = false;
  let told = false;
  for (const { cores, nodeHolding: holding } of known) {
    const core = cores.get(cpus);
    if (core === undefined) continue;
    if (core.node !== null) told = true;
    else withheld ||= holding(setOf(cpus)) !== null;
  }
  return withheld && !told ? null : nodeHolding(setOf(cpus));
}

/** The node that has all of those CPUs. */
type NodeHolding = (cpus: IndexSet) => number | null;

/** Looks the first CPU up, so that thousands of cores and nodes stay cheap. */
function holdingIn(nodes: Iterable<readonly [number, string]>): NodeHolding {
  const sets = new Map<number, IndexSet>();
  const nodeOfCpu = new Map<number, number>();
  for (const [id, list] of nodes) {
    const set = setOf(list);
    sets.set(id, set);
    for (const cpu of indices(set)) nodeOfCpu.set(cpu, id);
  }
  return (cpus) => {
    const first = lowest(cpus);
    const id = first === null ? undefined : nodeOfCpu.get(first);
    return id !== undefined && isSubset(cpus, valueOf(sets, id)) ? id : null;
  };
}

interface KnownCores {
  readonly cores: ReadonlyMap<string, Core>;
  readonly nodeHolding: NodeHolding;
}

function coresByCpus({ topology: { cores, nodes } }: Part): KnownCores {
  return {
    cores: new Map(cores.map((core) => [core.cpus, core])),
    nodeHolding: holdingIn(nodes.map(({ id, cpus }) => [id, cpus])),
  };
}

function mergeOffline(parts: readonly Part[], onlineNow: IndexSet, report: Report): string {
  const claims = parts.flatMap(({ label, topology: { offlineCpus } }) =>
    offlineCpus === "" ? [] : { source: label, value: offlineCpus },
  );
  const [first] = claims;
  if (first === undefined) return "";
  if (claims.some(({ value }) => value !== first.value)) {
    report({
      code: "cpus-differ",
      subject: "the machine",
      path: "offlineCpus",
      values: claims,
      message: saying("the machine", "that its offline CPUs are", claims),
    });
  }
  // What one source has offline and another in a core was told as other CPUs already, or is now.
  return formatList(difference(setOf(first.value), onlineNow));
}
