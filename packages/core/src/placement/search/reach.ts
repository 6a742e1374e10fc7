import type { Device } from "../inventory/devices.ts";
import type { Space } from "../space/space.ts";
import type { Rules } from "./rules.ts";

/**
 * Whether a beginning of a set, by positions among the candidates, can be completed on at most
 * `maxNodes` nodes with cells that their nodes could hold.
 *
 * A cell's share of cores and memory grows with its accelerators, so on each node there is a most
 * that it can carry; rounding leaves the remainder out, which only makes the bound weaker. What
 * the nodes in use can still take, and the best of the others as far as there may be more nodes,
 * must make up what is missing. So what is short everywhere is told at once, not set by set.
 */
export function reach(
  space: Space,
  candidates: readonly Device[],
  rules: Rules,
  maxNodes: number,
): (positions: readonly number[]) => boolean {
  const { count } = space.request.accelerators;
  const nodes = [...new Set(candidates.map(({ node }) => node))];
  const nodeOf = candidates.map(({ node }) => nodes.indexOf(node));
  const unknown = nodes.indexOf(null);
  // left[i][n]: how many of the candidates from i on lie on node n.
  const left = candidates.reduceRight<readonly (readonly number[])[]>(
    (table, _, i) => [(table[0] ?? []).map((c, n) => c + (n === nodeOf[i] ? 1 : 0)), ...table],
    [nodes.map(() => 0)],
  );
  const most = nodes.map((id, n) =>
    n === unknown ? count : mostOn(space, rules, id ?? -1, left[0]?.[n] ?? 0),
  );
  return (positions) => {
    const from = left[(positions.at(-1) ?? -1) + 1] ?? [];
    const on = nodes.map(() => 0);
    for (const position of positions) {
      const n = nodeOf[position] ?? -1;
      on[n] = (on[n] ?? 0) + 1;
    }
    let used = 0;
    let reached = positions.length;
    const others: number[] = [];
    for (const [n, already] of on.entries()) {
      const room = Math.min((most[n] ?? 0) - already, from[n] ?? 0);
      if (room < 0 && already > (most[n] ?? 0)) return false;
      if (n === unknown || already > 0) reached += room;
      else if (room > 0) others.push(room);
      if (n !== unknown && already > 0) used++;
    }
    if (used > maxNodes) return false;
    others.sort((a, b) => b - a);
    for (let i = 0; i < maxNodes - used && reached < count; i++) reached += others[i] ?? 0;
    return reached >= count;
  };
}

/** The most accelerators, up to `available`, whose share of cores and memory a node could hold. */
function mostOn(space: Space, rules: Rules, id: number, available: number): number {
  const node = space.nodes.find((entry) => entry.id === id);
  const { count } = space.request.accelerators;
  if (node === undefined) return 0;
  const fits = (some: number): boolean =>
    rules.mayHold(
      node,
      Math.floor((space.units * some) / count),
      Math.floor((space.granules * some) / count),
    );
  let most = Math.min(available, count);
  while (most > 0 && !fits(most)) most--;
  return most;
}
