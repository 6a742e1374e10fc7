import { invariant } from "../invariant.ts";
import type { Vector } from "./vector.ts";

/** A matrix of numbers, by row and then by column. Every access is checked, as for a vector. */
export type Matrix = readonly Vector[];

/** A matrix with the entries that a function gives. */
export function matrixOf(
  rows: number,
  columns: number,
  entry: (row: number, column: number) => number,
): Matrix {
  const matrix: Vector[] = [];
  for (let row = 0; row < rows; row++) {
    const values = new Float64Array(columns);
    for (let column = 0; column < columns; column++) values[column] = entry(row, column);
    matrix.push(values);
  }
  return matrix;
}

/** A row, as a view of the matrix. */
export function rowOf(matrix: Matrix, row: number): Vector {
  const values = matrix[row];
  if (values === undefined) return outside(matrix, row, 0);
  return values;
}

/** The entry of a row and column within the matrix. */
export function entryAt(matrix: Matrix, row: number, column: number): number {
  const value = matrix[row]?.[column];
  if (value === undefined) return outside(matrix, row, column);
  return value;
}

/** Sets the entry of a row and column within the matrix. */
export function setEntry(matrix: Matrix, row: number, column: number, value: number): void {
  const values = rowOf(matrix, row);
  if (values[column] === undefined) outside(matrix, row, column);
  values[column] = value;
}

function outside(matrix: Matrix, row: number, column: number): never {
  const columns = matrix[0]?.length ?? "no";
  invariant(false, `row ${row}, column ${column} is in ${matrix.length} rows of ${columns}`);
}
