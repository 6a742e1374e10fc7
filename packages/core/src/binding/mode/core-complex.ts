import { allKnown, at } from "../../unit/list.ts";
import { orderOf, type UsableCore } from "./cores.ts";

/**
 * The cores below one last-level cache for an accelerator: caches with the fastest class of cores
 * first, of these the ones with the most usable cores, of equal ones the lowest CPUs; the
 * accelerators of the node one after the other, and from the first again where there are more
 * accelerators than caches. torchrun's rule, which counts CPUs in place of cores and knows no
 * classes: a core of which only one thread is allowed is half a core to it.
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
  const bestFirst = groups.toSorted((a, b) => fastest(a) - fastest(b) || b.length - a.length);
  return at(bestFirst, position % bestFirst.length);
}

/** The best class among them; one that nobody told comes last. */
function fastest(cores: readonly UsableCore[]): number {
  return Math.min(...cores.map(({ core }) => orderOf(core.class)));
}
