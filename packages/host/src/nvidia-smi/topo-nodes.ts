import {
  difference,
  emptySet,
  type IndexSet,
  indices,
  intersection,
  isEmpty,
  size,
  union,
  unionAll,
} from "@evenkeel/core/set/index-set.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import type { NodeParts } from "@evenkeel/core/topology/build.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { groupsWithin, join, pciPairs, type Pairs } from "./pci-groups.ts";
import type { TopoMatrix } from "./topo-matrix.ts";
import { pciClasses } from "./topo-words.ts";

export interface TopoNodes {
  readonly nodes: readonly NodeParts[];
  /** The node of each device. */
  readonly nodeOf: readonly (number | null)[];
  /** What is known of nodes without numbers, with the positions of their devices. */
  readonly unnumbered: readonly UnnumberedDevices[];
  /** Whether the text shows two devices to be on two nodes, even if it states no class for them. */
  readonly areApart: (a: number, b: number) => boolean;
}

export interface UnnumberedDevices {
  readonly devices: readonly number[];
  readonly cpus: string | null;
}

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
 * A neighborhood without a number is an unnumbered node if the text shows that it lies within one
 * node (NODE) or on another node than its neighbors (SYS, or other CPUs).
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
  const groups = neighborhoods(matrix, pairs);
  const { nodeOf, unnumbered } = placed(matrix, groups, pairs, affinityOf);
  const places = matrix.devices.map((_, i) => {
    const node = nodeOf[i] ?? null;
    const group = unnumbered.findIndex((members) => members.includes(i));
    return node === null ? (group < 0 ? null : `?${group}`) : `${node}`;
  });
  const { nodes, cpus } = nodeParts(matrix, nodeOf, unnumbered);
  return {
    nodes,
    nodeOf,
    unnumbered: unnumbered.map((devices, i) => ({ devices, cpus: cpus[i] ?? null })),
    areApart: apartIn(places, pairs),
  };
}

/** Two nodes are known to be two by one pair of their devices that is stated to be SYS apart. */
function apartIn(
  places: readonly (string | null)[],
  pairs: Pairs,
): (a: number, b: number) => boolean {
  const isNumber = (place: string): boolean => !place.startsWith("?");
  const key = (a: number, b: number): string => `${places[a]} ${places[b]}`;
  const apart = new Set(
    pairs.flatMap(([a, b, stated]) => (stated === "SYS" ? [key(a, b), key(b, a)] : [])),
  );
  return (a, b) => {
    const [one, other] = [places[a] ?? null, places[b] ?? null];
    if (one === null || other === null || one === other) return false;
    return (isNumber(one) && isNumber(other)) || apart.has(key(a, b));
  };
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

interface Placed {
  readonly nodeOf: readonly (number | null)[];
  /** The devices of each node without a number. */
  readonly unnumbered: readonly (readonly number[])[];
}

function placed(
  { devices }: TopoMatrix,
  groups: readonly number[],
  pairs: Pairs,
  affinityOf: readonly (number | null)[],
): Placed {
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
  if (haveListsApart(devices)) {
    for (const [i, group] of groups.entries()) {
      if (open.has(group) && devices[i]?.cpus !== null) needed.add(group);
    }
  }
  const nodeOf = groups.map((group, i) => {
    if (affinityOf[i] !== null) return affinityOf[i] ?? null;
    if (devices[i]?.hasNodeColumn === true) return null;
    const known = [...(numbers.get(group) ?? [])];
    if (known.length === 1) return known[0] ?? null;
    return known.length > 1 ? nearestNode(i, pairs, affinityOf) : null;
  });
  const membersOf = (group: number): number[] =>
    [...groups.keys()].filter((member) => groups[member] === group);
  return { nodeOf, unnumbered: [...needed].toSorted((a, b) => a - b).map(membersOf) };
}

/** Whether the devices' lists of CPUs are those of several nodes: different ones share no CPU. */
function haveListsApart(devices: TopoMatrix["devices"]): boolean {
  const lists = new Map(
    devices.flatMap(({ cpus }) => (cpus === null ? [] : [[formatList(cpus), cpus] as const])),
  );
  let seen = emptySet;
  for (const list of lists.values()) {
    if (!isEmpty(intersection(seen, list))) return false;
    seen = union(seen, list);
  }
  return lists.size > 1;
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
 * Every node in the matrix, with the CPUs of the GPUs on it, if any; the CPUs of the nodes without
 * numbers stand beside. CPUs that two nodes would have, as in a container confined to a few, go to
 * neither. The memory of a GPU has no CPUs.
 */
function nodeParts(
  { devices }: TopoMatrix,
  nodeOf: readonly (number | null)[],
  unnumbered: readonly (readonly number[])[],
): { readonly nodes: NodeParts[]; readonly cpus: (string | null)[] } {
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
  const beside = unnumbered.map((members) =>
    unionAll(members.map((member) => at(devices, member).cpus ?? emptySet)),
  );
  let [seen, ambiguous] = [emptySet, emptySet];
  for (const set of [...cpus.values(), ...beside]) {
    ambiguous = union(ambiguous, intersection(seen, set));
    seen = union(seen, set);
  }
  const listOf = (set: IndexSet): string | null => {
    const own = difference(set, ambiguous);
    return isEmpty(own) ? null : formatList(own);
  };
  const node = (id: number, list: string | null, kind: "gpu" | null): NodeParts => ({
    id,
    cpus: list,
    memoryBytes: null,
    kind,
    hugepages: null,
  });
  return {
    nodes: [
      ...[...cpus].map(([id, set]) => node(id, listOf(set), null)),
      ...[...memoryOfGpu].map((id) => node(id, "", "gpu")),
    ],
    cpus: beside.map(listOf),
  };
}
