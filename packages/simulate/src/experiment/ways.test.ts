import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { NodeShare } from "@evenkeel/core/cost/placement-cost.ts";
import { accelerators, requestOf } from "@evenkeel/core/testing/request/requests.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";
import { randomFor } from "../random.ts";
import type { Offered, OfferedNode } from "./offered.ts";
import { placeUnplanned, unplannedWays } from "./ways.ts";

const device = (i: number, node: number): Offered["accelerators"][number] => ({
  address: `0000:${i.toString(16).padStart(2, "0")}:00.0`,
  node,
});

/** Nodes on a line, each with CPUs and memory of its own; a GPU and a NIC for each so many. */
const offers = fc
  .tuple(
    fc.array(fc.record({ cpus: fc.nat(16), bytes: fc.nat(64) }), { minLength: 1, maxLength: 5 }),
    fc.integer({ min: 1, max: 8 }),
  )
  .map(([parts, devices]): Offered => {
    const ids = parts.map((_, id) => id);
    const nodes = parts.map(({ cpus, bytes }, id): OfferedNode => {
      const nearest = ids.toSorted((a, b) => Math.abs(a - id) - Math.abs(b - id) || a - b);
      return { id, cpus, bytes, nearest };
    });
    const all = Array.from({ length: devices }, (_, i) => device(i, i % parts.length));
    return { nodes, accelerators: all, nics: all.map((_, i) => device(i + 32, 0)) };
  });

const requests = fc
  .record({ count: fc.integer({ min: 0, max: 3 }), vcpus: fc.integer({ min: 1, max: 12 }) })
  .chain(({ count, vcpus }) =>
    fc.integer({ min: 1, max: 80 }).map((memoryBytes) =>
      requestOf({
        accelerators: { ...accelerators(count) },
        nics: { count, rdma: false },
        vcpus,
        memoryBytes,
      }),
    ),
  );

const on = (parts: readonly NodeShare[], node: number): number =>
  sumOf(
    parts.filter((part) => part.node === node),
    ({ share }) => share,
  );

test("no way gives a device twice, more memory than a node has, or a core to two pinned VMs", () => {
  const input = fc.tuple(offers, requests, fc.constantFrom(...unplannedWays), fc.nat(1000));
  fc.assert(
    fc.property(input, ([offered, request, way, seed]) => {
      const placed = placeUnplanned(way, offered, request, 4, randomFor(seed, way));
      const devices = placed.flatMap((vm) => [
        ...vm.accelerators.map(({ address }) => address),
        ...vm.nics,
      ]);
      expect(new Set(devices).size).toBe(devices.length);
      for (const vm of placed) {
        expect(vm.accelerators).toHaveLength(request.accelerators.count);
        for (const { vcpuNodes, memoryNodes } of vm.cells) {
          expect(sumOf(vcpuNodes, ({ share }) => share)).toBeCloseTo(1, 9);
          expect(sumOf(memoryNodes, ({ share }) => share)).toBeCloseTo(1, 9);
        }
      }
      for (const { id, cpus, bytes } of offered.nodes) {
        const cells = placed.flatMap((vm) => vm.cells);
        const memory = sumOf(cells, (cell) => on(cell.memoryNodes, id) * request.memoryBytes);
        expect(memory).toBeLessThanOrEqual(bytes + 1e-6);
        const pinned = sumOf(cells, (cell) => on(cell.vcpuNodes, id) * request.vcpus);
        if (way === "pinned") expect(pinned).toBeLessThanOrEqual(cpus + 1e-6);
      }
    }),
  );
});

const twoNodes: Offered = {
  nodes: [
    { id: 0, cpus: 8, bytes: 64, nearest: [0, 1] },
    { id: 1, cpus: 8, bytes: 64, nearest: [1, 0] },
  ],
  accelerators: [device(0, 0), device(1, 0), device(2, 1), device(3, 1)],
  nics: [],
};
const ofOne = requestOf({
  accelerators: accelerators(1),
  nics: { count: 0, rdma: false },
  vcpus: 4,
  memoryBytes: 32,
});
const drawn = (way: "luck" | "interleave" | "pinned"): readonly string[] =>
  Array.from({ length: 60 }, (_, seed) =>
    placeUnplanned(way, twoNodes, ofOne, 4, randomFor(seed, "draw")).map(
      ({ cells: [cell] }) =>
        `${JSON.stringify(cell?.vcpuNodes)} ${JSON.stringify(cell?.memoryNodes)}`,
    ),
  ).flat();

const half = '[{"node":0,"share":0.5},{"node":1,"share":0.5}]';
const one = (node: number): string => `[{"node":${node},"share":1}]`;

test("by luck vCPUs float, and memory is on the node of a start that may be any", () => {
  const found = new Set(drawn("luck"));
  expect(found).toContain(`${half} ${one(0)}`);
  expect(found).toContain(`${half} ${one(1)}`);
  expect([...found].every((text) => text.startsWith(half))).toBe(true);
});

test("interleaved memory is the same on all nodes", () => {
  expect(new Set(drawn("interleave"))).toEqual(new Set([`${half} ${half}`]));
});

test("pinned VMs have cores and memory of one node, and any GPU", () => {
  expect(new Set(drawn("pinned"))).toEqual(new Set([`${one(0)} ${one(0)}`, `${one(1)} ${one(1)}`]));
  const away = Array.from({ length: 60 }, (_, seed) =>
    placeUnplanned("pinned", twoNodes, ofOne, 1, randomFor(seed, "gpu")),
  )
    .flat()
    .filter(({ cells, accelerators: [gpu] }) => gpu?.node !== cells[0]?.vcpuNodes[0]?.node);
  expect(away.length).toBeGreaterThan(10);
  expect(away.length).toBeLessThan(50);
});

test("a VM larger than what a node has left straddles, and one too large is not placed", () => {
  const large = { ...ofOne, vcpus: 12, memoryBytes: 96 };
  const [vm] = placeUnplanned("pinned", twoNodes, large, 1, randomFor(1, "large"));
  expect(vm?.cells[0]?.vcpuNodes.map(({ share }) => share)).toEqual(
    expect.arrayContaining([8 / 12, 4 / 12]),
  );
  for (const way of unplannedWays) {
    const none = placeUnplanned(
      way,
      twoNodes,
      { ...ofOne, memoryBytes: 129 },
      1,
      randomFor(1, way),
    );
    expect(none).toEqual([]);
  }
});
