import type { NodeSpace } from "../space/space.ts";

/** How much of something cells need from their own nodes. */
export interface OwnNeed {
  readonly total: number;
  readonly has: (node: NodeSpace) => number;
}

/**
 * Which nodes can be a cell where a request is split evenly over `count` of them, and at which
 * place of the set. Every cell needs as much, and the first ones one more of what does not divide;
 * so what a node must hold depends on its place alone, and the later the less. For each node, by
 * position, the first place at which it holds its part; `count` where it never does.
 *
 * Nobody need look at sets of nodes to know this: a set holds an even split when each of its nodes
 * is at its first place or later.
 *
 * @param own what a cell must have from its own node; what may stray is none of it.
 */
export function firstPlaces(
  nodes: readonly NodeSpace[],
  count: number,
  own: readonly OwnNeed[],
): Int32Array {
  const first = new Int32Array(nodes.length);
  for (const { total, has } of own) {
    const [share, rest] = [Math.floor(total / count), total % count];
    for (const [i, node] of nodes.entries()) {
      const amount = has(node);
      const place = amount < share ? count : amount === share ? rest : 0;
      if (place > (first[i] ?? 0)) first[i] = place;
    }
  }
  return first;
}

/** Whether every node of a set, in the set's order, is at its first place or later. */
export function isInPlace(set: Int32Array, firstPlace: Int32Array): boolean {
  return set.every((node, place) => (firstPlace[node] ?? 0) <= place);
}

/**
 * For each place the last node that can take it so that all later places can still be filled. As a
 * later place asks for no more, taking the last node that will do for each, from the end on, leaves
 * the most to choose from; -1 where the place cannot be filled.
 */
export function lastForPlace(firstPlace: Int32Array, count: number): Int32Array {
  const last = new Int32Array(count).fill(-1);
  let node = firstPlace.length;
  for (let place = count - 1; place >= 0; place--) {
    node--;
    while (node >= 0 && (firstPlace[node] ?? 0) > place) node--;
    if (node < 0) break;
    last[place] = node;
  }
  return last;
}
