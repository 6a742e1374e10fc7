import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { CostModel, NodeShare } from "../../cost/placement-cost.ts";
import { defaultHostPolicy } from "../../request/host-policy.ts";
import { requestOf } from "../../request/testing/requests.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import { inventoryOf } from "../inventory/inventory.ts";
import { emptyOccupancy } from "../occupancy/occupancy.ts";
import { type Space, spaceFor } from "../space/space.ts";
import { interleavedMemory, ownMemory, strayingMemory } from "./least-memory.ts";

/** Some nodes at any distances, each with some cores and memory, and a cell on one of them. */
interface Given {
  readonly distances: readonly number[];
  readonly rooms: readonly (readonly [number, number])[];
  readonly home: number;
  readonly units: number;
  readonly granules: number;
}

const arbitrary: fc.Arbitrary<Given> = fc.record({
  distances: fc.array(fc.integer({ min: 11, max: 60 }), { minLength: 9, maxLength: 9 }),
  rooms: fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { minLength: 1, maxLength: 3 }),
  home: fc.nat(2),
  units: fc.integer({ min: 1, max: 4 }),
  granules: fc.integer({ min: 1, max: 4 }),
});

interface Task extends Pick<Given, "home" | "units" | "granules"> {
  readonly space: Space;
  readonly model: CostModel;
}

function taskOf({ distances, rooms, home, units, granules }: Given): Task {
  const built = syntheticTopology(`package:${rooms.length} core:2 memory:8Gi`);
  const topology = {
    ...built,
    distances: rooms.map((_, i) =>
      rooms.map((_room, j) => (i === j ? 10 : (distances[3 * i + j] ?? 20))),
    ),
  };
  const inventory = inventoryOf(topology, defaultHostPolicy);
  const space = spaceFor(inventory, emptyOccupancy(inventory), requestOf());
  const nodes = rooms.map(([own, memory], id) => ({ id, units: own, granules: memory }));
  const model = inventory.relations.model("training");
  return { space: { ...space, nodes }, model, home: home % rooms.length, units, granules };
}

/** All ways to lay so much on the nodes, with no more at home than there is. */
function splits(total: number, nodes: number, home: number, room: number): readonly number[][] {
  const all = (left: number, at: number): number[][] =>
    at === nodes - 1
      ? [[left]]
      : [...Array(left + 1).keys()].flatMap((n) =>
          all(left - n, at + 1).map((rest) => [n, ...rest]),
        );
  return all(total, 0).filter((split) => (split[home] ?? 0) <= room);
}

const shares = (split: readonly number[]): NodeShare[] => {
  const total = split.reduce((a, b) => a + b, 0);
  return split.flatMap((n, node) => (n > 0 ? [{ node, share: n / total }] : []));
};

/** What a cell costs by the model, of its memory paths the one part and the other. */
function realCost(
  model: CostModel,
  home: number,
  vcpuNodes: readonly NodeShare[],
  memoryNodes: readonly NodeShare[],
  [vcpus, devices]: readonly [number, number],
): number {
  const { parts } = model.cost({
    cells: [{ share: 1, vcpuNodes, memoryNodes }],
    accelerators: [{ address: "0000:01:00.0", node: home, cell: 0 }],
    nics: [],
  });
  return vcpus * parts.memory + devices * parts.hostToDevice;
}

const weights = fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 }));

test("however a cell strays, its memory costs no less than is said", () => {
  fc.assert(
    fc.property(arbitrary, weights, (given, weighed) => {
      const { space, model, home, units, granules } = taskOf(given);
      const nodes = space.nodes.length;
      const room = space.nodes[home];
      const costs = splits(units, nodes, home, room?.units ?? 0).flatMap((cores) =>
        splits(granules, nodes, home, room?.granules ?? 0).map((memory) =>
          realCost(model, home, shares(cores), shares(memory), weighed),
        ),
      );
      // Where there is nowhere else to stray to, nobody asks.
      if (costs.length === 0) return;
      const least = strayingMemory(space)(home, units, granules, ...weighed);
      expect(least).toBeLessThanOrEqual(Math.min(...costs) + 1e-9);
      const isAtHome = (room?.units ?? 0) >= units && (room?.granules ?? 0) >= granules;
      if (isAtHome) expect(least).toBeCloseTo(Math.min(...costs), 9);
    }),
    { numRuns: 1000 },
  );
});

test("with one core and one granule, and nothing at home, it is what it costs at least", () => {
  fc.assert(
    fc.property(arbitrary, weights, (given, weighed) => {
      const { space, model, home } = taskOf(given);
      const nodes = space.nodes.map((node) => ({ ...node, units: 0, granules: 0 }));
      const alone = space.nodes.map(({ id }) => [{ node: id, share: 1 }]).toSpliced(home, 1);
      if (alone.length === 0) return;
      const costs = alone.flatMap((cpus) =>
        alone.map((memory) => realCost(model, home, cpus, memory, weighed)),
      );
      const least = strayingMemory({ ...space, nodes })(home, 1, 1, ...weighed);
      expect(least).toBeCloseTo(Math.min(...costs), 9);
    }),
  );
});

test("memory of the own node, and interleaved memory, costs what the model says", () => {
  fc.assert(
    fc.property(arbitrary, weights, (given, weighed) => {
      const { space, model, home, units, granules } = taskOf(given);
      const nodes = space.nodes.length;
      const own = [{ node: home, share: 1 }];
      const parts = Array.from(
        { length: nodes },
        (_, i) => Math.floor(granules / nodes) + (i < granules % nodes ? 1 : 0),
      );
      const real = (memory: readonly NodeShare[]): number =>
        realCost(model, home, own, memory, weighed);
      expect(ownMemory(home, units, granules, ...weighed)).toBeCloseTo(real(own), 9);
      const interleaved = interleavedMemory(space)(home, units, granules, ...weighed);
      expect(interleaved).toBeCloseTo(real(shares(parts)), 9);
    }),
  );
});
