import * as fc from "fast-check";
import type { Request } from "../../src/request/request.ts";
import { requestOf } from "../request/requests.ts";
import { isolations, localities, workloads } from "../../src/request/virtual-machine.ts";
import { GiB, MiB } from "../../src/unit/bytes.ts";
import { at } from "../../src/unit/list.ts";
import type { Inventory } from "../../src/placement/inventory/inventory.ts";
import { useOfLayout } from "../../src/placement/layout/layout-use.ts";
import {
  emptyOccupancy,
  occupied,
  type Occupancy,
  type Use,
} from "../../src/placement/occupancy/occupancy.ts";
import type { Layout } from "../../src/placement/layout/layout.ts";
import { coreVariants } from "../../src/placement/layout/layout-cores.ts";
import { searchSpace } from "../../src/placement/search/search.ts";
import { spaceFor } from "../../src/placement/space/space.ts";

/** Requests so small that a small machine can hold a few. */
export const smallRequest: fc.Arbitrary<Request> = fc
  .record({
    accelerators: fc.record({
      count: fc.integer({ min: 0, max: 3 }),
      model: fc.constant(null),
      link: fc.constantFrom("any", "any", "nvlink", "switch"),
    }),
    nics: fc.record({ count: fc.integer({ min: 0, max: 2 }), rdma: fc.boolean() }),
    vcpus: fc.integer({ min: 1, max: 8 }),
    memory: fc.constantFrom(
      { memoryBytes: GiB, hugepageBytes: GiB },
      { memoryBytes: 3 * GiB, hugepageBytes: GiB },
      { memoryBytes: 6 * MiB, hugepageBytes: 2 * MiB },
      { memoryBytes: 130 * MiB, hugepageBytes: null },
    ),
    isolation: fc.constantFrom("core", "core", ...isolations),
    locality: fc.constantFrom("strict", "strict", ...localities),
    workload: fc.constantFrom(...workloads),
  })
  .map(({ memory, ...rest }) => requestOf({ ...rest, ...memory }));

/** A random use of a host, which no request need lead to. */
export interface RandomUse {
  readonly isolation: Use["isolation"];
  /** Numbers that choose cores, devices and nodes, modulo how many there are. */
  readonly cores: readonly number[];
  readonly devices: readonly number[];
  readonly memory: readonly {
    readonly node: number;
    readonly pool: number;
    readonly units: number;
  }[];
}

const choices = (maxLength: number): fc.Arbitrary<readonly number[]> =>
  fc.array(fc.nat(63), { maxLength });

export const randomUse: fc.Arbitrary<RandomUse> = fc.record({
  isolation: fc.constantFrom("core", "core", "l3", "node", "host"),
  cores: choices(3),
  devices: choices(3),
  memory: fc.array(
    fc.record({ node: fc.nat(7), pool: fc.nat(2), units: fc.integer({ min: 1, max: 2 }) }),
    {
      maxLength: 2,
    },
  ),
});

/** The use that the numbers choose. */
export function useOf(inventory: Inventory, random: RandomUse): Use {
  const { cores, nodeIds, memory, devices } = inventory;
  const sold = cores.all.flatMap((core, i) => (core.sold ? [i] : []));
  const choice = (n: number): number => at(sold, n % sold.length);
  const chosen = sold.length === 0 ? [] : [...new Set(random.cores.map(choice))];
  const parts = new Map(
    random.memory.map(({ node, pool, units }) => {
      const where = { node: node % nodeIds.length, pool: pool % (memory.hugepageSizes.length + 1) };
      return [`${where.node} ${where.pool}`, { ...where, bytes: units * GiB }];
    }),
  );
  const groups = devices.groups === 0 ? [] : random.devices.map((n) => n % devices.groups);
  const computing = chosen.map((core) => at(cores.all, core).node);
  return {
    isolation: random.isolation,
    cores: chosen,
    nodes: [...new Set([...computing, ...[...parts.values()].map(({ node }) => node)])],
    memory: [...parts.values()],
    deviceGroups: [...new Set(groups)],
    floating: [],
  };
}

/** Every layout that the search would try, with every cache for its last cores. */
export function layoutsOf(
  inventory: Inventory,
  occupancy: Occupancy,
  request: Request,
): readonly Layout[] {
  const layouts: Layout[] = [];
  const space = spaceFor(inventory, occupancy, request);
  searchSpace(space, {
    accepts: (layout) => {
      layouts.push(...coreVariants(space, layout));
      return false;
    },
  });
  return layouts;
}

/** The occupancy after placing requests one after the other, each by a chosen layout. */
export function filled(
  inventory: Inventory,
  requests: readonly { readonly request: Request; readonly choice: number }[],
): Occupancy {
  let occupancy = emptyOccupancy(inventory);
  for (const { request, choice } of requests) {
    const layouts = layoutsOf(inventory, occupancy, request);
    const layout = layouts[choice % Math.max(1, layouts.length)];
    if (layout === undefined) continue;
    const use = useOfLayout(spaceFor(inventory, occupancy, request), layout.cells);
    occupancy = occupied(inventory, occupancy, use);
  }
  return occupancy;
}
