import { expect, test } from "vitest";
import { requestOf } from "@evenkeel/core/testing/request/requests.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { type Offered, offeredTo } from "./offered.ts";

const topology = syntheticTopology(
  "package:3 core:4 thread:2 memory:64Gi hugepages:32x1Gi distances:10/21 " +
    "root[gpu:l40s]@0 root[gpu:h100-pcie]@1 root[nic:cx7]@2",
);
const on = (given: Partial<Request>, of = topology): Offered =>
  offeredTo(of, defaultHostPolicy, requestOf(given));

test("nodes by distance with all their CPUs, and memory in pages of the size that is asked for", () => {
  const distances = [
    [10, 31, 21],
    [31, 10, 21],
    [21, 21, 10],
  ];
  expect(on({ hugepageBytes: GiB }, { ...topology, distances }).nodes).toEqual([
    { id: 0, cpus: 8, bytes: 32 * GiB, nearest: [0, 2, 1] },
    { id: 1, cpus: 8, bytes: 32 * GiB, nearest: [1, 2, 0] },
    { id: 2, cpus: 8, bytes: 32 * GiB, nearest: [2, 0, 1] },
  ]);
  const bytes = (given: Partial<Request>): readonly number[] =>
    on(given).nodes.map((node) => node.bytes);
  expect(bytes({ hugepageBytes: null })).toEqual([32 * GiB, 32 * GiB, 32 * GiB]);
  expect(bytes({ hugepageBytes: 2 * 2 ** 20 })).toEqual([0, 0, 0]);
});

test("without distances a node is its own nearest, and all others are equal", () => {
  const { nodes } = on({}, { ...topology, distances: null });
  expect(nodes.map(({ nearest }) => nearest)).toEqual([
    [0, 1, 2],
    [1, 0, 2],
    [2, 0, 1],
  ]);
});

test("only accelerators of the wanted model, and only RDMA NICs where these are asked for", () => {
  const gpus = (model: string | null): readonly (number | null)[] =>
    on({ accelerators: { count: 1, model, link: "any" } }).accelerators.map(({ node }) => node);
  expect(gpus(null)).toEqual([0, 1]);
  expect(gpus("l40s")).toEqual([0]);
  expect(gpus("H100")).toEqual([1]);
  const nics = (rdma: boolean, isRdma: boolean | null): number =>
    on(
      { nics: { count: 1, rdma } },
      { ...topology, nics: topology.nics.map((nic) => ({ ...nic, rdma: isRdma })) },
    ).nics.length;
  expect([nics(false, false), nics(true, false), nics(true, null), nics(true, true)]).toEqual([
    1, 0, 0, 1,
  ]);
});
