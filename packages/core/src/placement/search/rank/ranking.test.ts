import * as fc from "fast-check";
import { expect, test } from "vitest";
import { defaultHostPolicy } from "../../../request/host-policy.ts";
import { requestOf } from "../../../../testing/request/requests.ts";
import { syntheticTopology } from "../../../topology/synthetic/build.ts";
import { at, valueOf } from "../../../unit/list.ts";
import { inventoryOf } from "../../inventory/inventory.ts";
import { emptyOccupancy } from "../../occupancy/occupancy.ts";
import { spaceFor } from "../../space/space.ts";
import { groupedDevices } from "../../../../testing/placement/grouped-devices.ts";
import { type Layout, compareObjectives } from "../../layout/layout.ts";
import { ranking, type SearchOptions } from "./ranking.ts";

const inventory = inventoryOf(syntheticTopology("package:1 core:2 memory:8Gi"), defaultHostPolicy);
// With shared cores there are no core variants.
const space = spaceFor(inventory, emptyOccupancy(inventory), requestOf({ isolation: "shared" }));
const devices = groupedDevices([0, 1, 2, 3, 4, 5]);

interface Judged {
  readonly layout: Layout;
  readonly positions: readonly number[];
  readonly loss: number;
  readonly isAccepted: boolean;
}

/** Layouts of different accelerators with few different objectives, so that there are ties. */
const layouts: fc.Arbitrary<readonly Judged[]> = fc.uniqueArray(
  fc
    .record({
      positions: fc.uniqueArray(fc.nat(5), { minLength: 2, maxLength: 2 }),
      cells: fc.integer({ min: 1, max: 2 }),
      cost: fc.nat(1),
      unrequestedDevices: fc.nat(1),
      loss: fc.nat(1),
      isAccepted: fc.boolean(),
    })
    .map(({ positions, cells, cost, unrequestedDevices, loss, isAccepted }) => ({
      positions: positions.toSorted((a, b) => a - b),
      loss,
      isAccepted,
      layout: {
        cells: [
          {
            node: 0,
            units: [],
            granules: [],
            idleThreads: 0,
            accelerators: positions.map((i) => at(devices, i)),
            nics: [],
          },
        ],
        partition: null,
        objective: {
          cells,
          cost,
          unrequestedDevices,
          unevenCells: 0,
          nodeDistanceSum: 0,
          mixedClasses: 0,
        },
      },
    })),
  { maxLength: 8, selector: ({ positions }) => positions.join() },
);

/** The definition of the order: by objective, by loss, by accelerators. */
function inOrder(judged: readonly Judged[], byLoss: boolean): readonly Judged[] {
  const place = ({ positions }: Judged): number => 10 * at(positions, 0) + at(positions, 1);
  return judged.toSorted(
    (a, b) =>
      compareObjectives(a.layout.objective, b.layout.objective) ||
      (byLoss ? a.loss - b.loss : 0) ||
      place(a) - place(b),
  );
}

test("the same two layouts are kept in any order of offers, and if only open ones are offered", () => {
  const cases = fc.record({
    explained: fc.boolean(),
    byLoss: fc.boolean(),
    accepting: fc.boolean(),
    isOptimumKnown: fc.boolean(),
  });
  fc.assert(
    fc.property(layouts, cases, (judged, { explained, byLoss, accepting, isOptimumKnown }) => {
      const acceptable = judged.filter(({ isAccepted }) => isAccepted || !accepting);
      const [best, next] = inOrder(acceptable, byLoss);
      const losses = new Map(judged.map(({ layout, loss }) => [layout, loss]));
      const lossOf = (layout: Layout): number => valueOf(losses, layout);
      const options: SearchOptions = {
        explained,
        loss: byLoss ? lossOf : undefined,
        accepts: accepting
          ? (layout) => acceptable.some((one) => one.layout === layout)
          : undefined,
        knownOptimum:
          isOptimumKnown && best !== undefined
            ? {
                objective: best.layout.objective,
                loss: byLoss ? best.loss : 0,
                freeAcceleratorsOnNodes: 0,
                unboundDevices: 2,
              }
            : undefined,
      };
      for (const isPruned of [false, true]) {
        const ranked = ranking(space, options);
        for (const { layout, positions } of judged) {
          const isOpen =
            ranked.unbounded() || ranked.couldImprove(layout.objective, () => positions);
          const begins =
            ranked.unbounded() ||
            ranked.couldImprove(layout.objective, () => positions.slice(0, 1));
          expect(begins || !isOpen).toBe(true);
          if (isOpen || !isPruned) ranked.offer(layout);
        }
        expect(ranked.best()).toBe(best?.layout ?? null);
        // Once the known optimum is reached, no runner-up is kept.
        if (!explained) expect(ranked.runnerUp()).toBeNull();
        else if (!isOptimumKnown) expect(ranked.runnerUp()).toBe(next?.layout ?? null);
      }
    }),
    { numRuns: 2000 },
  );
});

test("the runner-up has other devices or nodes, not only other cores and pages", () => {
  const cellOn = (node: number, pages: number): Layout["cells"][number] => ({
    node,
    units: [{ node, count: 1 }],
    granules: [{ node, count: pages }],
    idleThreads: 0,
    accelerators: devices.slice(node, node + 1),
    nics: [],
  });
  const layout = (node: number, pages: number, cost: number): Layout => ({
    cells: [cellOn(node, pages)],
    partition: null,
    objective: {
      cells: 1,
      cost,
      unrequestedDevices: 0,
      unevenCells: 0,
      nodeDistanceSum: 0,
      mixedClasses: 0,
    },
  });
  const [first, same, better, other] = [
    layout(0, 1, 2),
    layout(0, 2, 3),
    layout(0, 3, 1),
    layout(1, 1, 4),
  ];
  const ranked = ranking(space, { explained: true });
  for (const one of [first, same, better]) ranked.offer(one);
  expect([ranked.best(), ranked.runnerUp()]).toEqual([better, null]);
  for (const one of [other, same]) ranked.offer(one);
  expect([ranked.best(), ranked.runnerUp()]).toEqual([better, other]);
});

test("ties of a VM without accelerators go to the nodes with the fewest free ones", () => {
  const text =
    "package:3 core:4 memory:16Gi distances:10/21 root*2[gpu:h100-sxm]@0 root[gpu:h100-sxm]@2";
  const machine = inventoryOf(syntheticTopology(text), defaultHostPolicy);
  const wanted = requestOf({ vcpus: 2, hugepageBytes: null });
  const offered = spaceFor(machine, emptyOccupancy(machine), wanted);
  const on = (node: number, loss = 0): Layout & { readonly loss: number } => ({
    cells: [{ node, units: [], granules: [], idleThreads: 0, accelerators: [], nics: [] }],
    partition: null,
    objective: {
      cells: 1,
      cost: 1,
      unrequestedDevices: 0,
      unevenCells: 0,
      nodeDistanceSum: 0,
      mixedClasses: 0,
    },
    loss,
  });
  const chosen = (
    offers: readonly ReturnType<typeof on>[],
    options: SearchOptions = {},
  ): number[] => {
    const ranked = ranking(offered, options);
    for (const layout of offers) {
      if (ranked.unbounded() || ranked.couldImprove(layout.objective)) ranked.offer(layout);
    }
    return (ranked.best()?.cells ?? []).map(({ node }) => node);
  };
  expect(chosen([on(0), on(1), on(2)])).toEqual([1]);
  expect(chosen([on(0), on(2)])).toEqual([2]);
  // The loss comes first.
  const loss = (layout: Layout): number => ("loss" in layout ? Number(layout.loss) : 0);
  expect(chosen([on(0, 1), on(1, 2), on(2, 1)], { loss })).toEqual([2]);
});
