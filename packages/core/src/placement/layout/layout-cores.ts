import { invariant } from "../../invariant.ts";
import { type IndexSet, indexSet, size, union } from "../../set/index-set.ts";
import { at, valueOf } from "../../unit/list.ts";
import { count, countOf, type Tally } from "../../unit/tally.ts";
import type { SoldCore } from "../inventory/cores.ts";
import { freeCores, sharedPool } from "../space/cores.ts";
import type { Space } from "../space/space.ts";
import { coreClassOf, type CoresOnNode, type Layout, type LayoutCell } from "./layout.ts";
import { sumOf } from "../../unit/sum.ts";

/** Which cores a layout's cells get, in the cells' order. */
export function nameCores(space: Space, layout: readonly LayoutCell[]): readonly SoldCore[][] {
  const used = new Set<number>();
  return layout.map((cell) =>
    cell.units.flatMap(({ node, count: cores, coreClass, lastCache }) => {
      const free = freeCoresOn(space, node, coreClass);
      const left = used.size === 0 ? free : free.filter((core) => !used.has(core.position));
      const taken = inClasses(left, cores, lastCache);
      if (layout.length > 1) for (const core of taken) used.add(core.position);
      return taken;
    }),
  );
}

/**
 * The pool of each node that vCPUs of a layout float on, by node id: the node's shared pool, grown
 * by as many whole free cores as the new vCPUs need.
 */
export function namePools(
  space: Space,
  layout: readonly LayoutCell[],
): ReadonlyMap<number, IndexSet> {
  const wanted: Tally<number> = new Map();
  for (const { units } of layout) for (const part of units) count(wanted, part.node, part.count);
  const coreClass = coreClassOf(layout);
  const ofClass = coreClass === undefined ? space : { ...space, coreClass };
  return new Map([...wanted].map(([node, vcpus]) => [node, grownPool(ofClass, node, vcpus)]));
}

function grownPool(space: Space, node: number, vcpus: number): IndexSet {
  const position = valueOf(space.inventory.nodePosition, node);
  const shared = sharedPool(space, position);
  const missing = vcpus - (size(shared.cpus) - shared.vcpus);
  const cores = Math.max(0, Math.ceil(missing / space.inventory.cores.threadsPerCore));
  const more = inClasses(freeCoresOn(space, node, space.coreClass ?? undefined), cores);
  return union(shared.cpus, indexSet(more.flatMap((core) => core.cpus)));
}

/** The free cores of a node, all or those of a class. */
function freeCoresOn(
  space: Space,
  node: number,
  coreClass: number | undefined,
): readonly SoldCore[] {
  const free = freeCores(space, valueOf(space.inventory.nodePosition, node));
  return coreClass === undefined ? free : free.filter((core) => core.coreClass === coreClass);
}

/**
 * The cores that a cell gets of a node's free ones: of the fastest class that has as many,
 * otherwise the fastest ones, class after class. So the cells of a VM that no one class can hold
 * still have as few classes as is easily done.
 */
function inClasses(
  free: readonly SoldCore[],
  wanted: number,
  lastCache?: number,
): readonly SoldCore[] {
  const classes = Map.groupBy(free, ({ coreClass }) => coreClass);
  if (classes.size < 2) return chooseCores(free, wanted, lastCache);
  const fastestFirst = [...classes].toSorted(([a], [b]) => a - b).map(([, own]) => own);
  const holding = fastestFirst.find(({ length }) => length >= wanted);
  if (holding !== undefined) return chooseCores(holding, wanted);
  const taken: SoldCore[] = [];
  for (const own of fastestFirst) {
    taken.push(...chooseCores(own, Math.min(own.length, wanted - taken.length)));
  }
  return taken.toSorted((a, b) => a.id - b.id);
}

/** A layout with more variants than this keeps its tightest alone. */
const variantsMax = 256;

/**
 * The variants of a layout that take its cores from other caches, the tightest first. The VM itself
 * cannot tell them apart, but later VMs can: each cell takes its last cores from a cache with
 * another number of free cores. A cell has at most as many variants as a cache has cores, and one
 * where a node has a single cache. Where several cells take cores of one node they take the
 * tightest, since what one takes changes what the caches have for the next.
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
  // Cores of several classes are those that are easily taken, and have no variants.
  const isOfOne = only.coreClass !== undefined || space.inventory.cores.classes.length < 2;
  if (!isOfOne) return [units];
  const sizes = lastCaches(freeCoresOn(space, only.node, only.coreClass), only.count);
  return sizes.length < 2 ? [units] : sizes.map((lastCache) => [{ ...only, lastCache }]);
}

/** A core below a last-level cache; a core of unknown cache counts as a cache of its own. */
interface CachedCore {
  readonly id: number;
  readonly l3: number | null;
}

/**
 * The cores of a node that a cell gets: whole last-level caches first, the rest from the cache that
 * it fits most tightly. So a VM touches as few caches as it can, whole ones stay free for the next,
 * and two VMs of one size have their cores in caches of the same shape, as twins must.
 *
 * As long as no cache holds what is still needed, the one with the most free cores is taken whole;
 * then the one with the fewest that still holds the rest. Taking the largest first reaches any sum
 * with the fewest members, and the last member only has to cover what is left. Of equal caches the
 * one with the lowest core is taken. Cores of one cache are interchangeable: the lowest are taken.
 *
 * @param lastCache one of `lastCaches`: how many free cores the cache has that gives the rest,
 *   where it is not the tightest.
 * @returns `wanted` cores by ascending id; fewer when there are not so many.
 */
export function chooseCores<Core extends CachedCore>(
  free: readonly Core[],
  wanted: number,
  lastCache?: number,
): readonly Core[] {
  const { whole, holding } = wholeCaches(free, wanted);
  const rest = wanted - sumOf(whole, (cache) => cache.length);
  const last = lastCache ?? Math.min(...holding.map((cache) => cache.length));
  const cacheOfRest = holding.find((cache) => cache.length === last);
  invariant(
    cacheOfRest !== undefined || lastCache === undefined || holding.length === 0,
    `a cache has the ${lastCache} free cores that the last are to be from`,
  );
  const fromLast = cacheOfRest === undefined ? [] : cacheOfRest.slice(0, rest);
  return [...whole.flat(), ...fromLast].toSorted((a, b) => a.id - b.id);
}

/**
 * The numbers of free cores of the caches that could give the rest, each once, ascending. Caches
 * are equal but for that number, so it is all that the choice of a cache means for later VMs.
 */
export function lastCaches(free: readonly CachedCore[], wanted: number): readonly number[] {
  const { holding } = wholeCaches(free, wanted);
  return [...new Set(holding.map((cache) => cache.length))].toSorted((a, b) => a - b);
}

/** The caches that are taken whole, and the other caches that hold the rest, if there is any. */
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
    const most = Math.max(...left.map((cache) => cache.length));
    const next = left.find((cache) => cache.length === most) ?? [];
    whole.push(next);
    left = left.filter((cache) => cache !== next);
    rest -= next.length;
  }
  return { whole, holding: [] };
}
