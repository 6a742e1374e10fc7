import { at } from "../../../unit/list.ts";
import type { Device } from "../../inventory/devices.ts";

/** The candidates that lie on one node; a refusal also counts those of unknown node. */
export interface NodeCandidates<Node extends number | null = number> {
  readonly node: Node;
  /** Their positions among all candidates, ascending. */
  readonly members: readonly number[];
}

/** All nodes, in the order of their first members. */
export function candidatesByNode<Node extends number | null>(
  candidates: readonly (Device & { readonly node: Node })[],
): readonly NodeCandidates<Node>[] {
  const byNode = new Map<Node, number[]>();
  for (const [i, { node }] of candidates.entries()) {
    const members = byNode.get(node);
    if (members === undefined) byNode.set(node, [i]);
    else members.push(i);
  }
  return [...byNode].map(([node, members]) => ({ node, members }));
}

/** For each candidate, the position of its node in `byNode`. */
export function nodeOfEachCandidate(
  byNode: readonly NodeCandidates<number | null>[],
  candidates: number,
): readonly number[] {
  const nodeIndexOf = Array.from({ length: candidates }, () => 0);
  for (const [s, { members }] of byNode.entries()) for (const i of members) nodeIndexOf[i] = s;
  return nodeIndexOf;
}

/**
 * Whether some accelerator of one node is connected with some of another; for a node and itself,
 * whether two of its own are connected.
 */
export type ConnectedNodes = (s: number, t: number) => boolean;

/** Tabulates which nodes have connected candidates. */
export function connectedNodes(
  byNode: readonly NodeCandidates<number | null>[],
  connected: (a: number, b: number) => boolean,
): ConnectedNodes {
  const table = byNode.map(({ members }) =>
    byNode.map((other) =>
      members.some((a) => other.members.some((b) => a !== b && connected(a, b))),
    ),
  );
  return (s, t) => at(at(table, s), t);
}
