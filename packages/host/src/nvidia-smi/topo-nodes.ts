import {
  difference,
  emptySet,
  type IndexSet,
  indices,
  intersection,
  isEmpty,
  size,
  union,
} from "@evenkeel/core/set/index-set.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import type { NodeParts } from "@evenkeel/core/topology/build.ts";
import { standInNode } from "@evenkeel/core/topology/stand-in.ts";
import { groupsWithin, join, pciPairs, type Pairs } from "./pci-groups.ts";
import type { TopoMatrix } from "./topo-matrix.ts";
import { pciClasses } from "./topo-words.ts";

export interface TopoNodes {
  readonly nodes: readonly NodeParts[];
  /** The node of each device. */
  readonly nodeOf: readonly (number | null)[];
}

/** The most stand-in nodes of a document; further nodes stay unknown. */
const standInsMax = 256;

/**
 * Finds the NUMA nodes of a matrix, and the node of each device.
 *
 * A GPU's node is its `NUMA Affinity` if that is one number, and null if it is `N/A` or several.
 * NICs have no such column, and old drivers have none at all. But devices at most NODE apart are on
 * one node, so a device without the column takes the node of its neighborhood. A neighborhood is a
 * connected component of these pairs, and also joins GPUs with the same list of CPUs that are not
 * stated to be SYS apart. If a neighborhood has several numbers, the nearest device with one
 * decides.
 *
 * A neighborhood without a number gets a stand-in node if the text shows that it lies within one
 * node (NODE) or on another node than its neighbors (SYS); without a stand-in that would be lost.
 *
 * `NUMA Affinity` takes precedence over the classes: two devices of one node stay there even if
 * they are stated to be SYS apart, as in virtual machines. The reader keeps the stated class beside
 * that. The cost is linear in the pairs.
 */
export function topoNodes(matrix: TopoMatrix): TopoNodes {
  const affinityOf = matrix.devices.map(({ nodes }) =>
    nodes !== null && size(nodes) === 1 ? (indices(nodes)[0] ?? null) : null,
  );
  const pairs = pciPairs(matrix);
  const nodeOf = withStandIns(matrix, neighborhoods(matrix, pairs), pairs, affinityOf);
  return { nodes: nodeParts(matrix, nodeOf), nodeOf };
}

/** The neighborhood of each device, by its lowest member's position. */
function neighborhoods(matrix: TopoMatrix, pairs: Pairs): number[] {
  const groups = groupsWithin(matrix, "NODE");
  const apart = pairs.filter(([, , stated]) => stated === "SYS");
  const byCpus = new Map<string, number[]>();
  for (const [i, { cpus, hasNodeColumn }] of matrix.devices.entries()) {
    if (cpus === null || hasNodeColumn) continue;
    const key = formatList(cpus);
    byCpus.set(key, [...(byCpus.get(key) ?? []), i]);
  }
  const together = [...groups];
  for (const members of byCpus.values()) {
    const among = new Set(members.map((member) => groups[member]));
    // A job that is confined to a few CPUs sees the same list on every GPU.
    const split = apart.some(([a, b]) => among.has(groups[a]) && among.has(groups[b]));
    for (const member of split ? [] : members) join(together, members[0] ?? member, member);
  }
  const rootOf = (group: number): number => {
    const above = together[group] ?? group;
    return above === group ? group : rootOf(above);
  };
  return groups.map(rootOf);
}

function withStandIns(
  { devices }: TopoMatrix,
  groups: readonly number[],
  pairs: Pairs,
  affinityOf: readonly (number | null)[],
): (number | null)[] {
  const numbers = new Map<number, Set<number>>();
  const refused = new Set<number>();
  for (const [i, group] of groups.entries()) {
    const node = affinityOf[i] ?? null;
    if (node !== null) numbers.set(group, (numbers.get(group) ?? new Set()).add(node));
    else if (devices[i]?.hasNodeColumn === true) refused.add(group);
  }
  const open = new Set(groups.filter((group) => !numbers.has(group) && !refused.has(group)));
  const distinct = (group: number | undefined): boolean =>
    group !== undefined && (open.has(group) || numbers.has(group));
  const needed = new Set<number>();
  for (const [a, b, stated] of pairs) {
    const [one, other] = [groups[a], groups[b]];
    const says = stated === "NODE" ? one === other : stated === "SYS" && one !== other;
    if (!says || !distinct(one) || !distinct(other)) continue;
    for (const group of [one, other]) if (group !== undefined && open.has(group)) needed.add(group);
  }
  const standIns = new Map(
    [...needed]
      .toSorted((a, b) => a - b)
      .slice(0, standInsMax)
      .map((group, ordinal) => [group, standInNode(ordinal)]),
  );
  return groups.map((group, i) => {
    if (affinityOf[i] !== null) return affinityOf[i] ?? null;
    if (devices[i]?.hasNodeColumn === true) return null;
    const known = [...(numbers.get(group) ?? [])];
    if (known.length === 1) return known[0] ?? null;
    return known.length > 1 ? nearestNode(i, pairs, affinityOf) : (standIns.get(group) ?? null);
  });
}

/** The node of the nearest devices whose node is known, if they agree. */
function nearestNode(
  device: number,
  pairs: Pairs,
  affinityOf: readonly (number | null)[],
): number | null {
  const near = pairs.flatMap(([a, b, stated]) => {
    const node = a === device ? affinityOf[b] : b === device ? affinityOf[a] : null;
    const rank = pciClasses.indexOf(stated);
    return stated === "SYS" || node === null || node === undefined ? [] : [{ node, rank }];
  });
  const nearest = Math.min(...near.map(({ rank }) => rank));
  const nodes = new Set(near.filter(({ rank }) => rank === nearest).map(({ node }) => node));
  return nodes.size === 1 ? ([...nodes][0] ?? null) : null;
}

/**
 * Every node in the matrix, with the CPUs of the GPUs on it, if any. CPUs that two nodes would
 * have, as in a container confined to a few, go to neither. The memory of a GPU has no CPUs.
 */
function nodeParts({ devices }: TopoMatrix, nodeOf: readonly (number | null)[]): NodeParts[] {
  const cpus = new Map<number, IndexSet>();
  const memoryOfGpu = new Set<number>();
  for (const [i, device] of devices.entries()) {
    for (const node of device.nodes === null ? [] : indices(device.nodes)) {
      cpus.set(node, cpus.get(node) ?? emptySet);
    }
    const node = nodeOf[i] ?? null;
    if (node !== null) cpus.set(node, union(cpus.get(node) ?? emptySet, device.cpus ?? emptySet));
  }
  for (const { gpuNode } of devices) {
    if (gpuNode === null || cpus.has(gpuNode)) continue;
    memoryOfGpu.add(gpuNode);
  }
  let [seen, ambiguous] = [emptySet, emptySet];
  for (const set of cpus.values()) {
    ambiguous = union(ambiguous, intersection(seen, set));
    seen = union(seen, set);
  }
  const node = (id: number, list: IndexSet | null, kind: "gpu" | null): NodeParts => ({
    id,
    cpus: list === null ? null : formatList(list),
    memoryBytes: null,
    kind,
    hugepages: null,
  });
  return [
    ...[...cpus].map(([id, list]) => {
      const own = difference(list, ambiguous);
      return node(id, isEmpty(own) ? null : own, null);
    }),
    ...[...memoryOfGpu].map((id) => node(id, emptySet, "gpu")),
  ];
}
