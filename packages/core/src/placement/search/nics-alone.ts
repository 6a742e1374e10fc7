import type { Device } from "../inventory/devices.ts";

/**
 * NICs for a request without accelerators. No path is shorter with one than with another, so all
 * that matters is how many other devices come along in their IOMMU groups.
 *
 * A group that is touched costs all its members, be they wanted or not; so the fewest come along
 * where the groups touched have the fewest members in all and yet enough of the NICs on offer. That
 * is a knapsack over groups, filled in as many steps as there are groups times NICs wanted.
 */

/**
 * The fewest devices that come along with `count` of the NICs, without being among them; null
 * where there are not so many.
 */
export function fewestAlong(nics: readonly Device[], count: number): number | null {
  if (nics.length < count) return null;
  if (nics.every(isAlone)) return 0;
  return fewestMembers(nics, 0, new Set(), count) - count;
}

/**
 * The `count` NICs that take the fewest devices along, among such the first in their order: each
 * is taken with which the fewest can still be had.
 */
export function nicsTakingFewest(nics: readonly Device[], count: number): readonly Device[] | null {
  if (nics.length < count) return null;
  if (nics.every(isAlone)) return nics.slice(0, count);
  const fewest = fewestMembers(nics, 0, new Set(), count);
  const taken: Device[] = [];
  const touched = new Set<number>();
  let members = 0;
  for (const [j, nic] of nics.entries()) {
    if (taken.length === count) break;
    if (!touched.has(nic.group)) {
      const more = members + membersOf(nic);
      const groups = new Set([...touched, nic.group]);
      const rest = fewestMembers(nics, j + 1, groups, count - taken.length - 1);
      if (more + rest > fewest) continue;
      touched.add(nic.group);
      members = more;
    }
    taken.push(nic);
  }
  return taken;
}

const membersOf = (nic: Device): number => 1 + nic.soldCompanions.length;

const isAlone = (nic: Device): boolean => nic.soldCompanions.length === 0;

/**
 * The fewest members that groups beside those touched can have, so that these and those together
 * offer so many of the NICs from a position on.
 */
function fewestMembers(
  nics: readonly Device[],
  from: number,
  touched: ReadonlySet<number>,
  count: number,
): number {
  let free = 0;
  const offers = new Map<number, { readonly members: number; nics: number }>();
  for (let j = from; j < nics.length; j++) {
    const nic = nics[j];
    if (nic === undefined) continue;
    const offer = offers.get(nic.group);
    if (touched.has(nic.group)) free++;
    else if (offer !== undefined) offer.nics++;
    else offers.set(nic.group, { members: membersOf(nic), nics: 1 });
  }
  const missing = Math.max(0, count - free);
  // fewest[k]: the members of groups that offer k of the NICs.
  const fewest = new Float64Array(missing + 1).fill(Infinity, 1);
  for (const offer of offers.values()) {
    for (let k = missing; k > 0; k--) {
      const reached = offer.members + (fewest[Math.max(0, k - offer.nics)] ?? 0);
      if (reached < (fewest[k] ?? 0)) fewest[k] = reached;
    }
  }
  return fewest[missing] ?? Infinity;
}
