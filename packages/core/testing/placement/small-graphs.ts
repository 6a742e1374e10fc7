import { at } from "../../src/unit/list.ts";
import type { LabeledGraph } from "../../src/plan/signature/canonical-form.ts";

/** All permutations of the numbers below n, by inserting the greatest at every place. */
export function permutations(n: number): readonly (readonly number[])[] {
  if (n === 0) return [[]];
  return permutations(n - 1).flatMap((shorter) =>
    Array.from({ length: n }, (_, place) => shorter.toSpliced(place, 0, n - 1)),
  );
}

/** A Fisher-Yates shuffle of the numbers below n, decided by the choices. */
export function shuffled(n: number, choices: Iterator<number>): number[] {
  const order = [...Array(n).keys()];
  for (let last = n - 1; last > 0; last--) {
    const chosen = Number(choices.next().value) % (last + 1);
    [order[last], order[chosen]] = [at(order, chosen), at(order, last)];
  }
  return order;
}

/** The graph with each vertex at the position that `names` gives it, and its edges reversed. */
export function renamed({ vertices, edges }: LabeledGraph, names: readonly number[]): LabeledGraph {
  const name = (vertex: number): number => at(names, vertex);
  return {
    vertices: vertices.map((_, place) => at(vertices, names.indexOf(place))),
    edges: edges
      .map(({ from, to, label }) => ({ from: name(from), to: name(to), label }))
      .toReversed(),
  };
}

/**
 * Whether two graphs are isomorphic, by trying all permutations: the definition, for few vertices.
 */
export function isomorphic(a: LabeledGraph, b: LabeledGraph): boolean {
  if (a.vertices.length !== b.vertices.length || a.edges.length !== b.edges.length) return false;
  const edge = (from: number, to: number, label: string): string => `${from} ${to} ${label}`;
  const edgesOfB = new Set(b.edges.map(({ from, to, label }) => edge(from, to, label)));
  return permutations(a.vertices.length).some(
    (image) =>
      a.vertices.every((label, vertex) => label === at(b.vertices, at(image, vertex))) &&
      a.edges.every(({ from, to, label }) =>
        edgesOfB.has(edge(at(image, from), at(image, to), label)),
      ),
  );
}
