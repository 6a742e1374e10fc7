/**
 * Spreads demands over supplies at the least total cost: each cell's cores (or memory) over the
 * nodes that have some, where its own is short.
 *
 * Where every demand can have all from the one supply that is cheapest for it, nothing can cost
 * less, or as much. Else successive shortest paths: each step sends as much as it can along a cheapest path from any open
 * demand to any open supply, where a path may also take back what was sent before; so the flow is
 * at every step a cheapest one of its size, and so is the last. Bellman-Ford finds the path, as
 * taking back has negative cost. Demands and supplies number some dozens; every step closes one of
 * them or reroutes, and equal paths fall to the lower indices.
 *
 * @param cost cost[i][j] of sending one unit of demand i to supply j; finite and not negative.
 * @returns flow[i][j] in whole units, or null when the supplies do not suffice.
 */
export function transport(
  demands: readonly number[],
  supplies: readonly number[],
  cost: readonly ArrayLike<number>[],
): number[][] | null {
  const [rows, columns] = [demands.length, supplies.length];
  const direct = toCheapest(demands, supplies, cost);
  if (direct !== null) return direct;
  const flat = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) flat[i * columns + j] = cost[i]?.[j] ?? 0;
  }
  const state: Transport = {
    open: [...demands],
    left: [...supplies],
    flow: new Float64Array(rows * columns),
    cost: flat,
    toDemand: new Float64Array(rows),
    toSupply: new Float64Array(columns),
    beforeDemand: new Int32Array(rows),
    beforeSupply: new Int32Array(columns),
  };
  while (state.open.some((units) => units > 0)) {
    const end = cheapestEnd(state);
    if (end < 0) return null;
    send(state, end);
  }
  return demands.map((_, i) => supplies.map((__, j) => state.flow[i * columns + j] ?? 0));
}

/** All of each demand to the supply that is cheapest for it; null where that is not one, or short. */
function toCheapest(
  demands: readonly number[],
  supplies: readonly number[],
  cost: readonly ArrayLike<number>[],
): number[][] | null {
  const left = [...supplies];
  const flow: number[][] = [];
  for (let i = 0; i < demands.length; i++) {
    const row = cost[i] ?? [];
    const units = demands[i] ?? 0;
    let cheapest = 0;
    let isOnly = true;
    for (let j = 1; j < left.length; j++) {
      const more = (row[j] ?? 0) - (row[cheapest] ?? 0);
      if (more < -1e-12) [cheapest, isOnly] = [j, true];
      else if (more <= 1e-12) isOnly = false;
    }
    const after = (left[cheapest] ?? 0) - units;
    if (!isOnly || after < 0) return null;
    left[cheapest] = after;
    const sent = left.map(() => 0);
    sent[cheapest] = units;
    flow.push(sent);
  }
  return flow;
}

interface Transport {
  /** What is still to be sent, and what there still is to take it. */
  readonly open: number[];
  readonly left: number[];
  /** By demand, then supply. */
  readonly flow: Float64Array;
  readonly cost: Float64Array;
  /** The cheapest path's cost to each, and the one before it on that path; -1 at its start. */
  readonly toDemand: Float64Array;
  readonly toSupply: Float64Array;
  readonly beforeDemand: Int32Array;
  readonly beforeSupply: Int32Array;
}

/**
 * Bellman and Ford's search, over distances and over who was there before: the open supply to which
 * the cheapest path leads, which is read back from there; -1 if there is none.
 */
function cheapestEnd(state: Transport): number {
  const { open, left, flow, cost, toDemand, toSupply, beforeDemand, beforeSupply } = state;
  const [rows, columns] = [open.length, left.length];
  for (let i = 0; i < rows; i++) toDemand[i] = (open[i] ?? 0) > 0 ? 0 : Infinity;
  toSupply.fill(Infinity);
  beforeDemand.fill(-1);
  beforeSupply.fill(-1);
  for (let changed = true; changed;) {
    changed = false;
    for (let i = 0; i < rows; i++) {
      const from = toDemand[i] ?? Infinity;
      if (from === Infinity) continue;
      for (let j = 0; j < columns; j++) {
        const reached = from + (cost[i * columns + j] ?? 0);
        if (reached >= (toSupply[j] ?? 0) - 1e-12) continue;
        toSupply[j] = reached;
        beforeSupply[j] = i;
        changed = true;
      }
    }
    if (!changed) break;
    for (let j = 0; j < columns; j++) {
      const from = toSupply[j] ?? Infinity;
      for (let i = 0; i < rows; i++) {
        if (flow[i * columns + j] === 0) continue;
        const reached = from - (cost[i * columns + j] ?? 0);
        if (reached >= (toDemand[i] ?? 0) - 1e-12) continue;
        toDemand[i] = reached;
        beforeDemand[i] = j;
      }
    }
  }
  let end = -1;
  for (let j = 0; j < columns; j++) {
    if ((left[j] ?? 0) > 0 && (toSupply[j] ?? 0) < (toSupply[end] ?? Infinity) - 1e-12) end = j;
  }
  return end;
}

/** Sends as much as the path to this supply can take. */
function send(state: Transport, end: number): void {
  const { open, left, flow, beforeDemand, beforeSupply } = state;
  const columns = left.length;
  let units = left[end] ?? 0;
  let start = -1;
  for (let j = end; j >= 0;) {
    start = beforeSupply[j] ?? -1;
    j = beforeDemand[start] ?? -1;
    if (j >= 0) units = Math.min(units, flow[start * columns + j] ?? 0);
  }
  units = Math.min(units, open[start] ?? 0);
  for (let j = end; j >= 0;) {
    const i = beforeSupply[j] ?? -1;
    flow[i * columns + j] = (flow[i * columns + j] ?? 0) + units;
    j = beforeDemand[i] ?? -1;
    if (j >= 0) flow[i * columns + j] = (flow[i * columns + j] ?? 0) - units;
  }
  open[start] = (open[start] ?? 0) - units;
  left[end] = (left[end] ?? 0) - units;
}
