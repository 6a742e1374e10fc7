import * as fc from "fast-check";
import { expect, test } from "vitest";
import { buildTopology } from "../topology/build.ts";
import { smallTopology } from "../../testing/topology/arbitrary-machine.ts";
import type { Access, Topology } from "../topology/topology.ts";
import { at } from "../unit/list.ts";
import { memoryPaths } from "./memory-path.ts";

function machine(
  packages: readonly (number | null)[],
  distances: readonly (readonly number[])[] | null,
  access: readonly Access[] = [],
  withoutCpus: readonly number[] = [],
): Topology {
  return buildTopology({
    name: "machine",
    source: "synthetic",
    nodes: packages.map((ofNode, id) => ({
      id,
      package: ofNode,
      cpus: withoutCpus.includes(id) ? "" : `${id}`,
      memoryBytes: 1,
      kind: null,
      hugepages: [],
    })),
    distances,
    access,
  });
}

const twoPackages = [
  [10, 21],
  [21, 10],
];

function figures(
  initiator: number,
  target: number,
  readLatencyNs: number | null,
  gigabytesPerSecond: number | null,
  basis: Access["basis"] = "measured",
): Access {
  const readBytesPerSecond = gigabytesPerSecond === null ? null : gigabytesPerSecond * 1e9;
  return { initiator, target, readLatencyNs, readBytesPerSecond, basis };
}

test("measured latency and bandwidth count half and half", () => {
  const topology = machine([0, 1], twoPackages, [figures(0, 0, 80, 100), figures(0, 1, 140, 40)]);
  // 140 / 80 = 1.75 and 100 / 40 = 2.5.
  expect(memoryPaths(topology).relative(0, 1)).toEqual({ relative: 2.125, basis: "measured" });
  expect(memoryPaths(topology).relative(0, 0)).toEqual({ relative: 1, basis: "measured" });
});

test("where one of the two is missing the other counts alone", () => {
  const latency = machine([0, 1], null, [figures(0, 0, 80, 100), figures(0, 1, 140, null)]);
  expect(memoryPaths(latency).relative(0, 1).relative).toBe(1.75);
  const bandwidth = machine([0, 1], null, [figures(0, 0, null, 100), figures(0, 1, 140, 40)]);
  expect(memoryPaths(bandwidth).relative(0, 1).relative).toBe(2.5);
});

test("HMAT is a claim and not a measurement, and is never mixed with one", () => {
  const claims = [figures(0, 0, 100, null, "hmat"), figures(0, 1, 150, null, "hmat")];
  const hmat = memoryPaths(machine([0, 1], twoPackages, claims));
  expect(hmat.relative(0, 1)).toEqual({ relative: 1.5, basis: "modelled" });
  const both = [...claims, figures(0, 0, 80, null), figures(0, 1, 144, null)];
  const measured = memoryPaths(machine([0, 1], twoPackages, both));
  expect(measured.relative(0, 1)).toEqual({ relative: 1.8, basis: "measured" });
  const partly = memoryPaths(machine([0, 1], twoPackages, [...claims, figures(0, 1, 400, null)]));
  expect(partly.relative(0, 1)).toEqual({ relative: 1.5, basis: "modelled" });
});

test("without the initiator's own figures the class decides", () => {
  const paths = memoryPaths(machine([0, 1], twoPackages, [figures(0, 1, 140, 40)]));
  expect(paths.relative(0, 1)).toEqual({ relative: 2, basis: "modelled" });
});

test("memory faster than the initiator's own is near, not a gain", () => {
  const topology = machine(
    [0, null],
    null,
    [figures(0, 0, 100, 100), figures(0, 1, 110, 400)],
    [1],
  );
  expect(memoryPaths(topology).relative(0, 1)).toEqual({ relative: 1, basis: "measured" });
});

test("classes have published costs, and a farther rank costs a little more", () => {
  const distances = [
    [10, 12, 20, 30],
    [13, 10, 20, 30],
    [20, 20, 10, 12],
    [20, 20, 12, 10],
  ];
  const { relative } = memoryPaths(machine([0, 0, 1, 1], distances));
  const costs = [relative(0, 0), relative(0, 1), relative(1, 0), relative(0, 2), relative(0, 3)];
  expect(costs.map((path) => path.relative)).toEqual([1, 1.05, 1.1, 2, 2.1]);
  expect(costs.every(({ basis }) => basis === "modelled")).toBe(true);
});

test("an unknown path costs as much as another package, with the basis unknown", () => {
  const unknown = { relative: 2, basis: "unknown" };
  const paths = memoryPaths(machine([null, null], null));
  expect(paths.relative(0, 1)).toEqual(unknown);
  expect(paths.relative(null, 1)).toEqual(unknown);
  expect(paths.relative(0, 9)).toEqual(unknown);
  expect(paths.relative(0, 0)).toEqual({ relative: 1, basis: "modelled" });
});

test("with a single node all memory is near, even to a device whose node is unknown", () => {
  const paths = memoryPaths(machine([null], null));
  expect(paths.relative(null, 0)).toEqual({ relative: 1, basis: "modelled" });
});

test("a node without CPUs reaches memory as the nearest CPUs do, and is itself a hop farther", () => {
  const distances = [
    [10, 21, 14, 24],
    [21, 10, 24, 14],
    [14, 24, 10, 30],
    [24, 14, 30, 10],
  ];
  const { relative } = memoryPaths(machine([0, 1, null, null], distances, [], [2, 3]));
  expect(relative(2, 0).relative).toBe(1);
  expect(relative(2, 1).relative).toBe(2);
  expect(relative(0, 2).relative).toBe(2);
  expect(relative(1, 2).relative).toBe(3);
  expect(relative(2, 3).relative).toBe(3);
  expect(relative(2, 2).relative).toBe(1);
});

test("without distances the nearest CPUs are known only where one node has CPUs", () => {
  const lone = memoryPaths(machine([0, null], null, [], [1]));
  expect(lone.relative(0, 1)).toEqual({ relative: 2, basis: "modelled" });
  const several = memoryPaths(machine([0, 1, null], null, [], [2]));
  expect(several.relative(0, 2)).toEqual({ relative: 2, basis: "unknown" });
});

test("own memory costs 1, nothing less, and distances order each class", () => {
  fc.assert(
    fc.property(smallTopology, (topology) => {
      const ids = topology.nodes.map(({ id }) => id);
      const withAccess = memoryPaths(topology);
      // Firmware's access times may contradict its distances.
      const paths = memoryPaths({ ...topology, access: [] });
      for (const from of ids) {
        expect(withAccess.relative(from, from).relative).toBe(1);
        for (const to of ids) {
          expect(withAccess.relative(from, to).relative).toBeGreaterThanOrEqual(1);
        }
      }
      for (const [row, from] of topology.nodes.entries()) {
        const others = topology.nodes.filter((to) => {
          return to !== from && from.cpus !== "" && to.cpus !== "" && to.package !== null;
        });
        for (const a of others) {
          for (const b of others) {
            const slitTo = (to: typeof a, slits: readonly number[]): number =>
              at(slits, topology.nodes.indexOf(to));
            const slits = topology.distances && at(topology.distances, row);
            if (from.package === null || a.package !== b.package) continue;
            if (slits !== null && slitTo(a, slits) > slitTo(b, slits)) continue;
            const [near, far] = [paths.relative(from.id, a.id), paths.relative(from.id, b.id)];
            expect(near.relative).toBeLessThanOrEqual(far.relative);
          }
        }
      }
    }),
  );
});
