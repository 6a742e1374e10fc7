import { at } from "../../unit/list.ts";
import { read, write } from "../../unit/vector.ts";

/**
 * Color refinement: splits the vertices of a graph into cells by invariants, which no renaming of
 * vertices changes. Two vertices that an automorphism maps onto each other always stay in one cell;
 * the reverse does not hold, which is why `canonical-form.ts` searches.
 *
 * The cells are ordered, and every choice (which cell splits another, how its fragments are
 * ordered) depends only on positions, sizes and edge codes. So isomorphic graphs are split in the
 * same steps, and the traces of the steps can be compared between branches.
 */

/**
 * A directed graph: at `from * size + to` the label of the edge as a positive number, 0 for none.
 */
export interface EdgeMatrix {
  readonly size: number;
  readonly labels: Int32Array;
}

/**
 * For every ordered pair, a hash of its edges in both directions: sums of hashes seldom collide.
 */
export type PairCodes = EdgeMatrix;

/** The pair codes of a graph. */
export function pairCodes({ size, labels }: EdgeMatrix): PairCodes {
  const codes = new Int32Array(size * size);
  for (let from = 0; from < size; from++) {
    for (let to = 0; to < size; to++) {
      const outgoing = read(labels, from * size + to);
      const incoming = read(labels, to * size + from);
      write(codes, from * size + to, scrambled(scrambled(outgoing) + incoming));
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
  /** For each vertex, the start of its cell. */
  readonly cellOf: Int32Array;
  /** For each start of a cell, its length; elsewhere meaningless. */
  readonly length: Int32Array;
  /** How many cells there are. */
  cells: number;
}

/** The partition of vertices by ascending color, and the starts of its cells. */
export function partitionByColor(colors: readonly number[]): Partition {
  const size = colors.length;
  const color = (vertex: number): number => at(colors, vertex);
  const vertices = Int32Array.from(colors.keys()).sort((a, b) => color(a) - color(b) || a - b);
  const partition = {
    vertices,
    cellOf: new Int32Array(size),
    length: new Int32Array(size),
    cells: 0,
  };
  let start = 0;
  for (const [position, vertex] of vertices.entries()) {
    if (position === 0 || color(vertex) !== color(read(vertices, position - 1))) {
      start = position;
      partition.cells++;
    }
    write(partition.cellOf, vertex, start);
    write(partition.length, start, position - start + 1);
  }
  return partition;
}

/** A copy that can be refined by itself. */
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
  for (let start = 0; start < vertices.length; start += read(length, start)) starts.push(start);
  return starts;
}

/**
 * Gives one vertex a cell of its own, before the rest of its cell; returns the new cell's start.
 */
export function individualize(partition: Partition, vertex: number): number {
  const { vertices, cellOf, length } = partition;
  const start = read(cellOf, vertex);
  const size = read(length, start);
  write(vertices, vertices.indexOf(vertex, start), read(vertices, start));
  write(vertices, start, vertex);
  for (let i = start + 1; i < start + size; i++) write(cellOf, read(vertices, i), start + 1);
  write(length, start, 1);
  if (size > 1) {
    write(length, start + 1, size - 1);
    partition.cells++;
  }
  return start;
}

/**
 * Refines a partition in place until neither the given splitters nor any new cell splits a cell;
 * returns the trace. A vertex is weighed against a splitter by the sum of its pair codes: different
 * sums mean different edges, while a collision only leaves a cell whole, for the search to split.
 * At most O(n² log n) in all.
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
    const splitter = at(queue, next);
    queued.delete(splitter);
    const members = partition.vertices.slice(splitter, endOf(partition, splitter));
    for (let start = 0; start < size;) {
      const length = read(partition.length, start);
      if (length > 1 && weigh(codes, size, partition, start, members, weights)) {
        const fragments = split(partition, start, weights, trace);
        enqueue(fragments, partition, queue, queued);
      }
      start += length;
    }
  }
  return trace;
}

/** The start of the cell after the one that starts here. */
function endOf({ length }: Partition, start: number): number {
  return start + read(length, start);
}

/** Weighs the vertices of a cell against a splitter; true when their weights differ. */
function weigh(
  codes: Int32Array,
  size: number,
  partition: Partition,
  start: number,
  members: Int32Array,
  weights: Int32Array,
): boolean {
  const end = endOf(partition, start);
  let differ = false;
  let first = 0;
  for (let i = start; i < end; i++) {
    const vertex = read(partition.vertices, i);
    let weight = 0;
    for (const member of members) weight = (weight + read(codes, vertex * size + member)) | 0;
    write(weights, vertex, weight);
    if (i === start) first = weight;
    else if (weight !== first) differ = true;
  }
  return differ;
}

/** Splits a cell by ascending weight; returns the starts of the fragments. */
function split(
  partition: Partition,
  start: number,
  weights: Int32Array,
  trace: number[],
): number[] {
  const { vertices, cellOf, length } = partition;
  const end = endOf(partition, start);
  const weightAt = (i: number): number => read(weights, read(vertices, i));
  vertices.subarray(start, end).sort((a, b) => read(weights, a) - read(weights, b) || a - b);
  const fragments: number[] = [];
  let fragment = start;
  for (let i = start; i < end; i++) {
    if (i === start || weightAt(i) !== weightAt(i - 1)) {
      fragment = i;
      fragments.push(i);
      trace.push(i, weightAt(i));
    }
    write(cellOf, read(vertices, i), fragment);
    write(length, fragment, i - fragment + 1);
  }
  partition.cells += fragments.length - 1;
  return fragments;
}

/**
 * Queues the fragments of a cell as splitters. Where the whole cell has been a splitter already,
 * the first of the largest fragments adds nothing to the others (Hopcroft), and is left out.
 */
function enqueue(
  fragments: readonly number[],
  { length }: Partition,
  queue: number[],
  queued: Set<number>,
): void {
  const whole = at(fragments, 0);
  const sizeOf = (start: number): number => read(length, start);
  const spared = queued.has(whole)
    ? whole
    : fragments.reduce((a, b) => (sizeOf(b) > sizeOf(a) ? b : a));
  for (const start of fragments) {
    if (start === spared || queued.has(start)) continue;
    queue.push(start);
    queued.add(start);
  }
}
