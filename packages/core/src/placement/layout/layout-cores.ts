import { invariant } from "../../invariant.ts";

/** A core below a last-level cache; of unknown cache it counts as one of its own. */
interface CachedCore {
  readonly id: number;
  readonly l3: number | null;
}

/**
 * Which cores of a node a cell gets: whole last-level caches first, the rest from the cache that it
 * fits most tightly. So a VM touches as few caches as it can, whole ones stay free for the next,
 * and two VMs of one size have their cores in caches of the same shape, as twins must.
 *
 * As long as no cache holds what is still needed, the one with the most free cores is taken whole;
 * then the one with the fewest that still holds the rest. Taking the largest first reaches any sum
 * with the fewest members, and the last member only has to cover what is left. Of equal caches the
 * one with the lowest core is taken. Cores of one cache are interchangeable: the lowest are taken.
 *
 * @param lastCache how many free cores the cache has that gives the rest, where it is not to be
 *   the tightest: one of `lastCaches`.
 * @returns `wanted` cores by ascending id; fewer when there are not so many.
 */
export function chooseCores<Core extends CachedCore>(
  free: readonly Core[],
  wanted: number,
  lastCache?: number,
): readonly Core[] {
  const { whole, holding } = wholeCaches(free, wanted);
  const rest = wanted - whole.reduce((sum, cache) => sum + cache.length, 0);
  const size = lastCache ?? Math.min(...holding.map((cache) => cache.length));
  const last = holding.find((cache) => cache.length === size);
  invariant(
    last !== undefined || lastCache === undefined || holding.length === 0,
    `a cache has the ${lastCache} free cores that the last are to be from`,
  );
  const fromLast = last === undefined ? [] : last.slice(0, rest);
  return [...whole.flat(), ...fromLast].toSorted((a, b) => a.id - b.id);
}

/**
 * How many free cores the caches have that could give the rest, each number once, ascending: all
 * that a choice of cache can mean for those who come after, as caches are equal but for that.
 */
export function lastCaches(free: readonly CachedCore[], wanted: number): readonly number[] {
  const { holding } = wholeCaches(free, wanted);
  return [...new Set(holding.map((cache) => cache.length))].toSorted((a, b) => a - b);
}

/** The caches that are taken whole, and those of the others that hold the rest, if there is any. */
function wholeCaches<Core extends CachedCore>(
  free: readonly Core[],
  wanted: number,
): {
  readonly whole: readonly (readonly Core[])[];
  readonly holding: readonly (readonly Core[])[];
} {
  const groups = Map.groupBy(free, ({ id, l3 }) => (l3 === null ? `core ${id}` : l3));
  let left: readonly (readonly Core[])[] = [...groups.values()];
  const whole: (readonly Core[])[] = [];
  let rest = wanted;
  while (rest > 0 && left.length > 0) {
    const needed = rest;
    const holding = left.filter((cache) => cache.length >= needed);
    if (holding.length > 0) return { whole, holding };
    const size = Math.max(...left.map((cache) => cache.length));
    const next = left.find((cache) => cache.length === size) ?? [];
    whole.push(next);
    left = left.filter((cache) => cache !== next);
    rest -= next.length;
  }
  return { whole, holding: [] };
}
