/**
 * Which cores of a node a cell gets: whole last-level caches first, the rest from the cache that it
 * fits most tightly. So a VM touches as few caches as it can, whole ones stay free for the next,
 * and two VMs of one size have their cores in caches of the same shape, as twins must.
 *
 * As long as no cache holds what is still needed, the one with the most free cores is taken whole;
 * then the one with the fewest that still holds the rest. Taking the largest first reaches any sum
 * with the fewest members, and the last member only has to cover what is left. Of equal caches the
 * one with the lowest core is taken. Cores of one cache are interchangeable: the lowest are taken.
 * A core whose cache is unknown counts as one of its own.
 *
 * @returns `wanted` cores by ascending id; fewer when there are not so many.
 */
export function chooseCores<Core extends { readonly id: number; readonly l3: number | null }>(
  free: readonly Core[],
  wanted: number,
): readonly Core[] {
  const groups = Map.groupBy(free, ({ id, l3 }) => (l3 === null ? `core ${id}` : l3));
  let caches = [...groups.values()];
  const chosen: Core[] = [];
  while (chosen.length < wanted && caches.length > 0) {
    const rest = wanted - chosen.length;
    const holding = caches.filter((cores) => cores.length >= rest);
    const sizes = (holding.length > 0 ? holding : caches).map((cores) => cores.length);
    const size = holding.length > 0 ? Math.min(...sizes) : Math.max(...sizes);
    const next = caches.find((cores) => cores.length === size) ?? [];
    chosen.push(...next.slice(0, rest));
    caches = caches.filter((cores) => cores !== next);
  }
  return chosen.toSorted((a, b) => a.id - b.id);
}
