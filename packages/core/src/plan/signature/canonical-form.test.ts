import * as fc from "fast-check";
import { expect, test } from "vitest";
import { at } from "../../unit/list.ts";
import { canonicalForm, type LabeledGraph } from "./canonical-form.ts";
import {
  isomorphic,
  permutations,
  renamed,
  shuffled,
} from "../../../testing/placement/small-graphs.ts";

/** The graph of the given undirected edges. */
function undirected(size: number, pairs: readonly (readonly [number, number])[]): LabeledGraph {
  return {
    vertices: Array.from({ length: size }, () => ""),
    edges: pairs.flatMap(([a, b]) => [
      { from: a, to: b, label: "" },
      { from: b, to: a, label: "" },
    ]),
  };
}

const pairsOf = (size: number): (readonly [number, number])[] =>
  [...Array(size).keys()].flatMap((a) => [...Array(a).keys()].map((b) => [b, a] as const));

/** Every subset of the given edges, as a graph. */
function* allGraphs(
  size: number,
  edges: readonly LabeledGraph["edges"][],
): Generator<LabeledGraph> {
  const vertices = Array.from({ length: size }, () => "");
  for (let subset = 0; subset < 2 ** edges.length; subset++) {
    yield { vertices, edges: edges.filter((_, i) => (subset >>> i) & 1).flat() };
  }
}

function countForms(graphs: Iterable<LabeledGraph>): number {
  const forms = new Set<string>();
  for (const graph of graphs) forms.add(canonicalForm(graph).form);
  return forms.size;
}

// The numbers of graphs and of directed graphs on n unlabeled vertices: OEIS A000088, A000273.
test.each([1, 2, 4, 11, 34, 156])("all graphs fall into as many classes as there are: %i", (n) => {
  const size = [1, 2, 4, 11, 34, 156].indexOf(n) + 1;
  const edges = pairsOf(size).map((pair) => undirected(size, [pair]).edges);
  expect(countForms(allGraphs(size, edges))).toBe(n);
});

test.each([1, 3, 16, 218])(
  "all directed graphs fall into as many classes as there are: %i",
  (n) => {
    const size = [1, 3, 16, 218].indexOf(n) + 1;
    const edges = pairsOf(size).flatMap(([a, b]) => [
      [{ from: a, to: b, label: "" }],
      [{ from: b, to: a, label: "" }],
    ]);
    expect(countForms(allGraphs(size, edges))).toBe(n);
  },
);

/** Few labels, so that graphs are often isomorphic without being equal. */
const smallGraph = (sizeMax: number): fc.Arbitrary<LabeledGraph> =>
  fc.integer({ min: 1, max: sizeMax }).chain((size) =>
    fc.record({
      vertices: fc.array(fc.constantFrom("x", "y"), { minLength: size, maxLength: size }),
      edges: fc
        .array(fc.constantFrom("", "", "p", "q"), {
          minLength: size * size,
          maxLength: size * size,
        })
        .map((labels) =>
          labels.flatMap((label, place) => {
            const [from, to] = [Math.floor(place / size), place % size];
            return label === "" || from === to ? [] : [{ from, to, label }];
          }),
        ),
    }),
  );

test("two small graphs have one form exactly when a renaming makes them equal", () => {
  let isomorphisms = 0;
  fc.assert(
    fc.property(fc.array(smallGraph(4), { minLength: 60, maxLength: 60 }), (graphs) => {
      const forms = graphs.map((graph) => canonicalForm(graph).form);
      for (const [i, a] of graphs.entries()) {
        for (const [j, b] of graphs.entries()) {
          if (i >= j) continue;
          const same = isomorphic(a, b);
          if (same) isomorphisms++;
          expect(forms[i] === forms[j]).toBe(same);
        }
      }
    }),
    { numRuns: 40 },
  );
  expect(isomorphisms).toBeGreaterThan(100);
});

test("renaming the vertices changes neither the form nor the canonical order", () => {
  fc.assert(
    fc.property(smallGraph(10), fc.infiniteStream(fc.nat()), (graph, choices) => {
      const names = shuffled(graph.vertices.length, choices);
      const other = renamed(graph, names);
      const [a, b] = [canonicalForm(graph), canonicalForm(other)];
      expect(b.form).toBe(a.form);
      const inOrder = ({ order }: typeof a, of: LabeledGraph): unknown => {
        const place = (vertex: number): number => order.indexOf(vertex);
        const edges = of.edges.map(({ from, to, label }) => [place(from), place(to), label].join());
        return [order.map((vertex) => of.vertices[vertex]), edges.toSorted()];
      };
      expect(inOrder(b, other)).toEqual(inOrder(a, graph));
    }),
    { numRuns: 3000 },
  );
});

const cycle = (...vertices: number[]): (readonly [number, number])[] =>
  vertices.map((vertex, i) => [vertex, at(vertices, (i + 1) % vertices.length)] as const);

/** The 16 squares of a 4 by 4 board; `adjacent` decides by their difference which are joined. */
function board(adjacent: (rows: number, columns: number) => boolean): LabeledGraph {
  const pairs = pairsOf(16).filter(([a, b]) =>
    adjacent((4 + Math.floor(a / 4) - Math.floor(b / 4)) % 4, (4 + (a % 4) - (b % 4)) % 4),
  );
  return undirected(16, pairs);
}

/**
 * The triangular graph T(8), the pairs of 8 items joined where they share one, after Seidel
 * switching by a set of pairs. The three switchings are the Chang graphs; all four are strongly
 * regular with the parameters (28, 12, 6, 4).
 */
function switched(chosen: readonly (readonly [number, number])[]): LabeledGraph {
  const edges = pairsOf(8);
  const among = edges.map(([a, b]) => chosen.some(([x, y]) => x + y === a + b && x * y === a * b));
  const pairs = pairsOf(28).filter(([i, j]) => {
    const meet = edges[i]?.some((vertex) => edges[j]?.includes(vertex)) === true;
    return meet !== (among[i] !== among[j]);
  });
  return undirected(28, pairs);
}

// Pairs of graphs that color refinement alone cannot distinguish: all vertices look the same.
test.each<readonly [string, LabeledGraph, LabeledGraph]>([
  [
    "two triangles and a hexagon",
    undirected(6, [...cycle(0, 1, 2), ...cycle(3, 4, 5)]),
    undirected(6, cycle(0, 1, 2, 3, 4, 5)),
  ],
  [
    "the prism and the complete bipartite graph of 3 and 3",
    undirected(6, [...cycle(0, 1, 2), ...cycle(3, 4, 5), [0, 3], [1, 4], [2, 5]]),
    undirected(
      6,
      [0, 1, 2].flatMap((a) => [3, 4, 5].map((b) => [a, b] as const)),
    ),
  ],
  [
    "the Petersen graph and the pentagonal prism",
    undirected(10, [
      ...cycle(0, 1, 2, 3, 4),
      ...cycle(5, 7, 9, 6, 8),
      ...[0, 1, 2, 3, 4].map((i) => [i, i + 5] as const),
    ]),
    undirected(10, [
      ...cycle(0, 1, 2, 3, 4),
      ...cycle(5, 6, 7, 8, 9),
      ...[0, 1, 2, 3, 4].map((i) => [i, i + 5] as const),
    ]),
  ],
  [
    // Strongly regular with the same parameters (16, 6, 2, 2).
    "the rook's graph and the Shrikhande graph",
    board((rows, columns) => (rows === 0) !== (columns === 0)),
    board((rows, columns) => {
      return ["0 1", "0 3", "1 0", "3 0", "1 1", "3 3"].includes(`${rows} ${columns}`);
    }),
  ],
  ...[
    cycle(0, 1, 2, 3, 4, 5, 6, 7),
    [...cycle(0, 1, 2), ...cycle(3, 4, 5, 6, 7)],
    [
      [0, 1],
      [2, 3],
      [4, 5],
      [6, 7],
    ] as const,
  ].flatMap((chosen, i, all) =>
    [[], ...all.slice(0, i)].map(
      (other, j) =>
        [`Chang's graphs ${i + 1} and ${j}`, switched(chosen), switched(other)] as const,
    ),
  ),
])("%s have different forms, under any names", (_, a, b) => {
  expect(a.edges.length).toBe(b.edges.length);
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat()), (choices) => {
      const names = shuffled(a.vertices.length, choices);
      expect(canonicalForm(renamed(a, names)).form).toBe(canonicalForm(a).form);
      expect(canonicalForm(renamed(b, names)).form).toBe(canonicalForm(b).form);
      expect(canonicalForm(renamed(a, names)).form).not.toBe(canonicalForm(b).form);
    }),
    { numRuns: 20 },
  );
});

/** Circulant graphs: regular, with many symmetries, and often isomorphic. */
const rings = fc
  .array(
    fc.record({
      size: fc.integer({ min: 3, max: 6 }),
      steps: fc.uniqueArray(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
      label: fc.constantFrom("p", "q"),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts): LabeledGraph => {
    const vertices: string[] = [];
    const edges = parts.flatMap(({ size, steps, label }) => {
      const first = vertices.length;
      vertices.push(...Array.from({ length: size }, () => ""));
      return pairsOf(size)
        .filter(([a, b]) => steps.includes(b - a) || steps.includes(size - b + a))
        .flatMap(([a, b]) => [
          { from: first + a, to: first + b, label },
          { from: first + b, to: first + a, label },
        ]);
    });
    return { vertices, edges };
  });

test("renaming a circulant graph does not change its form", () => {
  fc.assert(
    fc.property(rings, fc.infiniteStream(fc.nat()), (graph, choices) => {
      const other = renamed(graph, shuffled(graph.vertices.length, choices));
      expect(canonicalForm(other).form).toBe(canonicalForm(graph).form);
    }),
    { numRuns: 3000 },
  );
});

test("labels are compared whole: no label can imitate the structure of a form", () => {
  const forms = [
    { vertices: ["a", "b"], edges: [] },
    { vertices: ["a,b"], edges: [] },
    { vertices: ['a","b'], edges: [] },
    { vertices: ["a", "b"], edges: [{ from: 0, to: 1, label: "" }] },
    { vertices: ["a", "b"], edges: [{ from: 1, to: 0, label: "" }] },
    { vertices: ["a", "b"], edges: [{ from: 1, to: 0, label: "0" }] },
    { vertices: [], edges: [] },
  ].map((graph) => canonicalForm(graph).form);
  expect(new Set(forms).size).toBe(forms.length);
});

/** Interchangeable cells, each on a node and with some devices, everything linked to everything. */
function equalCells(cells: number, devices: number): LabeledGraph {
  const vertices: string[] = [];
  const edges: { from: number; to: number; label: string }[] = [];
  const add = (label: string): number => vertices.push(label) - 1;
  const nodes = Array.from({ length: cells }, () => add("node"));
  const gpus = nodes.flatMap((node) => {
    const cell = add("cell");
    edges.push({ from: cell, to: node, label: "host" });
    return Array.from({ length: devices }, () => {
      const gpu = add("gpu");
      edges.push({ from: gpu, to: cell, label: "of" }, { from: gpu, to: node, label: "on" });
      return gpu;
    });
  });
  for (const from of nodes)
    for (const to of nodes) if (from !== to) edges.push({ from, to, label: "far" });
  for (const from of gpus)
    for (const to of gpus) if (from !== to) edges.push({ from, to, label: "NV18" });
  return { vertices, edges };
}

// Measured on one busy core: 0.3 ms, 0.5 ms and 30 ms. Without automorphisms the first alone would
// take 16! leaves, so even a generous limit notices.
// Without its pruning each takes longer than anybody would wait; usual times are a tenth of these.
test.each([
  [1, 16, 200],
  [8, 2, 200],
  [64, 1, 5000],
])("%i equal cells of %i devices take less than %i ms", (cells, devices, limitMs) => {
  const graph = equalCells(cells, devices);
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    canonicalForm(graph);
    return performance.now() - start;
  });
  expect(Math.min(...times)).toBeLessThan(limitMs);
});

test("the permutations of the tests are all permutations", () => {
  expect(permutations(4)).toHaveLength(24);
  expect(new Set(permutations(4).map(String)).size).toBe(24);
});
