import type { LabeledGraph } from "../signature/canonical-form.ts";

/** All orders of the numbers below n, by inserting the greatest at every place. */
export function permutations(n: number): readonly (readonly number[])[] {
  if (n === 0) return [[]];
  return permutations(n - 1).flatMap((shorter) =>
    Array.from({ length: n }, (_, at) => shorter.toSpliced(at, 0, n - 1)),
  );
}

/** The numbers below n in an order that the choices decide (Fisher and Yates). */
export function shuffled(n: number, choices: Iterator<number>): number[] {
  const order = [...Array(n).keys()];
  for (let last = n - 1; last > 0; last--) {
    const chosen = Number(choices.next().value) % (last + 1);
    [order[last], order[chosen]] = [order[chosen] ?? 0, order[last] ?? 0];
  }
  return order;
}

/**
 * The same graph with each vertex at the position that `names` gives it, and its edges turned
 * round.
 */
export function renamed({ vertices, edges }: LabeledGraph, names: readonly number[]): LabeledGraph {
  const name = (vertex: number): number => names[vertex] ?? 0;
  return {
    vertices: vertices.map((_, at) => vertices[names.indexOf(at)] ?? ""),
    edges: edges
      .map(({ from, to, label }) => ({ from: name(from), to: name(to), label }))
      .toReversed(),
  };
}

/**
 * Whether some renaming makes two graphs equal, by trying them all: the definition, for few
 * vertices.
 */
export function isomorphic(a: LabeledGraph, b: LabeledGraph): boolean {
  if (a.vertices.length !== b.vertices.length || a.edges.length !== b.edges.length) return false;
  const edge = (from: number, to: number, label: string): string => `${from} ${to} ${label}`;
  const edgesOfB = new Set(b.edges.map(({ from, to, label }) => edge(from, to, label)));
  return permutations(a.vertices.length).some(
    (image) =>
      a.vertices.every((label, vertex) => label === b.vertices[image[vertex] ?? 0]) &&
      a.edges.every(({ from, to, label }) =>
        edgesOfB.has(edge(image[from] ?? 0, image[to] ?? 0, label)),
      ),
  );
}
