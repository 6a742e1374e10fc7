import { at } from "../../../unit/list.ts";
import { type Matrix, matrixOf } from "../../../unit/matrix.ts";
import { read } from "../../../unit/vector.ts";

/** How far apart some nodes are, by their positions among them. */
export interface Distances {
  readonly between: Matrix;
  /** Of each node the others, the nearest first. */
  readonly nearest: readonly (readonly number[])[];
}

/** @param distance of two nodes by id, both ways together. */
export function distancesOf(
  nodes: readonly number[],
  distance: (a: number, b: number) => number,
): Distances {
  const between = matrixOf(nodes.length, nodes.length, (a, b) =>
    a === b ? 0 : distance(at(nodes, a), at(nodes, b)),
  );
  const nearest = between.map((row, a) =>
    [...row.keys()].filter((b) => b !== a).toSorted((x, y) => read(row, x) - read(row, y)),
  );
  return { between, nearest };
}
