import type { CostModel, Placed } from "@evenkeel/core/cost/placement-cost.ts";
import type { LinearProgram, Terms, Values, Variable } from "./linear-program.ts";
import type { Offer, OfferedDevice } from "./offer.ts";

/** What the best placement is worth, in the terms of the search's objective. */
export interface Optimum {
  readonly cells: number;
  readonly cost: number;
  readonly extra: number;
  readonly uneven: number;
  readonly spread: number;
  /** Whether what comes after the cost can be told: not where costs differ by rounding alone. */
  readonly tellsTies: boolean;
}

/** How an amount of memory lies when it is interleaved: equal parts, what is left to the first. */
function interleaved(granules: number, { nodes }: Offer): ReadonlyMap<number, number> {
  const over = nodes.filter((node) => node.interleaved);
  const part = Math.floor(granules / over.length);
  return new Map(over.map(({ id }, i) => [id, part + (i < granules % over.length ? 1 : 0)]));
}

/** Sums of values over all pairs of a list, each pair once. */
export function pairsOf<T>(list: readonly T[]): (readonly [T, T])[] {
  return list.flatMap((a, i) => list.slice(i + 1).map((b) => [a, b] as const));
}

/**
 * The sum of the distances between the nodes that are cells, both ways: a variable for each pair
 * is at least 1 when both are.
 */
export function spreadTerms(
  program: LinearProgram,
  cells: ReadonlyMap<number, Variable>,
  { topology }: Offer,
): Terms {
  const place = (id: number): number => topology.nodes.findIndex((node) => node.id === id);
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
    const there = topology.distances?.[place(a)]?.[place(b)] ?? 0;
    const back = topology.distances?.[place(b)]?.[place(a)] ?? 0;
    return [there + back, both] as const;
  });
}

/** How many devices come along without having been asked for: at least those of each chosen one. */
export function extraTerms(
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
  return terms.reduce((sum, [factor, variable]) => sum + factor * values(variable), 0);
}

/** Program values carry the solver's tolerance; what is a whole number is known to be one. */
export const whole = (value: number): number => Math.round(value);

/** A cell as the cost model takes it: its cores on its own node, its memory where it lies. */
export function placedCell(
  node: number,
  memory: ReadonlyMap<number, number>,
  allGranules: number,
): Placed["cells"][number] {
  const granules = [...memory.values()].reduce((a, b) => a + b, 0);
  return {
    share: granules / allGranules,
    vcpuNodes: [{ node, share: 1 }],
    memoryNodes: [...memory].map(([id, count]) => ({ node: id, share: count / granules })),
  };
}

/** Where a cell's memory lies by the locality: on its own node, or over all. */
export function memoryOf(
  node: number,
  granules: number,
  offer: Offer,
  everywhere: boolean,
): ReadonlyMap<number, number> {
  return everywhere ? interleaved(granules, offer) : new Map([[node, granules]]);
}

/** What a cell's memory costs its own CPUs, per granule of it. */
export function memoryPathCost(
  initiator: number | null,
  memory: ReadonlyMap<number, number>,
  model: CostModel,
): number {
  const granules = [...memory.values()].reduce((a, b) => a + b, 0);
  return [...memory].reduce(
    (sum, [id, count]) => sum + (count / granules) * model.memoryPath(initiator, id),
    0,
  );
}
