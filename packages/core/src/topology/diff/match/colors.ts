import type { DeviceGraph, Vertex } from "./graph.ts";

/** How far around a vertex its neighborhood is compared; the deepest trees of switches have six. */
const ROUNDS = 8;

/**
 * Color refinement (1-dimensional Weisfeiler and Leman) of two graphs together: a vertex's color
 * of round r is equal to another's, in either graph, exactly if their traits and neighborhoods up
 * to r steps are alike as far as refinement can tell. By round, then by vertex. Each round costs
 * the edges, sorted by vertex.
 */
export function colorsOf(
  a: DeviceGraph,
  b: DeviceGraph,
  traitsOf: (vertex: Vertex) => string,
): readonly (readonly Colors[])[] {
  const names = new Map<string, number>();
  const numbered = (text: string): number => {
    const known = names.get(text);
    if (known !== undefined) return known;
    names.set(text, names.size);
    return names.size - 1;
  };
  const start = [a, b].map(({ vertices }) => vertices.map((one) => numbered(traitsOf(one))));
  const rounds = [start];
  for (let round = 1; round <= ROUNDS; round++) {
    const last = rounds.at(-1) ?? [];
    rounds.push(
      [a, b].map(({ edges }, side) =>
        edges.map((own, i) => {
          const around = own.map(({ to, label }) => `${label} ${last[side]?.[to]}`).toSorted();
          return numbered(`${last[side]?.[i]}|${around.join("|")}`);
        }),
      ),
    );
  }
  return rounds;
}

/** The colors of one graph's vertices. */
type Colors = readonly number[];
