import { indices } from "../../set/index-set.ts";
import { at, valueOf } from "../../unit/list.ts";
import { count, type Tally } from "../../unit/tally.ts";
import type { SoldCore } from "../inventory/cores.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { poolPosition } from "../inventory/memory.ts";
import { nameCores, namePools } from "./layout-cores.ts";
import type { LayoutCell } from "./layout.ts";
import type { Space } from "../space/space.ts";
import type { Floating, Use, UsedMemory } from "../occupancy/occupancy.ts";

/**
 * What a layout takes of its host: the same as the plan that is made from it
 * (`occupancy-of-host.ts`).
 */
export function useOfLayout(space: Space, layout: readonly LayoutCell[]): Use {
  const { request, inventory, granuleBytes } = space;
  const isShared = request.isolation === "shared";
  const floating = isShared ? floatingOf(space, layout) : [];
  // Whole cores may have idle threads, but each of them has at least one vCPU.
  const cores = isShared ? coresBelow(inventory, floating) : nameCores(space, layout).flat();
  const pool = poolPosition(inventory.memory, request.hugepageBytes);
  const memory: UsedMemory[] = [];
  const nodes = new Set<number>();
  const deviceGroups = new Set<number>();
  for (const { node } of cores) nodes.add(node);
  for (const { granules, accelerators, nics } of layout) {
    for (const part of granules) {
      const node = valueOf(inventory.nodePosition, part.node);
      memory.push({ node, pool, bytes: part.count * granuleBytes });
      nodes.add(node);
    }
    for (const { group } of accelerators) deviceGroups.add(group);
    for (const { group } of nics) deviceGroups.add(group);
  }
  return {
    isolation: request.isolation,
    cores: cores.map(({ position }) => position),
    nodes: [...nodes],
    memory,
    deviceGroups: [...deviceGroups],
    floating,
  };
}

/** The cores of the pools' CPUs, each once. */
function coresBelow({ cores }: Inventory, floating: readonly Floating[]): readonly SoldCore[] {
  const below = new Set<SoldCore>();
  for (const { cpus } of floating) {
    for (const cpu of indices(cpus)) {
      const position = cores.ofCpu.get(cpu);
      if (position !== undefined) below.add(at(cores.all, position));
    }
  }
  return [...below];
}

function floatingOf(space: Space, layout: readonly LayoutCell[]): Floating[] {
  const pools = namePools(space, layout);
  const vcpus: Tally<number> = new Map();
  for (const { units } of layout) for (const part of units) count(vcpus, part.node, part.count);
  return [...pools].map(([node, cpus]) => ({ cpus, vcpus: valueOf(vcpus, node) }));
}
