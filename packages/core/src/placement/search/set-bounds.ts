import type { Device } from "../inventory/devices.ts";
import type { Space } from "../space/space.ts";

/** A bound for what a set of accelerators comes to, from its beginning: positions, ascending. */
export type SetBound = (positions: readonly number[]) => number;

/**
 * How many devices come along at least with a set that begins so: companions of the chosen that
 * the set has passed over, or that are no candidates, cannot be among it any more; of those that
 * are NICs as many as are wanted may be asked for.
 */
export function extraBound(space: Space, candidates: readonly Device[]): SetBound {
  if (candidates.every((device) => device.soldCompanions.length === 0)) return () => 0;
  const position = new Map(candidates.map(({ address }, i) => [address, i]));
  const nics = new Set(space.nics.map(({ address }) => address));
  const companions = candidates.map(({ soldCompanions }) => ({
    accelerators: soldCompanions.flatMap((address) => position.get(address) ?? []),
    nics: soldCompanions.filter((address) => nics.has(address)),
    others: soldCompanions.filter((address) => !nics.has(address) && !position.has(address)),
  }));
  return (positions) => {
    const last = positions.at(-1) ?? -1;
    const lost = new Set<number | string>();
    const alongside = new Set<string>();
    for (const i of positions) {
      const own = companions[i];
      if (own === undefined) continue;
      for (const other of own.accelerators) {
        if (other < last && !positions.includes(other)) lost.add(other);
      }
      for (const other of own.others) lost.add(other);
      for (const nic of own.nics) alongside.add(nic);
    }
    return lost.size + Math.max(0, alongside.size - space.request.nics.count);
  };
}

/** How far apart the nodes of a set are at least: those it has already are as they are. */
export function nodeSpread(space: Space, candidates: readonly Device[]): SetBound {
  if (space.request.accelerators.count < 2) return () => 0;
  const nodes = [...new Set(candidates.flatMap(({ node }) => node ?? []))];
  if (nodes.length < 2) return () => 0;
  const { distance } = space.inventory.relations;
  const apart = nodes.map((a) => nodes.map((b) => (a === b ? 0 : distance(a, b))));
  const nodeOf = candidates.map(({ node }) => (node === null ? -1 : nodes.indexOf(node)));
  return (positions) => {
    let sum = 0;
    const used: number[] = [];
    for (const i of positions) {
      const node = nodeOf[i] ?? -1;
      if (node < 0 || used.includes(node)) continue;
      for (const other of used) sum += apart[node]?.[other] ?? 0;
      used.push(node);
    }
    return sum;
  };
}

/**
 * What a set costs at least: its known pairs as they are, and the candidates still to come as cheap
 * as any could be. One of those adds its pairs with the chosen, which are known, and half of those
 * with the others to come, which cost no less than its cheapest with anyone. Everything beside the
 * peers is taken at its best, which is 1.
 */
export function peerBound(
  { request, inventory }: Space,
  weight: number,
  candidates: readonly Device[],
): SetBound {
  const { count } = request.accelerators;
  const all = (count * (count - 1)) / 2;
  if (all === 0) return () => 1;
  const peers = inventory.relations.peers(request.workload);
  const cheapest = inventory.relations.cheapestPeers(request.workload);
  const at = candidates.map(({ position }) => position);
  return (positions) => {
    let known = 0;
    for (let i = 0; i < positions.length; i++) {
      const row = peers[at[positions[i] ?? -1] ?? -1] ?? [];
      for (let j = 0; j < i; j++) known += row[at[positions[j] ?? -1] ?? -1] ?? 1;
    }
    const missing = count - positions.length;
    if (missing > 0) {
      const toCome: number[] = [];
      for (let b = (positions.at(-1) ?? -1) + 1; b < at.length; b++) {
        const row = peers[at[b] ?? -1] ?? [];
        let cost = (cheapest[at[b] ?? -1]?.[missing - 1] ?? 0) / 2;
        for (const a of positions) cost += row[at[a] ?? -1] ?? 1;
        toCome.push(cost);
      }
      toCome.sort((x, y) => x - y);
      for (let i = 0; i < missing; i++) known += toCome[i] ?? 0;
    }
    return 1 - weight + (weight * known) / all;
  };
}

/**
 * What the network path adds to the cost at least: every accelerator uses its cheapest NIC, whoever
 * else does; with a single NIC wanted, all use the one that is cheapest for those there are.
 */
export function networkBound(
  { request, nics, inventory }: Space,
  weight: number,
  candidates: readonly Device[],
): SetBound {
  const { count } = request.nics;
  if (count === 0 || weight === 0) return () => 0;
  const model = inventory.relations.model(request.workload);
  const costs = candidates.map((a) => nics.map((nic) => model.networkPair(a.address, nic.address)));
  const least = costs.map((row) => Math.min(...row));
  const cheapest = Math.min(...least);
  const wanted = request.accelerators.count;
  return (positions) => {
    let sum = 0;
    for (const i of positions) sum += least[i] ?? 1;
    if (count === 1) {
      let together = Infinity;
      for (let j = 0; j < nics.length; j++) {
        let to = 0;
        for (const i of positions) to += costs[i]?.[j] ?? 1;
        together = Math.min(together, to);
      }
      sum = together;
    }
    const missing = wanted - positions.length;
    return weight * ((sum + (missing + count) * cheapest) / (wanted + count) - 1);
  };
}
