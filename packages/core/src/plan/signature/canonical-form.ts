import { at, valueOf } from "../../unit/list.ts";
import { read, write } from "../../unit/vector.ts";
import {
  cellStarts,
  copyOf,
  type EdgeMatrix,
  individualize,
  pairCodes,
  type Partition,
  partitionByColor,
  refine,
} from "./color-refinement.ts";
import { mapping, orbitsFixing } from "./orbits.ts";

/**
 * The canonical form of a labeled graph by individualization-refinement (McKay, Practical Graph
 * Isomorphism, 1981): a text that two graphs share exactly when one becomes the other by renaming
 * its vertices.
 *
 * It is right by construction. The text lists all labels and edges in some order of the vertices,
 * so equal texts mean isomorphic graphs. The order is the least of those that a search tree offers,
 * and both the tree and the comparison depend only on labels and edges, so isomorphic graphs have
 * the same least order.
 *
 * Color refinement splits the vertices into ordered cells. While some cell has several vertices,
 * each of them in turn is individualized, and refinement goes on, until every cell is a single
 * vertex: a leaf, which is an order. Leaves are compared first by their refinement traces from the
 * root, then by the edges in their order. Two rules keep the tree small without changing the least
 * leaf:
 *
 * - a branch whose trace is already greater than the best leaf's is pruned;
 * - two leaves with equal edges give an automorphism. An automorphism that fixes the choices above
 *   a node maps that node's branches onto each other, so one branch of each orbit is enough, and a
 *   branch found to mirror an explored one is left at once.
 *
 * Where many vertices are interchangeable (16 equal GPUs with equal links, 8 equal cells of 2 GPUs
 * each), every new leaf merges orbits. So there are fewer leaves than vertices, and the cost is
 * polynomial: about n³ steps. Regular graphs made to defeat refinement cost more, but stay correct.
 */
export function canonicalForm(graph: LabeledGraph): CanonicalForm {
  const colors = ranked(graph.vertices);
  const labels = ranked(graph.edges.map(({ label }) => label));
  const matrix = edgeMatrix(graph, labels.ranks);
  const order = canonicalOrder(matrix, partitionByColor(colors.ranks));
  const vertices = [...order].map((vertex) => at(colors.ranks, vertex));
  const edges = reordered(matrix, order).join(",");
  return {
    form: JSON.stringify([colors.texts, vertices, labels.texts, edges]),
    order: [...order],
  };
}

export interface LabeledGraph {
  /** The label of each vertex. */
  readonly vertices: readonly string[];
  /** At most one for each ordered pair; an undirected edge is two. */
  readonly edges: readonly LabeledEdge[];
}

export interface LabeledEdge {
  /** Positions in `vertices`. */
  readonly from: number;
  readonly to: number;
  readonly label: string;
}

export interface CanonicalForm {
  readonly form: string;
  /** The graph's vertices in canonical order: isomorphic graphs correspond position by position. */
  readonly order: readonly number[];
}

/** The distinct texts in code-unit order, and the rank of each given text among them. */
function ranked(texts: readonly string[]): { texts: readonly string[]; ranks: readonly number[] } {
  const distinct = [...new Set(texts)].toSorted((a, b) => (a < b ? -1 : 1));
  const rankOf = new Map(distinct.map((text, rank) => [text, rank]));
  return { texts: distinct, ranks: texts.map((text) => valueOf(rankOf, text)) };
}

/** The edge matrix: the rank of each edge's label plus one, 0 where there is no edge. */
function edgeMatrix({ vertices, edges }: LabeledGraph, labels: readonly number[]): EdgeMatrix {
  const size = vertices.length;
  const matrix = new Int32Array(size * size);
  for (const [i, { from, to }] of edges.entries())
    write(matrix, from * size + to, at(labels, i) + 1);
  return { size, labels: matrix };
}

/** The matrix's rows in a given order of its vertices. */
function reordered({ size, labels }: EdgeMatrix, order: Int32Array): Int32Array {
  const edges = new Int32Array(size * size);
  let place = 0;
  for (const from of order) {
    for (const to of order) write(edges, place++, read(labels, from * size + to));
  }
  return edges;
}

interface Leaf {
  readonly order: Int32Array;
  /** The vertices individualized on the way here, and the trace that followed each. */
  readonly path: readonly number[];
  readonly traces: readonly (readonly number[])[];
  readonly edges: Int32Array;
}

function canonicalOrder(matrix: EdgeMatrix, root: Partition): Int32Array {
  const codes = pairCodes(matrix);
  const automorphisms: Int32Array[] = [];
  const path: number[] = [];
  const traces: (readonly number[])[] = [];
  const found: { first: Leaf | null; best: Leaf | null } = { first: null, best: null };

  /** Handles a leaf; returns the depth of the node to continue at. */
  const arrive = (order: Int32Array, ahead: boolean): number => {
    const edges = reordered(matrix, order);
    const leaf: Leaf = { order, path: [...path], traces: [...traces], edges };
    const { first, best } = found;
    if (first === null || best === null) {
      found.first = leaf;
      found.best = leaf;
      return path.length - 1;
    }
    const against = ahead ? -1 : compare(edges, best.edges);
    if (against < 0) found.best = leaf;
    const mirrored = [best, first].find((other) => compare(edges, other.edges) === 0);
    if (mirrored === undefined) return path.length - 1;
    automorphisms.push(mapping(mirrored.order, order));
    return path.findIndex((vertex, depth) => vertex !== mirrored.path[depth]);
  };

  /**
   * Explores below the choices in `path`; `ahead` when their traces are less than the best leaf's.
   */
  const explore = (partition: Partition, isAhead: boolean): number => {
    if (partition.cells === matrix.size) return arrive(partition.vertices, isAhead);
    let ahead = isAhead;
    const depth = path.length;
    const orbits = orbitsFixing(path, matrix.size, automorphisms);
    const explored: number[] = [];
    for (const vertex of smallestCell(partition)) {
      if (explored.some((other) => orbits.joins(vertex, other))) continue;
      explored.push(vertex);
      const branch = copyOf(partition);
      const trace = refine(codes, branch, [individualize(branch, vertex)]);
      const { best } = found;
      const against = best === null || ahead ? -1 : compare(trace, at(best.traces, depth));
      if (against > 0) continue;
      path.push(vertex);
      traces.push(trace);
      const resume = explore(branch, against < 0);
      path.pop();
      traces.pop();
      // The best leaf is now one below this node, or one whose traces so far equal this node's.
      ahead = false;
      if (resume < depth) return resume;
    }
    return depth - 1;
  };

  refine(codes, root, cellStarts(root));
  explore(root, false);
  return found.best?.order ?? root.vertices;
}

/** The vertices of the first of the smallest cells that have several. */
function smallestCell(partition: Partition): Int32Array {
  const sizeOf = (start: number): number => read(partition.length, start);
  const start = cellStarts(partition)
    .filter((candidate) => sizeOf(candidate) > 1)
    .reduce((a, b) => (sizeOf(b) < sizeOf(a) ? b : a));
  return partition.vertices.slice(start, start + sizeOf(start));
}

/** The lexicographic order of sequences of numbers; a beginning comes before the whole. */
function compare(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = at(a, i) - at(b, i);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
