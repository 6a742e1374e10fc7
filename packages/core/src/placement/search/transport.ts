/**
 * Spreads demands over supplies at the least total cost: each cell's cores (or memory) over the
 * nodes that have some, where its own is short.
 *
 * Successive shortest paths. Each step sends as much as it can along a cheapest path from any open
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
  cost: readonly (readonly number[])[],
): number[][] | null {
  const open = [...demands];
  const left = [...supplies];
  const flow = demands.map(() => supplies.map(() => 0));
  while (open.some((units) => units > 0)) {
    const path = cheapestPath(open, left, flow, cost);
    if (path === null) return null;
    const units = path.reduce(
      (most, { demand, supply, back }) =>
        back ? Math.min(most, flow[demand]?.[supply] ?? 0) : most,
      Math.min(open[path[0]?.demand ?? 0] ?? 0, left[path.at(-1)?.supply ?? 0] ?? 0),
    );
    for (const { demand, supply, back } of path) {
      const row = flow[demand] ?? [];
      row[supply] = (row[supply] ?? 0) + (back ? -units : units);
    }
    open[path[0]?.demand ?? 0] = (open[path[0]?.demand ?? 0] ?? 0) - units;
    left[path.at(-1)?.supply ?? 0] = (left[path.at(-1)?.supply ?? 0] ?? 0) - units;
  }
  return flow;
}

interface Step {
  readonly demand: number;
  readonly supply: number;
  /** Whether the step takes units back from the supply rather than sending some. */
  readonly back: boolean;
}

/**
 * Bellman and Ford's search, over distances and over who was there before: a path is read back from
 * its end once the distances are settled.
 */
function cheapestPath(
  open: readonly number[],
  left: readonly number[],
  flow: readonly (readonly number[])[],
  cost: readonly (readonly number[])[],
): readonly Step[] | null {
  const toDemand = open.map((units) => (units > 0 ? 0 : Infinity));
  const toSupply = left.map(() => Infinity);
  const beforeDemand = open.map(() => -1);
  const beforeSupply = left.map(() => -1);
  for (let changed = true; changed;) {
    changed = false;
    for (const [demand, from] of toDemand.entries()) {
      if (from === Infinity) continue;
      for (let supply = 0; supply < left.length; supply++) {
        const reached = from + (cost[demand]?.[supply] ?? 0);
        if (reached >= (toSupply[supply] ?? 0) - 1e-12) continue;
        toSupply[supply] = reached;
        beforeSupply[supply] = demand;
        changed = true;
      }
    }
    for (const [supply, from] of toSupply.entries()) {
      if (from === Infinity) continue;
      for (let demand = 0; demand < open.length; demand++) {
        if ((flow[demand]?.[supply] ?? 0) === 0) continue;
        const reached = from - (cost[demand]?.[supply] ?? 0);
        if (reached >= (toDemand[demand] ?? 0) - 1e-12) continue;
        toDemand[demand] = reached;
        beforeDemand[demand] = supply;
        changed = true;
      }
    }
  }
  let end = -1;
  for (const [supply, units] of left.entries()) {
    if (units > 0 && (toSupply[supply] ?? 0) < (toSupply[end] ?? Infinity)) end = supply;
  }
  return end < 0 ? null : pathTo(end, beforeSupply, beforeDemand);
}

/** The steps that lead to a supply, first to last. */
function pathTo(
  end: number,
  beforeSupply: readonly number[],
  beforeDemand: readonly number[],
): readonly Step[] {
  const steps: Step[] = [];
  for (let supply = end; supply >= 0;) {
    const demand = beforeSupply[supply] ?? -1;
    steps.push({ demand, supply, back: false });
    supply = beforeDemand[demand] ?? -1;
    if (supply >= 0) steps.push({ demand, supply, back: true });
  }
  return steps.toReversed();
}
