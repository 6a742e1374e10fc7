import type { Placed } from "@evenkeel/core/cost/placement-cost.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import type { LinearProgram, Terms, Values, Variable } from "./linear-program.ts";
import type { Offer, OfferedDevice } from "./offer.ts";
import { sum, sumOf } from "@evenkeel/core/unit/sum.ts";

/** What the best placement is worth, in the terms of the search's objective. */
export interface Optimum {
  readonly cells: number;
  readonly cost: number;
  readonly unrequestedDevices: number;
  readonly unevenCells: number;
  readonly nodeDistanceSum: number;
  /** Whether what comes after the cost can be told: not where costs differ by rounding alone. */
  readonly tellsTies: boolean;
}

/** Sums of values over all pairs of a list, each pair once. */
export function pairsOf<T>(list: readonly T[]): (readonly [T, T])[] {
  return list.flatMap((a, i) => list.slice(i + 1).map((b) => [a, b] as const));
}

/**
 * The sum of the distances between the nodes that are cells, both ways: a variable for each pair
 * is at least 1 when both are.
 */
export function nodeDistanceTerms(
  program: LinearProgram,
  cells: ReadonlyMap<number, Variable>,
  { topology }: Offer,
): Terms {
  const { distances, nodes } = topology;
  const place = (id: number): number => nodes.findIndex((node) => node.id === id);
  const distance = (a: number, b: number): number =>
    distances === null ? 0 : at(at(distances, place(a)), place(b));
  return pairsOf([...cells]).map(([[a, isA], [b, isB]]) => {
    const both = program.amount();
    program.require(
      [
        [1, both],
        [-1, isA],
        [-1, isB],
      ],
      ">=",
      -1,
    );
    return [distance(a, b) + distance(b, a), both] as const;
  });
}

/** How many devices come along without having been asked for: at least those of each chosen one. */
export function unrequestedTerms(
  program: LinearProgram,
  chosen: readonly (readonly [OfferedDevice, Variable])[],
): Terms {
  const variables = new Map(chosen.map(([device, variable]) => [device.address, variable]));
  const lost = new Map<string, Variable>();
  for (const [device, isChosen] of chosen) {
    for (const address of device.along) {
      const isLost = lost.get(address) ?? program.amount();
      lost.set(address, isLost);
      const isWanted = variables.get(address);
      const wanted: Terms = isWanted === undefined ? [] : [[1, isWanted]];
      program.require([[1, isLost], [-1, isChosen], ...wanted], ">=", 0);
    }
  }
  return [...lost.values()].map((variable) => [1, variable] as const);
}

export function total(terms: Terms, values: Values): number {
  return sumOf(terms, ([factor, variable]) => factor * values(variable));
}

/** Program values carry the solver's tolerance; what is a whole number is known to be one. */
export const whole = (value: number): number => Math.round(value);

/** A cell as the cost model takes it: its cores on its own node, its memory where it lies. */
export function placedCell(
  node: number,
  memory: ReadonlyMap<number, number>,
  allGranules: number,
): Placed["cells"][number] {
  const granules = sum([...memory.values()]);
  return {
    share: granules / allGranules,
    vcpuNodes: [{ node, share: 1 }],
    memoryNodes: [...memory].map(([id, count]) => ({ node: id, share: count / granules })),
  };
}

/** A cell of which so much memory is interleaved, if a variable of a program says that it is one. */
export interface InterleavedCell {
  readonly variable: Variable;
  readonly granules: number;
  /** What one granule of it adds to the cost on a node. */
  readonly costOn: (node: number) => number;
}

/** The memory of such a cell by node, as sums of variables. */
export type MemoryTerms = ReadonlyMap<number, Terms>;

/**
 * Memory in equal parts on all nodes, rounded down, and of what makes no full round one more on some
 * of them, which is a variable for each. All cells together have no more on a node than is free.
 */
export function interleavedMemory(
  program: LinearProgram,
  { nodes }: Offer,
  cells: readonly InterleavedCell[],
): { readonly cost: Terms; readonly memory: readonly MemoryTerms[] } {
  const over = nodes.filter((node) => node.interleaved);
  const cost: [number, Variable][] = [];
  const memory = cells.map(({ variable, granules, costOn }) => {
    const [part, rest] = [Math.floor(granules / over.length), granules % over.length];
    const own = new Map<number, Terms>();
    const all: [number, Variable][] = [];
    for (const { id } of over) {
      const terms: [number, Variable][] = [[part, variable]];
      cost.push([part * costOn(id), variable]);
      if (rest > 0) {
        const more = program.binary();
        program.require(
          [
            [1, more],
            [-1, variable],
          ],
          "<=",
          0,
        );
        terms.push([1, more]);
        all.push([1, more]);
        cost.push([costOn(id), more]);
      }
      own.set(id, terms);
    }
    if (rest > 0) program.require([...all, [-rest, variable]], "=", 0);
    return own;
  });
  for (const { id, granules } of over) {
    const here = memory.flatMap((own) => own.get(id) ?? []);
    program.require(here, "<=", granules + 0.5);
  }
  if (over.length === 0) program.require([], ">=", 1);
  return { cost, memory };
}

/** Where memory lies by a program's solution. */
export function memoryBy(terms: MemoryTerms, values: Values): ReadonlyMap<number, number> {
  return new Map([...terms].map(([id, own]) => [id, total(own, values)]));
}
