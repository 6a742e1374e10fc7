import { expect, test } from "vitest";
import { defaultHostPolicy } from "../request/host-policy.ts";
import { requestOf } from "../../testing/request/requests.ts";
import { syntheticTopology } from "../topology/synthetic/build.ts";
import type { Topology } from "../topology/topology.ts";
import { GiB } from "../unit/bytes.ts";
import { at } from "../unit/list.ts";
import { place } from "../fleet/place.ts";
import { planFaults } from "./check/plan-check.ts";
import { withSellablePages, withoutFreePages } from "./sellable-pages.ts";

const machine = syntheticTopology("package:1 core:9 memory:64Gi hugepages:10x1Gi");

const withFree = (free: number): Topology => ({
  ...machine,
  nodes: machine.nodes.map((node) => ({
    ...node,
    hugepages: node.hugepages?.map((pool) => ({ ...pool, free })) ?? null,
  })),
});

const poolOf = ({ nodes }: Topology): unknown => nodes[0]?.hugepages?.[0];

test("pages that are neither free nor promised are not sold", () => {
  const plan = place([{ topology: machine, taken: [], policy: defaultHostPolicy }], requestOf());
  if (plan.kind === "Refusal") throw new Error("does not fit");
  const sellable = (free: number, taken: readonly (typeof plan)[]): Topology =>
    withSellablePages({ topology: withFree(free), taken, policy: defaultHostPolicy });
  // Ten pages; a plan has two of them.
  expect(poolOf(sellable(10, []))).toEqual({ sizeBytes: GiB, total: 10, free: null });
  expect(poolOf(sellable(8, [plan]))).toEqual({ sizeBytes: GiB, total: 10, free: null });
  expect(poolOf(sellable(10, [plan]))).toEqual({ sizeBytes: GiB, total: 10, free: null });
  expect(poolOf(sellable(5, [plan]))).toEqual({ sizeBytes: GiB, total: 7, free: null });
  expect(poolOf(sellable(3, []))).toEqual({ sizeBytes: GiB, total: 3, free: null });
  // The node's other memory stays what it was.
  expect(at(sellable(3, []).nodes, 0).memoryBytes).toBe((64 - 7) * GiB);
});

test("the plan of a running VM is legal, although its pages are not free", () => {
  const host = { topology: machine, taken: [], policy: defaultHostPolicy };
  const plan = place([host], requestOf({ memoryBytes: 6 * GiB }));
  if (plan.kind === "Refusal") throw new Error("does not fit");
  const now = withFree(4);
  expect(planFaults(plan, { ...host, topology: now })).toHaveLength(1);
  expect(planFaults(plan, { ...host, topology: withoutFreePages(now) })).toEqual([]);
  const other = place([host], { ...requestOf({ memoryBytes: 5 * GiB }), name: "other" });
  if (other.kind === "Refusal") throw new Error("does not fit");
  const faults = planFaults(plan, { ...host, topology: withoutFreePages(now), taken: [other] });
  expect(faults.map(({ subject }) => subject)).toContain("node 0");
});
