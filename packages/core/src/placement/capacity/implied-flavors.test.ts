import { expect, test } from "vitest";
import { defaultHostPolicy } from "../../request/host-policy.ts";
import type { Request } from "../../request/request.ts";
import { accelerators, requestOf } from "../../../testing/request/requests.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import { GiB } from "../../unit/bytes.ts";
import type { HostState } from "../../plan/host-state.ts";
import { inventoryOf } from "../inventory/inventory.ts";
import { place } from "../../fleet/place.ts";
import type { Plan } from "../../plan/plan.ts";
import { planFaults } from "../../plan/check/plan-check.ts";
import { impliedSoldFlavors } from "./implied-flavors.ts";

/** The host keeps one core of each node. */
const hostOf = (text: string): HostState => ({
  topology: syntheticTopology(text),
  taken: [],
  policy: defaultHostPolicy,
});

function implied(text: string, request = requestOf()): readonly Request[] {
  const { topology, policy } = hostOf(text);
  return impliedSoldFlavors([inventoryOf(topology, policy)], request).map(
    ({ demand }) => demand.request,
  );
}

function planned(host: HostState, given: Partial<Request>): Plan {
  const request = requestOf(given);
  const plan = place([host], request);
  if (plan.kind === "Refusal") throw new Error(JSON.stringify(plan.hosts));
  expect(planFaults(plan, host, request)).toEqual([]);
  return plan;
}

const nodesOf = ({ cells }: Plan): readonly number[] => cells.map(({ hostNode }) => hostNode);
const holding = (host: HostState, ...plans: readonly Plan[]): HostState => {
  return { ...host, taken: [...host.taken, ...plans] };
};

const two = "package:2 core:9 thread:2 memory:64Gi hugepages:40x1Gi distances:10/21";

test("an implied flavor is one accelerator of a model with its even share, in the request's pages", () => {
  const [only, ...others] = implied(`${two} root[gpu:h100-sxm*2]`);
  expect(others).toEqual([]);
  expect(only).toMatchObject({ vcpus: 8, memoryBytes: 20 * GiB, hugepageBytes: GiB });
  expect(only?.name).toBe("one H100 SXM5 80GB with 8 vCPUs and 20 GiB");
  // The host keeps 4 GiB of the 24 GiB in base pages.
  const [base] = implied(`${two} root[gpu:h100-sxm*2]`, requestOf({ hugepageBytes: null }));
  expect(base).toMatchObject({ memoryBytes: 10 * GiB, hugepageBytes: null });
  const mixed = implied(`${two} root[gpu:h100-sxm*2]@0 root[gpu:l40s]@1`);
  expect(mixed.map(({ accelerators: { model }, vcpus }) => [model, vcpus])).toEqual([
    ["H100 SXM5 80GB", 8],
    ["L40S", 16],
  ]);
  // The node with the least share decides; unknown memory implies nothing.
  expect(implied(`${two} root*4[gpu:l40s]@0 root[gpu:l40s]@1`)[0]?.vcpus).toBe(4);
  expect(implied(`${two} root[gpu:l40s]@?`)).toEqual([]);
  expect(implied(two)).toEqual([]);
  expect(implied(`${two} root[gpu:l40s]`, requestOf({ hugepageBytes: 2 ** 21 }))).toEqual([]);
});

test("a VM without accelerators leaves the nodes of free ones when it can, and the next VM fits", () => {
  const host = hostOf(`${two} root[gpu:h100-sxm]@0`);
  const alone = planned(host, { name: "cpus", vcpus: 4 });
  expect(nodesOf(alone)).toEqual([1]);
  expect(alone.reasons).toContain(
    "Next best: node 0 (fewer slots left: one H100 SXM5 80GB with 16 vCPUs and 40 GiB: 0 instead of 1).",
  );
  const gpu = { name: "gpu", accelerators: accelerators(1), vcpus: 16, memoryBytes: 40 * GiB };
  expect(nodesOf(planned(holding(host, alone), gpu))).toEqual([0]);
  // It takes their node where the other node is too small.
  const large = { name: "large", vcpus: 14, memoryBytes: 30 * GiB };
  const full = holding(host, planned(host, large));
  expect(nodesOf(planned(full, { ...large, name: "second" }))).toEqual([0]);
});

test("it leaves them even where it would take no slot", () => {
  // With the shares of two of three accelerators taken, two of nine cores are left on their node.
  const host = hostOf(
    "package:2 core:9 thread:1 memory:64Gi hugepages:40x1Gi distances:10/21 root*3[gpu:l40s]@0",
  );
  const plan = planned(host, { name: "cpus", vcpus: 2, memoryBytes: GiB });
  expect(nodesOf(plan)).toEqual([1]);
  expect(plan.reasons.join(" ")).toContain("Next best: node 0 (cores beside 3 free GPUs).");
});

test("among nodes with accelerators it takes one with cores beyond their shares", () => {
  // A VM with fewer cores than its share leaves five more than the two free accelerators need.
  const host = hostOf(
    "package:2 core:13 thread:1 memory:64Gi hugepages:40x1Gi distances:10/21 root*3[gpu:l40s]",
  );
  const small = planned(host, { name: "small", accelerators: accelerators(1), vcpus: 1 });
  expect(nodesOf(small)).toEqual([0]);
  const plan = planned(holding(host, small), { name: "cpus", vcpus: 3 });
  expect(nodesOf(plan)).toEqual([0]);
});

test("among several hosts a VM without accelerators takes the one without any", () => {
  const hosts = [hostOf(`${two} root[gpu:h100-sxm]`), hostOf(two)].map((host, i) => ({
    ...host,
    topology: { ...host.topology, name: `host-${i}` },
  }));
  const plan = place(hosts, requestOf({ vcpus: 4 }));
  expect(plan).toMatchObject({ kind: "Plan", host: "host-1" });
});
