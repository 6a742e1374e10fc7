import { type Described, impossible } from "./fault.ts";

/** A host bridge: the number of its buses, its own included, and the place that it asks for. */
export interface BusDemand {
  readonly buses: number;
  readonly wanted: string | null;
}

export interface BusPlace {
  readonly domain: number;
  readonly bus: number;
}

/**
 * The first host bridge with a slot on common two-socket servers, and the step between host
 * bridges.
 */
const firstBus = 0x15;
const busStride = 0x11;

/**
 * Assigns each host bridge its first bus. Host bridges that ask for a place get it. The others get
 * the regular places of a common server (15, 26, 37…) while all fit there, and otherwise follow one
 * after another through as many PCI domains as they need. No two overlap.
 */
export function placeBuses(described: Described, demands: readonly BusDemand[]): BusPlace[] {
  const taken: Taken[] = [];
  const fixed = demands.map(({ wanted, buses }) => {
    if (wanted === null) return null;
    const [domain = 0, bus = 0] = (wanted.includes(":") ? wanted : `0:${wanted}`)
      .split(":")
      .map((part) => Number.parseInt(part, 16));
    if (bus + buses > 256 || !isFree(taken, domain, bus, buses)) {
      const message = `the ${buses} buses of the host bridge at ${wanted} do not fit there`;
      throw impossible(described, "root", message, "enough free buses from there to ff");
    }
    taken.push({ domain, first: bus, last: bus + buses - 1 });
    return { domain, bus };
  });
  const stepped = inSteps(demands, fixed, taken);
  return stepped ?? inOrder(described, demands, fixed, taken);
}

interface Taken {
  readonly domain: number;
  readonly first: number;
  readonly last: number;
}

function isFree(taken: readonly Taken[], domain: number, bus: number, buses: number): boolean {
  return taken.every(
    (other) => other.domain !== domain || bus > other.last || bus + buses - 1 < other.first,
  );
}

function inSteps(
  demands: readonly BusDemand[],
  fixed: readonly (BusPlace | null)[],
  taken: readonly Taken[],
): BusPlace[] | null {
  let next = firstBus;
  const places: BusPlace[] = [];
  for (const [i, { buses }] of demands.entries()) {
    const place = fixed[i] ?? { domain: 0, bus: next };
    if (fixed[i] === null) {
      if (buses > busStride || next + buses > 256 || !isFree(taken, 0, next, buses)) return null;
      next += busStride;
    }
    places.push(place);
  }
  return places;
}

function inOrder(
  described: Described,
  demands: readonly BusDemand[],
  fixed: readonly (BusPlace | null)[],
  taken: readonly Taken[],
): BusPlace[] {
  let domain = 0;
  let next = 0;
  return demands.map(({ buses }, i) => {
    const place = fixed[i];
    if (place !== null && place !== undefined) return place;
    if (buses > 256) {
      const message = `one host bridge has ${buses} buses below it`;
      throw impossible(described, "root", message, "at most 256");
    }
    while (next + buses > 256 || !isFree(taken, domain, next, buses)) {
      next = next + buses > 256 ? 0 : next + 1;
      if (next === 0) domain++;
    }
    const found = { domain, bus: next };
    next += buses;
    return found;
  });
}
