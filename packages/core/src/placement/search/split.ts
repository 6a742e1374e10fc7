/**
 * How a total of whole things (cores, granules of memory) splits over cells.
 */

/**
 * In proportion to `weights`, rounded down, the remainder to the first cell: a cell's share of
 * vCPUs and memory is its share of the accelerators.
 */
export function proportionalSplit(total: number, weights: readonly number[]): number[] {
  let sum = 0;
  for (const weight of weights) sum += weight;
  const shares: number[] = [];
  let rest = total;
  for (const weight of weights) {
    const share = proportionalShare(total, weight, sum);
    rest -= share;
    shares.push(share);
  }
  if (shares.length > 0) shares[0] = (shares[0] ?? 0) + rest;
  return shares;
}

/** One of them, without the remainder. */
export function proportionalShare(total: number, weight: number, sum: number): number {
  return Math.floor((total * weight) / sum);
}

/** The part of a total in so many equal ones at this place: what does not divide goes to the first. */
export function evenPart(total: number, parts: number, place: number): number {
  return Math.floor(total / parts) + (place < total % parts ? 1 : 0);
}

/**
 * As evenly as `capacities` allow, what does not divide going one each to the first cells with
 * room; null when the total exceeds them. Filling all cells to one level, and the smaller ones no
 * further than they hold, leaves the least difference between any two cells that is possible.
 */
export function evenSplit(total: number, capacities: readonly number[]): number[] | null {
  let room = 0;
  for (const capacity of capacities) room += capacity;
  if (room < total) return null;
  const shares = capacities.map(() => 0);
  let rest = total;
  while (rest > 0) {
    let open = 0;
    for (const [i, capacity] of capacities.entries()) if (capacity > (shares[i] ?? 0)) open++;
    const level = Math.max(1, Math.floor(rest / open));
    for (const [i, capacity] of capacities.entries()) {
      const share = shares[i] ?? 0;
      const more = Math.min(level, capacity - share, rest);
      if (more <= 0) continue;
      shares[i] = share + more;
      rest -= more;
    }
  }
  return shares;
}
