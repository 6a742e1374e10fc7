import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { TopoMatrix } from "./topo-matrix.ts";
import { pciClasses, type PciClass } from "./topo-words.ts";

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
 * farther apart ends up in one group, which is checked pair by pair; if one does, no tree of
 * bridges looks like that, and the pair is named (`topology-inconsistent`). GPUs with NVLink say
 * nothing of PCI. The cost is that of the pairs.
 */
export function pciGroups(matrix: TopoMatrix, where: string): PciGroups {
  const [ofSwitch, ofTree, ofRoot] = [
    groupsWithin(matrix, "PIX"),
    groupsWithin(matrix, "PXB"),
    groupsWithin(matrix, "PHB"),
  ];
  for (const [a, b, stated] of pciPairs(matrix)) {
    const implied = [
      ofSwitch[a] === ofSwitch[b] ? "PIX" : null,
      ofTree[a] === ofTree[b] ? "PXB" : null,
      ofRoot[a] === ofRoot[b] ? "PHB" : null,
    ].find((name) => name !== null);
    if (implied === undefined || implied === stated) continue;
    const [one, other] = [matrix.devices[a]?.label, matrix.devices[b]?.label];
    throw new EvenkeelError(
      "topology-inconsistent",
      `${one} and ${other} are said to be ${stated} apart, but what is said of the devices around ` +
        `them puts them ${implied} apart`,
      {
        where,
        expected: "a matrix that some tree of PCI bridges has",
        remedy: "copy the output again, whole and unedited",
      },
    );
  }
  return { ofSwitch, ofTree, ofRoot };
}

/** Every pair of positions of which a class over PCI is stated. */
export function pciPairs({
  devices,
  classOf,
}: TopoMatrix): (readonly [number, number, PciClass])[] {
  return [...devices.keys()].flatMap((a) =>
    [...Array(a).keys()].flatMap((b) => {
      const stated = classOf(a, b);
      return stated?.kind === "pci" ? ([[b, a, stated.class]] as const) : [];
    }),
  );
}

/** The groups that pairs at most so far apart span, each by its lowest member. */
export function groupsWithin(matrix: TopoMatrix, farthest: PciClass): number[] {
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
