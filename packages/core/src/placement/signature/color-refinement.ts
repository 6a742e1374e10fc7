/**
 * Color refinement: splits the vertices of a graph into cells by what tells them apart, counting
 * only what no renaming of vertices changes. Two vertices that an automorphism maps onto each other
 * always stay in one cell; the reverse does not hold, which is why `canonical-form.ts` searches.
 *
 * The cells are ordered, and every choice (which cell splits another, how its fragments are
 * ordered) depends on positions, sizes and edge codes alone. So graphs that differ only in names
 * are split alike, step by step, and the trace of the steps can be compared between branches.
 */

/**
 * A directed graph: at `from * size + to` the label of the edge as a positive number, 0 for none.
 */
export interface EdgeMatrix {
  readonly size: number;
  readonly labels: Int32Array;
}

/**
 * Of every ordered pair, a number for the edges in both directions, well scrambled: sums of such
 * numbers seldom agree by accident.
 */
export type PairCodes = EdgeMatrix;

export function pairCodes({ size, labels }: EdgeMatrix): PairCodes {
  const codes = new Int32Array(size * size);
  for (let from = 0; from < size; from++) {
    for (let to = 0; to < size; to++) {
      const outgoing = labels[from * size + to] ?? 0;
      const incoming = labels[to * size + from] ?? 0;
      codes[from * size + to] = scrambled(scrambled(outgoing) + incoming);
    }
  }
  return { size, labels: codes };
}

/** A fixed bijection of 32-bit numbers, the finalizer of MurmurHash3. */
function scrambled(number: number): number {
  let x = (number + 0x9e3779b9) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}

/**
 * An ordered partition; a cell is a run of `vertices` and is known by the position of its start.
 */
export interface Partition {
  readonly vertices: Int32Array;
  /** Of each vertex, the start of its cell. */
  readonly cellOf: Int32Array;
  /** Of each start of a cell, its length; elsewhere meaningless. */
  readonly length: Int32Array;
  /** How many cells there are. */
  cells: number;
}

/** The partition of vertices by ascending color, and the starts of its cells. */
export function partitionByColor(colors: readonly number[]): Partition {
  const size = colors.length;
  const color = (vertex: number): number => colors[vertex] ?? 0;
  const vertices = Int32Array.from(colors.keys()).sort((a, b) => color(a) - color(b) || a - b);
  const partition = {
    vertices,
    cellOf: new Int32Array(size),
    length: new Int32Array(size),
    cells: 0,
  };
  let start = 0;
  for (const [position, vertex] of vertices.entries()) {
    if (position === 0 || color(vertex) !== color(vertices[position - 1] ?? 0)) {
      start = position;
      partition.cells++;
    }
    partition.cellOf[vertex] = start;
    partition.length[start] = position - start + 1;
  }
  return partition;
}

export function copyOf(partition: Partition): Partition {
  return {
    vertices: partition.vertices.slice(),
    cellOf: partition.cellOf.slice(),
    length: partition.length.slice(),
    cells: partition.cells,
  };
}

/** The starts of the cells, ascending. */
export function cellStarts({ vertices, length }: Partition): number[] {
  const starts: number[] = [];
  for (let at = 0; at < vertices.length; at += length[at] ?? 1) starts.push(at);
  return starts;
}

/** Gives one vertex of a cell a cell of its own, before the others; the start of the new cell. */
export function individualize(partition: Partition, vertex: number): number {
  const { vertices, cellOf, length } = partition;
  const start = cellOf[vertex] ?? 0;
  const size = length[start] ?? 1;
  const from = vertices.indexOf(vertex, start);
  vertices[from] = vertices[start] ?? 0;
  vertices[start] = vertex;
  for (let at = start + 1; at < start + size; at++) cellOf[vertices[at] ?? 0] = start + 1;
  length[start] = 1;
  if (size > 1) {
    length[start + 1] = size - 1;
    partition.cells++;
  }
  return start;
}

/**
 * Splits cells until no cell of `splitters`, nor any that comes of splitting, tells two vertices of
 * one cell apart. Changes the partition; gives the trace. Each vertex is weighed against a splitter
 * by the sum of its pair codes: different sums mean different edges, while equal sums by accident
 * merely leave a cell whole, to be split by the search. At most O(n² log n) in all.
 */
export function refine(
  { size, labels: codes }: PairCodes,
  partition: Partition,
  splitters: readonly number[],
): number[] {
  const trace: number[] = [];
  const queue = [...splitters];
  const queued = new Set(queue);
  const weights = new Int32Array(size);
  for (let next = 0; next < queue.length && partition.cells < size; next++) {
    const splitter = queue[next] ?? 0;
    queued.delete(splitter);
    const members = partition.vertices.slice(
      splitter,
      splitter + (partition.length[splitter] ?? 1),
    );
    for (let start = 0; start < size;) {
      const length = partition.length[start] ?? 1;
      if (length > 1 && weigh(codes, size, partition, start, members, weights)) {
        const fragments = split(partition, start, weights, trace);
        enqueue(fragments, partition, queue, queued);
      }
      start += length;
    }
  }
  return trace;
}

/** Weighs the vertices of a cell against the splitter; true when their weights differ. */
function weigh(
  codes: Int32Array,
  size: number,
  partition: Partition,
  start: number,
  members: Int32Array,
  weights: Int32Array,
): boolean {
  const end = start + (partition.length[start] ?? 1);
  let differ = false;
  let first = 0;
  for (let at = start; at < end; at++) {
    const vertex = partition.vertices[at] ?? 0;
    let weight = 0;
    for (const member of members) weight = (weight + (codes[vertex * size + member] ?? 0)) | 0;
    weights[vertex] = weight;
    if (at === start) first = weight;
    else if (weight !== first) differ = true;
  }
  return differ;
}

/** Splits a cell by ascending weight; the starts of the fragments. */
function split(
  partition: Partition,
  start: number,
  weights: Int32Array,
  trace: number[],
): number[] {
  const { vertices, cellOf, length } = partition;
  const end = start + (length[start] ?? 1);
  const weightAt = (at: number): number => weights[vertices[at] ?? 0] ?? 0;
  vertices.subarray(start, end).sort((a, b) => (weights[a] ?? 0) - (weights[b] ?? 0) || a - b);
  const fragments: number[] = [];
  let fragment = start;
  for (let at = start; at < end; at++) {
    if (at === start || weightAt(at) !== weightAt(at - 1)) {
      fragment = at;
      fragments.push(at);
      trace.push(at, weightAt(at));
    }
    cellOf[vertices[at] ?? 0] = fragment;
    length[fragment] = at - fragment + 1;
  }
  partition.cells += fragments.length - 1;
  return fragments;
}

/**
 * Puts the fragments of a cell on the queue. Where the whole cell has been weighed against already,
 * one of them, the first of the largest, tells nothing more than the others together (Hopcroft).
 */
function enqueue(
  fragments: readonly number[],
  { length }: Partition,
  queue: number[],
  queued: Set<number>,
): void {
  const [whole = 0] = fragments;
  const sizeOf = (start: number): number => length[start] ?? 1;
  const spared = queued.has(whole)
    ? whole
    : fragments.reduce((a, b) => (sizeOf(b) > sizeOf(a) ? b : a));
  for (const start of fragments) {
    if (start === spared || queued.has(start)) continue;
    queue.push(start);
    queued.add(start);
  }
}
