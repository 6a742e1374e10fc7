import { at, valueOf } from "../../unit/list.ts";
import { count, countOf, type Tally } from "../../unit/tally.ts";
import { freeCores } from "../space/cores.ts";
import type { Space } from "../space/space.ts";
import { lastCaches } from "./layout-cores.ts";
import type { CoresOnNode, Layout, LayoutCell } from "./layout.ts";

/** Beyond so many ways to take a layout's cores only the tightest is looked at. */
const variantsMax = 256;

/**
 * The ways in which a layout can take its cores that differ for those who come after it, the
 * tightest first: from which cache, by what it has free, each cell takes what is no whole cache.
 * The VM itself cannot tell them apart. There are at most as many for a cell as a cache has cores,
 * and one on machines with a cache a node. Cores of a node that several cells have some of are taken
 * as they come, for what one takes changes what the caches have for the next.
 */
export function coreVariants(space: Space, layout: Layout): readonly Layout[] {
  if (space.request.isolation === "shared") return [layout];
  const takers: Tally<number> = new Map();
  for (const { units } of layout.cells) for (const { node } of units) count(takers, node);
  let variants: readonly (readonly LayoutCell[])[] = [[]];
  for (const cell of layout.cells) {
    const isAlone = cell.units.every(({ node }) => countOf(takers, node) === 1);
    const choices = isAlone ? unitChoices(space, cell.units) : [cell.units];
    if (variants.length * choices.length > variantsMax) return [layout];
    variants = variants.flatMap((cells) => choices.map((units) => [...cells, { ...cell, units }]));
  }
  return variants.length === 1 ? [layout] : variants.map((cells) => ({ ...layout, cells }));
}

function unitChoices(
  space: Space,
  units: readonly CoresOnNode[],
): readonly (readonly CoresOnNode[])[] {
  // A cell that strays takes what others leave, in any case.
  const [only, ...more] = units;
  if (only === undefined || more.length > 0) return [units];
  const position = valueOf(space.inventory.nodePosition, only.node);
  const groups = at(space.inventory.cores.groupsOfNode, position);
  if (groups.length < 2) return [units];
  const sizes = lastCaches(freeCores(space, position), only.count);
  return sizes.length < 2 ? [units] : sizes.map((lastCache) => [{ ...only, lastCache }]);
}
