import type { PciInterconnect } from "@evenkeel/core/topology/topology.ts";
import type { TopoMatrix } from "./topo-matrix.ts";
import { pciClasses } from "./topo-words.ts";

/** For each device, the lowest position of those that it shares something with. */
export interface PciGroups {
  /** One switch. */
  readonly ofSwitch: readonly number[];
  /** One tree of switches. */
  readonly ofTree: readonly number[];
  /** One host bridge. */
  readonly ofRoot: readonly number[];
}

/**
 * Which devices hang below one switch, one tree of switches and one host bridge.
 *
 * Being at most PIX, PXB or PHB apart are equivalences, each within the next, as in any tree: the
 * groups are those that the stated pairs span. They are right if no pair that is stated to be
 * farther apart ends up in one group. Where one does, no tree of bridges looks like that (what
 * virtual machines and drivers make of bridges they do not see), and what that group would be is not
 * known: its members stay in the nearer groups, and the reader keeps what is stated of them as it
 * stands. GPUs with NVLink say nothing of PCI. The cost is that of the pairs.
 */
export function pciGroups(matrix: TopoMatrix): PciGroups {
  const alone = [...matrix.devices.keys()];
  const pairs = pciPairs(matrix);
  const ofSwitch = soundGroups(groupsWithin(matrix, "PIX"), alone, pairs, "PIX");
  const ofTree = soundGroups(groupsWithin(matrix, "PXB"), ofSwitch, pairs, "PXB");
  const ofRoot = soundGroups(groupsWithin(matrix, "PHB"), ofTree, pairs, "PHB");
  return { ofSwitch, ofTree, ofRoot };
}

/** The groups; of those with members stated to be farther apart, the nearer groups within. */
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

/** Every pair of positions of which a class over PCI is stated. */
export function pciPairs({ devices, classOf }: TopoMatrix): Pairs {
  return [...devices.keys()].flatMap((a) =>
    [...Array(a).keys()].flatMap((b) => {
      const stated = classOf(a, b);
      return stated?.kind === "pci" ? ([[b, a, stated.class]] as const) : [];
    }),
  );
}

/** The groups that pairs at most so far apart span, each by its lowest member. */
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

/** Makes two members' groups one, under the lowest member of both. */
export function join(groups: number[], a: number, b: number): void {
  const [one, other] = [groupOf(groups, a), groupOf(groups, b)];
  groups[Math.max(one, other)] = Math.min(one, other);
}
