import { invariant } from "../invariant.ts";

/**
 * Numbers by position, whose every access is checked: a position outside throws, where a typed array
 * would read `undefined` and forget what is written.
 *
 * All are `Float64Array`, so that the engine compiles one access for all of them.
 */
export type Vector = Float64Array;

export function vectorOf(length: number, value = 0): Vector {
  return new Float64Array(length).fill(value);
}

export function read(vector: Vector, index: number): number {
  const value = vector[index];
  if (value === undefined) return outside(index, vector.length);
  return value;
}

export function write(vector: Vector, index: number, value: number): void {
  if (vector[index] === undefined) outside(index, vector.length);
  vector[index] = value;
}

/** Adds to the number at a position. */
export function add(vector: Vector, index: number, more: number): void {
  write(vector, index, read(vector, index) + more);
}

function outside(index: number, length: number): never {
  invariant(false, `position ${index} is in a vector of ${length}`);
}
