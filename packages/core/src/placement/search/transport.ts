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

interface Reached {
  readonly cost: number;
  readonly path: readonly Step[];
}

function cheapestPath(
  open: readonly number[],
  left: readonly number[],
  flow: readonly (readonly number[])[],
  cost: readonly (readonly number[])[],
): readonly Step[] | null {
  const atDemand: (Reached | null)[] = open.map((units) =>
    units > 0 ? { cost: 0, path: [] } : null,
  );
  const atSupply: (Reached | null)[] = left.map(() => null);
  for (let changed = true; changed;) {
    changed = false;
    for (const [demand, from] of atDemand.entries()) {
      if (from === null) continue;
      for (const [supply, known] of atSupply.entries()) {
        const reached = from.cost + (cost[demand]?.[supply] ?? 0);
        if (known !== null && reached >= known.cost - 1e-12) continue;
        atSupply[supply] = { cost: reached, path: [...from.path, { demand, supply, back: false }] };
        changed = true;
      }
    }
    for (const [supply, from] of atSupply.entries()) {
      if (from === null) continue;
      for (const [demand, known] of atDemand.entries()) {
        if ((flow[demand]?.[supply] ?? 0) === 0) continue;
        const reached = from.cost - (cost[demand]?.[supply] ?? 0);
        if (known !== null && reached >= known.cost - 1e-12) continue;
        atDemand[demand] = { cost: reached, path: [...from.path, { demand, supply, back: true }] };
        changed = true;
      }
    }
  }
  const ends = atSupply.filter((reached, supply) => reached !== null && (left[supply] ?? 0) > 0);
  return ends.toSorted((a, b) => (a?.cost ?? 0) - (b?.cost ?? 0))[0]?.path ?? null;
}
