import type { Device } from "../inventory/devices.ts";
import type { Space } from "../space/space.ts";

/** What candidates cost with each other, known by their positions among all candidates. */
export interface PairCosts {
  readonly candidates: number;
  /** At i * candidates + j, of i with j; 0 of one with itself. */
  readonly of: Float64Array;
}

/** Of candidates that pay nothing with each other. */
export function noPairs(candidates: number): PairCosts {
  return { candidates, of: new Float64Array(candidates * candidates) };
}

export function weighted({ candidates, of }: PairCosts, weight: number): PairCosts {
  return { candidates, of: of.map((cost) => weight * cost) };
}

/** What transfers between two accelerators cost, each pair of a set as much as any other. */
export function peerPairs({ request, inventory }: Space, candidates: readonly Device[]): PairCosts {
  const peers = inventory.relations.peers(request.workload);
  const total = candidates.length;
  const of = new Float64Array(total * total);
  for (let i = 0; i < total; i++) {
    const row = peers[candidates[i]?.position ?? -1];
    for (let j = 0; j < total; j++) {
      if (i !== j) of[i * total + j] = row?.[candidates[j]?.position ?? -1] ?? 1;
    }
  }
  return { candidates: total, of };
}
