import { invariant } from "../invariant.ts";

/**
 * Numbers by position. Every access is checked: a position outside throws, where a typed array
 * would read `undefined` and drop a write.
 *
 * Nearly all are `Float64Array`, so that V8 compiles one access for all of them.
 */
export type Vector = Float64Array;

/** Typed arrays with checked access: vectors, counts and positions. */
type Numbers = Vector | Uint16Array | Int32Array;

/** A vector of one value. */
export function vectorOf(length: number, value = 0): Vector {
  const vector = new Float64Array(length);
  return value === 0 ? vector : vector.fill(value);
}

/** The number at a position. */
export function read(vector: Numbers, index: number): number {
  const value = vector[index];
  if (value === undefined) return outside(index, vector.length);
  return value;
}

/** Sets the number at a position. */
export function write(vector: Numbers, index: number, value: number): void {
  if (vector[index] === undefined) outside(index, vector.length);
  vector[index] = value;
}

/** Adds to the number at a position. */
export function add(vector: Numbers, index: number, more: number): void {
  write(vector, index, read(vector, index) + more);
}

function outside(index: number, length: number): never {
  invariant(false, `position ${index} is in a vector of ${length}`);
}
