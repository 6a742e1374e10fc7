import type { Placed } from "@evenkeel/core/cost/placement-cost.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import type { LinearProgram, Terms, Values, Variable } from "./linear-program.ts";
import type { Offer, OfferedDevice } from "./offer.ts";
import { sum, sumOf } from "@evenkeel/core/unit/sum.ts";

/** The objective of the best placement. */
export interface Optimum {
  readonly cells: number;
  readonly cost: number;
  readonly unrequestedDevices: number;
  readonly unevenCells: number;
  readonly nodeDistanceSum: number;
  /**
   * Whether the parts after the cost are exact: false where costs differ by the solver's rounding.
   */
  readonly tellsTies: boolean;
}

/** All pairs of a list, each pair once. */
export function pairsOf<T>(list: readonly T[]): (readonly [T, T])[] {
  return list.flatMap((a, i) => list.slice(i + 1).map((b) => [a, b] as const));
}

/**
 * The sum of the distances between the cells' nodes, both ways: the variable of each pair is at
 * least 1 when both nodes are cells.
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

/** The number of unrequested devices: at least those that come along with each chosen device. */
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

/** Removes the solver's tolerance from a value that must be a whole number. */
export const whole = (value: number): number => Math.round(value);

/** A cell as the cost model takes it: its cores on its own node, its memory by node. */
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

/** A possible cell with interleaved memory; its variable says whether it is one. */
export interface InterleavedCell {
  readonly variable: Variable;
  readonly granules: number;
  /** What one granule of it on a node adds to the cost. */
  readonly costOn: (node: number) => number;
}

/** The memory of a cell by node, as sums of variables. */
export type MemoryTerms = ReadonlyMap<number, Terms>;

/**
 * Memory interleaved over all nodes: equal parts, rounded down, and for the remainder one more on
 * some nodes, a variable for each. All cells together have no more on a node than is free.
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

/** The memory by node in a program's solution. */
export function memoryBy(terms: MemoryTerms, values: Values): ReadonlyMap<number, number> {
  return new Map([...terms].map(([id, own]) => [id, total(own, values)]));
}
