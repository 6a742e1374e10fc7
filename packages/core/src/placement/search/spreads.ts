import type { Device } from "../inventory/devices.ts";
import type { Space } from "../space/space.ts";
import type { Effort } from "./effort.ts";
import { proportionalDemands } from "./fit.ts";
import type { Rules } from "./rules.ts";

/**
 * The ways in which a set's accelerators can lie on nodes, so many on each, that their nodes can
 * hold: what a set fails by is most often that, and thousands of sets lie alike.
 */
export interface Spreads {
  readonly isEmpty: boolean;
  /** Whether a beginning of a set, by positions among the candidates, can come to one of them. */
  readonly reaches: (positions: readonly number[]) => boolean;
}

/** More are not listed: looking through them would take as long as trying the sets. */
const spreadsMax = 256;

/**
 * Every such spread over exactly `cells` nodes; null where they cannot be listed, because there
 * are too many or a candidate's node is unknown.
 */
export function spreadsOver(
  space: Space,
  candidates: readonly Device[],
  rules: Rules,
  cells: number,
  effort: Effort,
): Spreads | null {
  const nodes = [...new Set(candidates.flatMap(({ node }) => node ?? []))].toSorted(
    (a, b) => a - b,
  );
  if (candidates.some(({ node }) => node === null)) return null;
  const nodeOf = candidates.map(({ node }) => nodes.indexOf(node ?? -1));
  const available = nodes.map((_, n) => nodeOf.filter((of) => of === n).length);
  const { count } = space.request.accelerators;
  const found: number[][] = [];
  const counts = nodes.map(() => 0);
  const extend = (n: number, missing: number, open: number): boolean => {
    if (missing === 0 && open === 0) {
      if (canHold(space, rules, nodes, counts, effort)) found.push([...counts]);
      return found.length <= spreadsMax && effort.spend(20);
    }
    if (n === nodes.length || open === 0 || missing < open) return true;
    for (let some = Math.min(missing - open + 1, available[n] ?? 0); some >= 0; some--) {
      counts[n] = some;
      if (!extend(n + 1, missing - some, some > 0 ? open - 1 : open)) return false;
      counts[n] = 0;
    }
    return true;
  };
  if (!extend(0, count, cells)) return null;
  return {
    isEmpty: found.length === 0,
    reaches: (positions) => {
      const on = nodes.map(() => 0);
      for (const position of positions) {
        const n = nodeOf[position] ?? -1;
        on[n] = (on[n] ?? 0) + 1;
      }
      return found.some((spread) => on.every((some, n) => some <= (spread[n] ?? 0)));
    },
  };
}

/** Whether cells of these accelerators, so many on each node, can be had with cores, memory and NICs. */
function canHold(
  space: Space,
  rules: Rules,
  nodes: readonly number[],
  counts: readonly number[],
  effort: Effort,
): boolean {
  const homes = nodes.filter((_, n) => (counts[n] ?? 0) > 0);
  const weights = counts.filter((some) => some > 0);
  const near = space.nics.filter(({ node }) => !rules.besideDevices || homes.includes(node ?? -1));
  if (near.length < space.request.nics.count) return false;
  const deviceNodes = homes.map((node, i) => Array.from({ length: weights[i] ?? 0 }, () => node));
  const demands = proportionalDemands(space, homes, deviceNodes);
  if (demands === null) return false;
  effort.spend(100 + rules.work * homes.length);
  return rules.fit(demands) !== null;
}
