import type { PciInterconnect } from "@evenkeel/core/topology/topology.ts";
import type { TopoMatrix } from "./topo-matrix.ts";
import { pciClasses } from "./topo-words.ts";

/**
 * Groups of devices that share a part of the PCI tree. A group's number is its lowest member's
 * position.
 */
export interface PciGroups {
  /** Devices below one switch. */
  readonly ofSwitch: readonly number[];
  /** Devices below one tree of switches. */
  readonly ofTree: readonly number[];
  /** Devices below one host bridge. */
  readonly ofRoot: readonly number[];
}

/**
 * Groups devices by switch, by tree of switches and by host bridge.
 *
 * In a tree, being at most PIX, PXB or PHB apart are equivalence relations, each contained in the
 * next. So the groups are the connected components of the stated pairs (union-find). A group is
 * right if no pair in it is stated to be farther apart. If one is, no tree of bridges fits: virtual
 * machines, and drivers that do not see every bridge, produce such matrices. That group is
 * dissolved into the nearer groups, and the reader keeps the stated classes as they are. GPUs with
 * NVLink state no PCI class. The cost is linear in the pairs.
 */
export function pciGroups(matrix: TopoMatrix): PciGroups {
  const alone = [...matrix.devices.keys()];
  const pairs = pciPairs(matrix);
  const ofSwitch = soundGroups(groupsWithin(matrix, "PIX"), alone, pairs, "PIX");
  const ofTree = soundGroups(groupsWithin(matrix, "PXB"), ofSwitch, pairs, "PXB");
  const ofRoot = soundGroups(groupsWithin(matrix, "PHB"), ofTree, pairs, "PHB");
  return { ofSwitch, ofTree, ofRoot };
}

/**
 * Replaces each group that has members stated to be farther apart by the nearer groups inside it.
 */
function soundGroups(
  groups: readonly number[],
  nearer: readonly number[],
  pairs: Pairs,
  farthest: PciInterconnect,
): number[] {
  const limit = pciClasses.indexOf(farthest);
  const unsound = new Set(
    pairs
      .filter(([a, b, stated]) => groups[a] === groups[b] && pciClasses.indexOf(stated) > limit)
      .map(([a]) => groups[a]),
  );
  return groups.map((group, member) => (unsound.has(group) ? (nearer[member] ?? member) : group));
}

export type Pairs = readonly (readonly [number, number, PciInterconnect])[];

/** Every pair of positions with a stated PCI class. */
export function pciPairs({ devices, pciClassOf }: TopoMatrix): Pairs {
  return [...devices.keys()].flatMap((a) =>
    [...Array(a).keys()].flatMap((b) => {
      const stated = pciClassOf(a, b);
      return stated === null ? [] : ([[b, a, stated]] as const);
    }),
  );
}

/**
 * The connected components of the pairs at most `farthest` apart, each numbered by its lowest
 * member.
 */
export function groupsWithin(matrix: TopoMatrix, farthest: PciInterconnect): number[] {
  const groups = separateGroups(matrix.devices.length);
  const limit = pciClasses.indexOf(farthest);
  for (const [a, b, stated] of pciPairs(matrix)) {
    if (pciClasses.indexOf(stated) <= limit) join(groups, a, b);
  }
  return groups.map((_, member) => groupOf(groups, member));
}

function separateGroups(count: number): number[] {
  return [...Array(count).keys()];
}

function groupOf(groups: readonly number[], member: number): number {
  let at = member;
  for (let above = groups[at]; above !== undefined && above !== at; above = groups[at]) at = above;
  return at;
}

/** Joins the groups of two members under the lower number. */
export function join(groups: number[], a: number, b: number): void {
  const [one, other] = [groupOf(groups, a), groupOf(groups, b)];
  groups[Math.max(one, other)] = Math.min(one, other);
}
