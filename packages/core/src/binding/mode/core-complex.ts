import { allKnown, at } from "../../unit/list.ts";
import type { UsableCore } from "./cores.ts";

/**
 * The cores below one last-level cache for an accelerator: caches with the most usable cores first,
 * the accelerators of the node one after the other, and from the first again where there are more
 * accelerators than caches.
 *
 * @param position of the accelerator among those of its node.
 * @returns null where the cache of a core is unknown.
 */
export function coreComplex(
  cores: readonly UsableCore[],
  position: number,
): readonly UsableCore[] | null {
  const caches = allKnown(cores.map(({ core }) => core.l3));
  if (caches === null || cores.length === 0) return null;
  const groups = [...Map.groupBy(cores, ({ core }) => core.l3).values()];
  // The cores are by their lowest CPU and the sort is stable, so equal caches are too.
  const largestFirst = groups.toSorted((a, b) => b.length - a.length);
  return at(largestFirst, position % largestFirst.length);
}
