import { expect, test } from "vitest";
import { createFleet } from "./fleet.ts";
import { defaultHostPolicy } from "../request/host-policy.ts";
import type { Request } from "../request/request.ts";
import { accelerators, requestOf } from "../../testing/request/requests.ts";
import { syntheticTopology } from "../topology/synthetic/build.ts";
import { GiB } from "../unit/bytes.ts";
import { slotReasons } from "./choice-reasons.ts";
import type { HostState } from "../plan/host-state.ts";
import { inventoryOf } from "../placement/inventory/inventory.ts";
import { emptyOccupancy } from "../placement/occupancy/occupancy.ts";
import { place, type PlaceOptions } from "./place.ts";
import type { Plan } from "../plan/plan.ts";
import { planFaults } from "../plan/check/plan-check.ts";
import { demandOf } from "../placement/host-class/demand.ts";

const machine = syntheticTopology(
  "package:2 core:10 thread:2 memory:64Gi hugepages:48x1Gi distances:10/21 root[gpu:h100-sxm*4]",
);

const flavor = (count: number): Request =>
  requestOf({
    name: `gpu.${count}`,
    flavor: `gpu.${count}`,
    accelerators: accelerators(count),
    vcpus: 4 * count,
    memoryBytes: 10 * count * GiB,
  });

const hostOf = (name: string, taken: readonly Plan[] = []): HostState => ({
  topology: { ...machine, name },
  taken,
  policy: defaultHostPolicy,
});

function planned(hosts: readonly HostState[], request: Request, options: PlaceOptions = {}): Plan {
  const answer = place(hosts, request, options);
  if (answer.kind === "Refusal") throw new Error(JSON.stringify(answer));
  return answer;
}

/** A host on which flavors have been placed one after the other. */
function holding(name: string, counts: readonly number[], flavors: readonly Request[]): HostState {
  return counts.reduce<HostState>((host, count, i) => {
    const plan = planned([host], { ...flavor(count), name: `${name}-${i}` }, { flavors });
    return { ...host, taken: [...host.taken, plan] };
  }, hostOf(name));
}

const sold = [flavor(1), flavor(2), flavor(4)];

test("ties go to the place with the least loss, and the reasons give the slots", () => {
  const host = holding("host", [1], sold);
  const beside = planned([host], { ...flavor(1), name: "next" }, { flavors: sold });
  expect(beside.cells.map(({ hostNode }) => hostNode)).toEqual([0]);
  expect(beside.reasons.filter((reason) => /slot/.test(reason))).toEqual([
    "Next best: GPU 0000:27:00.0 on node 1 (fewer slots left: flavor gpu.2: 2 instead of 3, flavor gpu.4: 0 instead of 1).",
    "Fewer slots are left on this host: flavor gpu.1: 7 → 6.",
  ]);
  const whole = planned([host], { ...flavor(4), name: "whole" }, { flavors: sold });
  expect(whole.reasons.filter((reason) => reason.includes("slot"))).toEqual([
    "Takes the last 4-GPU slot of this host (flavor gpu.4: 1 → 0).",
    "Fewer slots are left on this host: flavor gpu.1: 7 → 3, flavor gpu.2: 3 → 1.",
  ]);
  const idle = requestOf({ name: "idle", vcpus: 2, memoryBytes: 2 * GiB });
  const free = planned([host], idle, { flavors: sold });
  expect(free.reasons).toContain("No flavor loses a slot.");
});

test("the reasons say why this host of several", () => {
  const hosts = [hostOf("a"), holding("b", [1], sold), hostOf("c")];
  const request = { ...flavor(1), name: "next" };
  const packed = planned(hosts, request, { flavors: sold });
  expect([packed.host, packed.reasons.at(-1)]).toEqual([
    "b",
    "Tried 3 hosts; b is the best. Host a would lose more of what the fleet can sell.",
  ]);
  const spread = planned(hosts, request, { flavors: sold, preferEmptyHosts: true });
  expect([spread.host, spread.reasons.at(-1)]).toEqual([
    "a",
    "Tried 3 hosts; a is the first of 2 with the most room. Host b has less room.",
  ]);
  const away = planned(hosts, request, { flavors: sold, awayFrom: ["b-0"] });
  expect(away.host).toBe("a");
  const [only] = hosts.slice(1);
  const refused = only && place([only], request, { awayFrom: ["b-0"] });
  expect(refused).toMatchObject({
    kind: "Refusal",
    hosts: [
      {
        host: "b",
        ways: [
          {
            reasons: [
              {
                code: "kept-away",
                message: "next must be kept away from b-0, which is on this host.",
              },
            ],
          },
        ],
        remedies: [],
      },
    ],
  });
});

test("another place is named by its GPUs and nodes", () => {
  const topology = syntheticTopology(
    "package:2 core:10 thread:2 memory:64Gi hugepages:48x1Gi root[gpu:h100-sxm*2]",
  );
  const request = requestOf({ accelerators: accelerators(2), vcpus: 4 });
  const { reasons } = planned([{ ...hostOf("a"), topology }], request);
  expect(reasons).toContain(
    "Next best: GPUs 0000:16:00.0 and 0000:27:00.0 on nodes 0 and 1 (2 NUMA nodes instead of 1).",
  );
});

/** The host with one VM of three accelerators on each node, so that two lie on two nodes. */
function split(): HostState {
  return [0, 1].reduce<HostState>((host, i) => {
    const plan = planned([host], { ...flavor(3), name: `three-${i}` });
    return { ...host, taken: [...host.taken, plan] };
  }, hostOf("host"));
}

test("a refusal names the flavor's signature where only another one is free", () => {
  const { signature } = planned([hostOf("empty")], flavor(2));
  const pinned: Request = { ...flavor(2), name: "pinned", signature };
  const host = split();
  const other = planned([host], flavor(2));
  const refused = place([host], pinned);
  if (refused.kind === "Plan") throw new Error("was placed");
  const [only] = refused.hosts;
  expect(only?.ways.map(({ reasons }) => reasons)).toEqual([
    [
      {
        code: "signature-unavailable",
        node: null,
        needs: 1,
        has: 0,
        message: `No free place has signature ${signature}, which flavor gpu.2 is sold in; the best free one has ${other.signature}: ${other.signatureText}.`,
      },
    ],
  ]);
  expect(only?.remedies.map(({ change, to }) => [change, to])).toEqual([
    ["spec.locality", "preferred"],
    ["signature", other.signature],
    ["host.taken", null],
    ["host.taken", null],
  ]);
  const faults = planFaults({ ...other, vm: "pinned" }, host, pinned);
  expect(faults.map(({ subject }) => subject)).toEqual(["signature"]);
  const forged = { ...other, signature };
  expect(planFaults(forged, host, pinned).map(({ message }) => message)).toContain(
    `is ${other.signature}, and the plan says ${signature}`,
  );
});

test("under preferred the VM may get another signature, and the reasons name it", () => {
  const { signature } = planned([hostOf("empty")], flavor(2));
  const pinned: Request = { ...flavor(2), signature, locality: "preferred" };
  const own = planned([hostOf("empty")], pinned);
  expect(own.signature).toBe(signature);
  expect(own.reasons.some((reason) => reason.includes("signature"))).toBe(false);
  const host = split();
  const plan = planned([host], pinned);
  expect(plan.signature).not.toBe(signature);
  expect(plan.reasons).toContain(
    `No place of the signature of flavor gpu.2, ${signature}, is free here. This one is ${plan.signature}: ${plan.signatureText}.`,
  );
  expect(planFaults(plan, host, pinned)).toEqual([]);
});

test("a request that lacks room gets remedies for room, with or without a signature", () => {
  const { signature } = planned([hostOf("empty")], flavor(4));
  const pinned: Request = { ...flavor(4), name: "pinned", signature };
  const refused = place([split()], pinned);
  if (refused.kind === "Plan") throw new Error("was placed");
  expect(refused.hosts[0]?.ways[0]?.reasons.map(({ code }) => code)).toContain(
    "accelerators-short",
  );
  expect(refused.hosts[0]?.remedies.map(({ change }) => change)).toContain("host.taken");
  const fewer = place([split()], flavor(2));
  expect(fewer.kind).toBe("Plan");
});

test("uncertain counts are given as N+, and the reasons say so", () => {
  const inventory = inventoryOf(machine, defaultHostPolicy);
  const host = { name: "host", inventory, occupancy: emptyOccupancy(inventory) };
  const soldFlavors = sold.map((request) => ({ demand: demandOf(request), weight: 1 }));
  const decision = createFleet([host], soldFlavors).decide(flavor(4), { explained: true });
  expect(decision?.exact).toBe(true);
  if (decision === null) return;
  const slots = decision.slots.map((slot) => ({ ...slot, exact: false }));
  expect(slotReasons({ ...decision, exact: false, slots, runnerUpSlots: [] }, true)).toEqual([
    "Fewer slots are left on this host: flavor gpu.1: 8+ → 4+, flavor gpu.2: 4+ → 2+, flavor gpu.4: 2+ → 1+.",
    "Not every choice could be counted: N+ means at least N, and another place may leave more.",
  ]);
});
