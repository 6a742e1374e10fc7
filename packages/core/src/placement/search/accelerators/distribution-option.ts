import { at } from "../../../unit/list.ts";
import { countOf, type Tally, count as countOne } from "../../../unit/tally.ts";
import { nodeOf, type Space } from "../../space/space.ts";
import { type CellShares, type LocalityPolicy, mayHold } from "../locality/locality-policy.ts";
import type { NodeCandidates } from "../candidates/node-candidates.ts";
import { proportionalShare } from "../locality/split.ts";
import type { Distribution } from "./distributions.ts";
import { sumOf } from "../../../unit/sum.ts";

/** A distribution with the nodes of its cells. */
export interface DistributionOption extends CellShares {
  readonly distribution: Distribution;
  readonly nodeDistanceSum: number;
}

/** The most accelerators that each node could carry: it must hold their share of the request. */
export function mostPerNode(
  space: Space,
  byNode: readonly NodeCandidates[],
  policy: LocalityPolicy,
): readonly number[] {
  const { request, units, granules } = space;
  const { count } = request.accelerators;
  return byNode.map(({ node, members }) => {
    let most = Math.min(members.length, count);
    const cellNode = nodeOf(space, node);
    // Rounded down: the remainder goes to cells that have room.
    const fits = (some: number): boolean =>
      mayHold(
        policy,
        cellNode,
        proportionalShare(units, some, count),
        proportionalShare(granules, some, count),
      );
    while (most > 0 && !fits(most)) most--;
    return most;
  });
}

/**
 * A distribution with its cells: one on each node of its accelerators. Null where the nodes have
 * too few NICs and the locality wants the NICs there.
 */
export function distributionOptions(
  space: Space,
  byNode: readonly NodeCandidates[],
  policy: LocalityPolicy,
): (distribution: Distribution) => DistributionOption | null {
  const hasNics = policy.nicsOnCellNodes ? enoughNics(space) : () => true;
  const { distance } = space.inventory.relations;
  return (current) => {
    const distribution = [...current];
    const cellNodes = byNode
      .flatMap(({ node }, s) => (at(distribution, s) === 0 ? [] : [node]))
      .toSorted((a, b) => a - b);
    if (!hasNics(cellNodes)) return null;
    const deviceNodes = cellNodes.map((node) =>
      byNode.flatMap((entry, s) =>
        entry.node === node ? entry.members.slice(0, at(distribution, s)).map(() => node) : [],
      ),
    );
    return {
      distribution,
      cellNodes,
      deviceNodes,
      nodeDistanceSum: nodeDistanceSumOf(cellNodes, distance),
    };
  };
}

/** The sum of the distances of all pairs of nodes, each pair once. */
export function nodeDistanceSumOf(
  nodes: readonly number[],
  distance: (a: number, b: number) => number,
): number {
  let sum = 0;
  for (const [i, a] of nodes.entries()) {
    for (const b of nodes.slice(i + 1)) sum += distance(a, b);
  }
  return sum;
}

/** Whether nodes have as many free NICs as the request wants. */
function enoughNics({ request, nics }: Space): (cellNodes: readonly number[]) => boolean {
  const wanted = request.nics.count;
  if (wanted === 0) return () => true;
  const on: Tally<number> = new Map();
  for (const { node } of nics) countOne(on, node);
  return (cellNodes) => sumOf(cellNodes, (cellNode) => countOf(on, cellNode)) >= wanted;
}
