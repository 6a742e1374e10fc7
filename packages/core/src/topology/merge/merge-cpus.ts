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
import { knownCpus } from "../node-facts.ts";
import type { Core } from "../topology.ts";
import { type MergedGroups, mergeGroups } from "./merge-groups.ts";
import { coreClassesOf } from "../core-classes.ts";
import { type Claim, type Part, type Report, settle, valuesMessage } from "./finding.ts";

/** The merged CPUs: which exist, their cores, and their nodes. */
export interface MergedCpus {
  readonly cores: readonly CoreParts[];
  readonly offlineCpus: string;
  /** The CPUs of each node, as a list string; null where no source tells. */
  readonly onNode: ReadonlyMap<number, string | null>;
  /** The merged numbers of the sources' packages and L3 caches. */
  readonly packages: MergedGroups;
  readonly l3s: MergedGroups;
}

/** All CPUs of the cores. */
export function onlineCpus(cores: readonly Core[]): IndexSet {
  return setOf(cores.map(({ cpus }) => cpus).join(","));
}

/**
 * Merges CPUs. The first source with cores decides which CPUs are online and how they form cores: a
 * topology holds all cores or none, so these cannot come from several sources. Other sources with
 * the same CPUs add facts about the same cores. If a source has other CPUs, that is one finding,
 * not one for each affected core.
 *
 * A node's CPUs come from the first source that lists any, limited to the online CPUs. If another
 * source says that the node has none, that is a finding.
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
    cores: cores.map((core) => ({ ...core, node: nodeOf(core, known, nodeHolding, onNode) })),
    packages,
    l3s,
    offlineCpus: mergeOffline(
      parts,
      within ?? unionAll([...onNode.values()].map((cpus) => knownCpus({ cpus }))),
      report,
    ),
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
    message: valuesMessage("the machine", "that its online CPUs are", values),
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
  const classOf = mergeClasses(comparable, report);
  const dies = mergeGroups("die", parts, report);
  const clusters = mergeGroups("cluster", parts, report);
  return base.topology.cores.map((core) => ({
    package: packages.of(core.cpus),
    die: dies.of(core.cpus),
    cluster: clusters.of(core.cpus),
    l3: l3s.of(core.cpus),
    class: classOf(core.cpus),
    cpus: core.cpus,
  }));
}

/**
 * The classes of cores, from the first source that tells any: one source's numbers rank the cores
 * among each other, and say nothing beside those of another. Another source differs where it puts
 * two cores into one class that are in two here, or the reverse.
 */
function mergeClasses(parts: readonly Part[], report: Report): (cpus: string) => number | null {
  const telling = parts.filter(({ topology: { cores } }) =>
    cores.some((core) => core.class !== null),
  );
  const claims = telling.map(({ label, topology: { cores } }): Claim<string> => ({
    label,
    value: classesText(cores),
  }));
  settle(
    {
      code: "core-differs",
      subject: "the machine",
      path: "cores[].class",
      what: "that the classes of its cores are CPUs",
      claims,
    },
    report,
  );
  const known = new Map(telling[0]?.topology.cores.map((core) => [core.cpus, core.class]));
  return (cpus) => known.get(cpus) ?? null;
}

/** The CPUs of each class, the fastest first: `0-7,16-23 | 8-15`. */
function classesText(cores: readonly Core[]): string {
  const lists = coreClassesOf(cores).map((wanted) =>
    formatList(onlineCpus(cores.filter((core) => core.class === wanted))),
  );
  return lists.join(" | ");
}

/** Reports the first core whose CPUs are grouped differently in another source. */
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
    message: valuesMessage(subject, "the cores here are", values),
  });
}

function mergeNodeCpus(
  base: Part | null,
  parts: readonly Part[],
  within: IndexSet | null,
  report: Report,
): ReadonlyMap<number, string | null> {
  const claims = new Map<number, { readonly part: Part; readonly cpus: string }[]>();
  for (const part of parts) {
    for (const { id, cpus } of part.topology.nodes) {
      const list = claims.get(id) ?? [];
      claims.set(id, list);
      if (cpus !== null) list.push({ part, cpus });
    }
  }
  const onNode = new Map<number, string | null>();
  let taken: IndexSet = emptySet;
  for (const [id, list] of claims) {
    if (list.length === 0) {
      onNode.set(id, null);
      continue;
    }
    const fits = ({ cpus }: { readonly cpus: string }): boolean =>
      within === null || isSubset(setOf(cpus), within);
    const listed = list.filter(({ cpus }) => cpus !== "");
    const chosen = listed.find(fits) ?? listed[0];
    const possible =
      within === null ? setOf(chosen?.cpus ?? "") : intersection(setOf(chosen?.cpus ?? ""), within);
    const cpus = formatList(difference(possible, taken));
    onNode.set(id, cpus);
    taken = unionAll([taken, possible]);
    if (list.every((claim) => claim.cpus === cpus)) continue;
    const noneOr = (text: string): string => (text === "" ? "none" : text);
    const values = list.map((claim) => ({
      source: claim.part.label,
      value: noneOr(claim.cpus),
    }));
    if (values.every(({ value }) => value === values[0]?.value)) {
      // All sources agree on these CPUs, but other facts have them offline or on another node.
      values.push({ source: base?.label ?? "the rest", value: noneOr(cpus) });
    }
    report({
      code: "node-differs",
      subject: `node ${id}`,
      path: `nodes[${id}].cpus`,
      values,
      message: valuesMessage(`node ${id}`, "CPUs", values),
    });
  }
  return onNode;
}

/**
 * The node of a core: from a source that states it, or from a core and a node that different
 * sources know. If a source knows both and still states no node, the node stays unknown. Where no
 * source lists the CPUs of the node, what is stated of the core holds.
 */
function nodeOf(
  { cpus }: CoreParts,
  known: readonly KnownCores[],
  nodeHolding: NodeHolding,
  onNode: MergedCpus["onNode"],
): number | null {
  let nodeOmitted = false;
  let stated: number | null = null;
  for (const { cores, nodeHolding: holding } of known) {
    const core = cores.get(cpus);
    if (core === undefined) continue;
    if (core.node !== null) stated ??= core.node;
    else nodeOmitted ||= holding(setOf(cpus)) !== null;
  }
  if (stated !== null && onNode.get(stated) === null) return stated;
  return nodeOmitted && stated === null ? null : nodeHolding(setOf(cpus));
}

/** The node that has all of these CPUs. */
type NodeHolding = (cpus: IndexSet) => number | null;

/** Looks up only the first CPU, which keeps thousands of cores and nodes cheap. */
function holdingIn(nodes: Iterable<readonly [number, string | null]>): NodeHolding {
  const sets = new Map<number, IndexSet>();
  const nodeOfCpu = new Map<number, number>();
  for (const [id, list] of nodes) {
    const set = knownCpus({ cpus: list });
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
      message: valuesMessage("the machine", "that its offline CPUs are", claims),
    });
  }
  // CPUs that are offline in one source and in a core of another are already reported above.
  return formatList(difference(setOf(first.value), onlineNow));
}
