import { type IndexSet, indexSet, size, union } from "../../set/index-set.ts";
import { valueOf } from "../../unit/list.ts";
import { count, type Tally } from "../../unit/tally.ts";
import type { SoldCore } from "../inventory/cores.ts";
import { chooseCores } from "./layout-cores.ts";
import type { LayoutCell } from "./layout.ts";
import { freeCores, sharedPool } from "../space/cores.ts";
import type { Space } from "../space/space.ts";

/** Which cores a layout's cells get, in the cells' order. */
export function nameCores(space: Space, layout: readonly LayoutCell[]): readonly SoldCore[][] {
  const used = new Set<number>();
  return layout.map((cell) =>
    cell.units.flatMap(({ node, count: cores, lastCache }) => {
      const free = freeCoresOn(space, node);
      const left = used.size === 0 ? free : free.filter((core) => !used.has(core.position));
      const taken = chooseCores(left, cores, lastCache);
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
  return new Map([...wanted].map(([node, vcpus]) => [node, grownPool(space, node, vcpus)]));
}

function grownPool(space: Space, node: number, vcpus: number): IndexSet {
  const position = valueOf(space.inventory.nodePosition, node);
  const shared = sharedPool(space, position);
  const missing = vcpus - (size(shared.cpus) - shared.vcpus);
  const cores = Math.max(0, Math.ceil(missing / space.inventory.cores.threadsPerCore));
  const more = chooseCores(freeCores(space, position), cores);
  return union(shared.cpus, indexSet(more.flatMap((core) => core.cpus)));
}

function freeCoresOn(space: Space, node: number): readonly SoldCore[] {
  return freeCores(space, valueOf(space.inventory.nodePosition, node));
}
