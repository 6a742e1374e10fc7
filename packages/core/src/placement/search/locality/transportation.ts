import { at } from "../../../unit/list.ts";
import { entryAt, type Matrix, matrixOf, rowOf, setEntry } from "../../../unit/matrix.ts";
import { read, type Vector, vectorOf, write } from "../../../unit/vector.ts";

/** A flow of whole units, flow[i][j] from supply j to demand i, and its total cost. */
export interface Flow {
  readonly flow: Matrix;
  readonly cost: number;
}

/**
 * The transportation problem: meets all demands from the supplies at the least total cost. Here it
 * spreads each cell's cores, or its memory, over nodes where its own node is short.
 *
 * Where every demand can have what would be cheapest for it alone, nothing can cost less. Otherwise
 * it is solved by successive shortest paths: each step sends as much as it can along a cheapest
 * path from an open demand to an open supply, and a path may take back what was sent before. So the
 * flow is at every step a cheapest one of its size, and so is the last. Bellman-Ford finds the
 * paths, as taking back has negative cost. Demands and supplies number some dozens. Every step
 * closes one of them or reroutes; of equal paths the one with the lower indices is taken.
 *
 * @param cost cost[i][j] of one unit of demand i from supply j; finite and not negative.
 * @param pairMax the most units of one demand from one supply.
 * @returns null when the supplies do not suffice.
 */
export function transport(
  demands: readonly number[],
  supplies: readonly number[],
  cost: Matrix,
  pairMax = Infinity,
): Flow | null {
  const flow =
    eachAlone(demands, supplies, cost, pairMax) ??
    byShortestPaths(demands, supplies, cost, pairMax);
  if (flow === null) return null;
  let total = 0;
  for (const [i, row] of flow.entries()) {
    for (const [j, units] of row.entries()) if (units > 0) total += units * entryAt(cost, i, j);
  }
  return { flow, cost: total };
}

/** Meets each demand from its cheapest supplies, as if it were alone; null where they run out. */
function eachAlone(
  demands: readonly number[],
  supplies: readonly number[],
  cost: Matrix,
  pairMax: number,
): Matrix | null {
  const left = [...supplies];
  const flow = matrixOf(demands.length, supplies.length, () => 0);
  for (const [i, demand] of demands.entries()) {
    let units = demand;
    for (const j of units === 0 ? [] : cheapestFirst(rowOf(cost, i))) {
      const some = Math.min(units, pairMax, at(supplies, j));
      const after = at(left, j) - some;
      if (after < 0) return null;
      left[j] = after;
      setEntry(flow, i, j, some);
      units -= some;
      if (units === 0) break;
    }
    if (units > 0) return null;
  }
  return flow;
}

function cheapestFirst(costs: Vector): readonly number[] {
  return [...costs.keys()].sort((a, b) => read(costs, a) - read(costs, b));
}

/** The cost of a path is a sum of a few numbers: a smaller difference is rounding. */
const ROUNDING = 1e-12;

/** The predecessor of a path's first demand. */
const NONE = -1;

interface State {
  /** The units of each demand still to be met, and those that each supply has left. */
  readonly open: Vector;
  readonly left: Vector;
  readonly flow: Matrix;
  readonly cost: Matrix;
  readonly pairMax: number;
  /** The cost of the cheapest path to each, and the predecessor on that path. */
  readonly toDemand: Vector;
  readonly toSupply: Vector;
  readonly beforeDemand: Vector;
  readonly beforeSupply: Vector;
}

function byShortestPaths(
  demands: readonly number[],
  supplies: readonly number[],
  cost: Matrix,
  pairMax: number,
): Matrix | null {
  const state: State = {
    open: Float64Array.from(demands),
    left: Float64Array.from(supplies),
    flow: matrixOf(demands.length, supplies.length, () => 0),
    cost,
    pairMax,
    toDemand: vectorOf(demands.length),
    toSupply: vectorOf(supplies.length),
    beforeDemand: vectorOf(demands.length),
    beforeSupply: vectorOf(supplies.length),
  };
  while (state.open.some((units) => units > 0)) {
    const end = cheapestEnd(state);
    if (end === null) return null;
    send(state, end);
  }
  return state.flow;
}

/**
 * Bellman-Ford: the open supply at the end of the cheapest path, which the predecessors lead back
 * from; null if there is none.
 */
function cheapestEnd(state: State): number | null {
  const { open, left, toDemand, toSupply, beforeDemand, beforeSupply } = state;
  for (const [i, units] of open.entries()) write(toDemand, i, units > 0 ? 0 : Infinity);
  toSupply.fill(Infinity);
  beforeDemand.fill(NONE);
  beforeSupply.fill(NONE);
  while (reachSupplies(state) && reachDemands(state));
  let [end, least]: [number | null, number] = [null, Infinity];
  for (const [j, units] of left.entries()) {
    if (units <= 0 || read(toSupply, j) >= least - ROUNDING) continue;
    [end, least] = [j, read(toSupply, j)];
  }
  return end;
}

/** Relaxes the edges from demands to supplies; true if any path got cheaper. */
function reachSupplies({ cost, flow, pairMax, toDemand, toSupply, beforeSupply }: State): boolean {
  let isCheaper = false;
  for (const [i, from] of toDemand.entries()) {
    if (from === Infinity) continue;
    for (const [j, units] of rowOf(flow, i).entries()) {
      const reached = from + entryAt(cost, i, j);
      if (units >= pairMax || reached >= read(toSupply, j) - ROUNDING) continue;
      write(toSupply, j, reached);
      write(beforeSupply, j, i);
      isCheaper = true;
    }
  }
  return isCheaper;
}

/**
 * Relaxes the edges that take back units from supplies to demands; true if any path got cheaper.
 */
function reachDemands({ cost, flow, toDemand, toSupply, beforeDemand }: State): boolean {
  let isCheaper = false;
  for (const [i, row] of flow.entries()) {
    for (const [j, units] of row.entries()) {
      const reached = read(toSupply, j) - entryAt(cost, i, j);
      if (units === 0 || reached >= read(toDemand, i) - ROUNDING) continue;
      write(toDemand, i, reached);
      write(beforeDemand, i, j);
      isCheaper = true;
    }
  }
  return isCheaper;
}

/** Sends as many units as the path to this supply can take. */
function send({ open, left, flow, pairMax, beforeDemand, beforeSupply }: State, end: number): void {
  const path: { readonly from: number; readonly to: number; readonly back: number | null }[] = [];
  for (let to = end; ;) {
    const from = read(beforeSupply, to);
    const back = read(beforeDemand, from);
    path.push({ from, to, back: back === NONE ? null : back });
    if (back === NONE) break;
    to = back;
  }
  let units = Math.min(read(left, end), read(open, at(path, path.length - 1).from));
  for (const { from, to, back } of path) {
    units = Math.min(units, pairMax - entryAt(flow, from, to));
    if (back !== null) units = Math.min(units, entryAt(flow, from, back));
  }
  for (const { from, to, back } of path) {
    setEntry(flow, from, to, entryAt(flow, from, to) + units);
    if (back !== null) setEntry(flow, from, back, entryAt(flow, from, back) - units);
  }
  const { from: start } = at(path, path.length - 1);
  write(open, start, read(open, start) - units);
  write(left, end, read(left, end) - units);
}
