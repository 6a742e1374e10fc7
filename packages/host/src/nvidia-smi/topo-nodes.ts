import {
  difference,
  emptySet,
  type IndexSet,
  indices,
  intersection,
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
  /** Of each device, the node it hangs from. */
  readonly nodeOf: readonly (number | null)[];
}

/** A document may have so many stand-ins for nodes; what needs more stays unknown. */
const standInsMax = 256;

/**
 * The NUMA nodes of a matrix, and which device hangs from which.
 *
 * A GPU's node is its `NUMA Affinity` where that is one number, and null where it is `N/A` or
 * several. The matrix has no such column for NICs, and old drivers have none at all; but what is at
 * most NODE apart hangs from one node, so that such a device takes the node of its neighborhood: the
 * devices that chains of such pairs span, and GPUs of one CPU list that are not said to be SYS
 * apart. Where a neighborhood has several numbers, the nearest device with one decides.
 *
 * A neighborhood whose number nobody tells gets a stand-in where the text says that it lies within
 * one node (NODE), or on another than its neighbors (SYS), for without one that would be lost.
 *
 * `NUMA Affinity` outweighs the classes: two devices of one node stay there though they be said to
 * be SYS apart, as virtual machines have it; the reader keeps what is said beside that. The cost is that of the pairs.
 */
export function topoNodes(matrix: TopoMatrix): TopoNodes {
  const told = matrix.devices.map(({ nodes }) =>
    nodes !== null && size(nodes) === 1 ? (indices(nodes)[0] ?? null) : null,
  );
  const pairs = pciPairs(matrix);
  const nodeOf = withStandIns(matrix, neighborhoods(matrix, pairs), pairs, told);
  return { nodes: nodeParts(matrix, nodeOf), nodeOf };
}

/** Of each device, the lowest position in its neighborhood. */
function neighborhoods(matrix: TopoMatrix, pairs: Pairs): number[] {
  const groups = groupsWithin(matrix, "NODE");
  const apart = pairs.filter(([, , stated]) => stated === "SYS");
  const byCpus = new Map<string, number[]>();
  for (const [i, { cpus, nodesTold }] of matrix.devices.entries()) {
    if (cpus === null || nodesTold) continue;
    const key = formatList(cpus);
    byCpus.set(key, [...(byCpus.get(key) ?? []), i]);
  }
  const together = [...groups];
  for (const members of byCpus.values()) {
    const among = new Set(members.map((member) => groups[member]));
    // A job that is confined to a few CPUs sees the same list everywhere.
    const split = apart.some(([a, b]) => among.has(groups[a]) && among.has(groups[b]));
    for (const member of split ? [] : members) join(together, members[0] ?? member, member);
  }
  const settled = (group: number): number => {
    const above = together[group] ?? group;
    return above === group ? group : settled(above);
  };
  return groups.map(settled);
}

function withStandIns(
  { devices }: TopoMatrix,
  groups: readonly number[],
  pairs: Pairs,
  told: readonly (number | null)[],
): (number | null)[] {
  const numbers = new Map<number, Set<number>>();
  const refused = new Set<number>();
  for (const [i, group] of groups.entries()) {
    const node = told[i] ?? null;
    if (node !== null) numbers.set(group, (numbers.get(group) ?? new Set()).add(node));
    else if (devices[i]?.nodesTold === true) refused.add(group);
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
    if (told[i] !== null) return told[i] ?? null;
    if (devices[i]?.nodesTold === true) return null;
    const known = [...(numbers.get(group) ?? [])];
    if (known.length === 1) return known[0] ?? null;
    return known.length > 1 ? nearestNode(i, pairs, told) : (standIns.get(group) ?? null);
  });
}

/** The node of the nearest devices that tell theirs, if it is one. */
function nearestNode(
  device: number,
  pairs: Pairs,
  told: readonly (number | null)[],
): number | null {
  const near = pairs.flatMap(([a, b, stated]) => {
    const node = a === device ? told[b] : b === device ? told[a] : null;
    const rank = pciClasses.indexOf(stated);
    return stated === "SYS" || node === null || node === undefined ? [] : [{ node, rank }];
  });
  const nearest = Math.min(...near.map(({ rank }) => rank));
  const nodes = new Set(near.filter(({ rank }) => rank === nearest).map(({ node }) => node));
  return nodes.size === 1 ? ([...nodes][0] ?? null) : null;
}

/**
 * Every node that is named, with the CPUs of the GPUs that hang from it and from no other. CPUs that
 * two nodes would have, as in a container confined to a few, are given to neither.
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
  let [seen, twice] = [emptySet, emptySet];
  for (const set of cpus.values()) {
    twice = union(twice, intersection(seen, set));
    seen = union(seen, set);
  }
  const node = (id: number, list: IndexSet, kind: "gpu" | null): NodeParts => ({
    id,
    cpus: formatList(difference(list, twice)),
    memoryBytes: null,
    kind,
    hugepages: [],
  });
  return [
    ...[...cpus].map(([id, list]) => node(id, list, null)),
    ...[...memoryOfGpu].map((id) => node(id, emptySet, "gpu")),
  ];
}
