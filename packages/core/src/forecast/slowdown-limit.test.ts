import * as fc from "fast-check";
import { expect, test } from "vitest";
import { legalPlans } from "../../testing/placement/brute-force.ts";
import { hostWith } from "../../testing/placement/placed-vms.ts";
import { accelerators, requestOf } from "../../testing/request/requests.ts";
import { costModel, planCost } from "../cost/placement-cost.ts";
import { profileOf } from "../cost/workload.ts";
import { place } from "../fleet/place.ts";
import { idealCost } from "../placement/ideal.ts";
import type { HostState } from "../plan/host-state.ts";
import { placedPlan } from "../plan/placed-plan.ts";
import type { Plan } from "../plan/plan.ts";
import type { Request } from "../request/request.ts";
import { workloads } from "../request/virtual-machine.ts";
import { syntheticTopology } from "../topology/synthetic/build.ts";
import type { Topology } from "../topology/topology.ts";
import { GiB } from "../unit/bytes.ts";
import { forecastOf } from "./forecast.ts";

const machines = [
  "package:2 core:4 thread:1 memory:16Gi hugepages:8x1Gi distances:10/32 root*2[gpu:l40s nic:cx7]",
  "package:2 core:4 thread:2 memory:16Gi hugepages:8x1Gi distances:10/21 root[switch[gpu:l40s*2 nic:cx7]]",
  "package:1 core:6 thread:1 memory:16Gi hugepages:9x1Gi root[switch[gpu:l40s*2]] root[switch[gpu:l40s*2]]",
].map((text) => slowMemory(syntheticTopology(text)));

/** A machine whose memory is as small as the VMs: two of them at work share it. */
function slowMemory(topology: Topology): Topology {
  const ids = topology.nodes.map(({ id }) => id);
  const access = ids.flatMap((initiator) =>
    ids.map((target) => ({
      initiator,
      target,
      readLatencyNs: initiator === target ? 90 : 150,
      readBytesPerSecond: initiator === target ? 20e9 : 9e9,
      basis: "hmat" as const,
    })),
  );
  return { ...topology, access };
}

const request: fc.Arbitrary<Request> = fc
  .record({
    gpus: fc.nat(2),
    nics: fc.nat(1),
    vcpus: fc.integer({ min: 1, max: 3 }),
    gib: fc.integer({ min: 1, max: 3 }),
    workload: fc.constantFrom(...workloads),
  })
  .map(({ gpus, nics, vcpus, gib, workload }) =>
    requestOf({
      accelerators: accelerators(gpus),
      nics: { count: nics, rdma: false },
      vcpus,
      memoryBytes: gib * GiB,
      workload,
    }),
  );

/** Whether the new VM, and every running one that it slows, stays within the limit. */
function isWithin(host: HostState, plan: Plan, limit: number): boolean {
  return forecastOf(host, plan).vms.every(
    ({ slowdownBefore, slowdownAfter }) =>
      slowdownBefore === slowdownAfter || slowdownAfter <= limit,
  );
}

/** The fewest cells and then the least cost of all legal placements within the limit. */
function bruteBest(host: HostState, asked: Request, limit: number): readonly number[] | null {
  const model = costModel(host.topology, asked.workload);
  const ideal = idealCost(host, asked);
  const found: (readonly [number, number])[] = [];
  for (const written of legalPlans(host, asked)) {
    const placed = placedPlan(written, host.topology);
    if (placed === null || typeof asked.workload !== "string")
      throw new Error("it is on this host");
    const raw = model.cost(placed);
    const cost = planCost(raw, ideal ?? raw);
    const plan = { ...written, workload: asked.workload, cost };
    if (isWithin(host, plan, limit)) found.push([plan.cells.length, cost.slowdown]);
  }
  return found.toSorted(([a, b], [c, d]) => a - c || b - d)[0] ?? null;
}

test("the best place within the limit is that of brute force, and none is found where it finds none", () => {
  const seen = { placed: 0, refused: 0, elsewhere: 0 };
  fc.assert(
    fc.property(
      fc.constantFrom(...machines),
      fc.array(request, { minLength: 1, maxLength: 4 }),
      request,
      fc.constantFrom(1, 1.02, 1.02, 1.1),
      (topology, earlier, asked, limit) => {
        const open = hostWith(topology, earlier);
        const host = { ...open, policy: { ...open.policy, maxSlowdown: limit } };
        const named = { ...asked, name: "new" };
        const answer = place([host], named);
        const best = bruteBest(host, named, limit);
        if (answer.kind === "Refusal") {
          expect(best).toBeNull();
          const free = place([open], named);
          if (free.kind === "Refusal") return;
          seen.refused++;
          const reasons = answer.hosts.flatMap(({ ways }) => ways.flatMap((way) => way.reasons));
          expect(reasons.map(({ code, needs }) => [code, needs])).toEqual([
            ["slowdown-exceeded", limit],
          ]);
          // What the remedy says is enough.
          const to = Number(answer.hosts[0]?.remedies[0]?.to);
          expect(Math.round(to * 100)).toBe(Math.ceil(Number(reasons[0]?.has) * 100));
          const mended = { ...open, policy: { ...open.policy, maxSlowdown: to } };
          expect(place([mended], named).kind).toBe("Plan");
          return;
        }
        seen.placed++;
        expect(isWithin(host, answer, limit)).toBe(true);
        expect([answer.cells.length, answer.cost.slowdown]).toEqual(best);
        const free = place([open], named);
        if (free.kind === "Plan" && !isWithin(open, free, limit)) seen.elsewhere++;
      },
    ),
    { numRuns: 100 },
  );
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(0);
});

function messagesOf(answer: ReturnType<typeof place>): readonly string[] {
  const ways = answer.kind === "Plan" ? [] : answer.hosts.flatMap((of) => of.ways);
  return ways.flatMap(({ reasons }) => reasons.map(({ message }) => message));
}

test("the next host is taken where the best one would slow a VM beyond its limit", () => {
  const [topology] = machines;
  if (topology === undefined) throw new Error("there is one");
  const asked = requestOf({
    accelerators: accelerators(1),
    memoryBytes: 3 * GiB,
    workload: "staging",
  });
  const busy = hostWith(topology, [asked, asked]);
  const limited = { ...busy, policy: { ...busy.policy, maxSlowdown: 1.05 } };
  const other = { ...busy, topology: { ...topology, name: "other" }, taken: [] };
  const next = { ...asked, name: "next" };
  const refused = place([limited], next);
  expect(messagesOf(refused)).toEqual([
    "next would take 1.9209 times as long as at its best, and at most 1.05 is allowed: memory of " +
      "node 1: 26.2 of 20.0 GB/s asked for, 2 VMs.",
  ]);
  expect(refused).toMatchObject({
    kind: "Refusal",
    hosts: [{ ways: [{ reasons: [{ code: "slowdown-exceeded", needs: 1.05 }] }] }],
  });
  const there = place([limited, other], next);
  expect(there).toMatchObject({ kind: "Plan", host: "other" });
  // Without a limit the hosts are compared as ever.
  const packed = place([busy, other], next);
  expect(packed.kind).toBe("Plan");
});

test("nodes that have as much free are no longer alike where their VMs load them differently", () => {
  const topology = slowMemory(
    syntheticTopology("package:2 core:9 thread:1 memory:32Gi hugepages:8x1Gi distances:10/32"),
  );
  const large = requestOf({ vcpus: 4, memoryBytes: 5 * GiB, workload: "staging" });
  const quiet = {
    ...profileOf("compute"),
    name: "quiet",
    computeNs: 1e9,
    memoryBytes: 0,
  };
  // Each is too large for the other's node, and as large; the quiet one reads nothing.
  for (const both of [
    ["staging", quiet],
    [quiet, "staging"],
  ] as const) {
    const host = hostWith(
      topology,
      both.map((workload) => ({ ...large, workload })),
    );
    const nodes = host.taken.map(({ cells }) => cells[0]?.hostNode);
    expect(new Set(nodes)).toEqual(new Set([0, 1]));
    const calm = nodes[both.indexOf(quiet)];
    const next = requestOf({ name: "next", vcpus: 1, memoryBytes: GiB, workload: "staging" });
    const answer = place([{ ...host, policy: { ...host.policy, maxSlowdown: 1.02 } }], next);
    expect(answer).toMatchObject({ kind: "Plan", cells: [{ hostNode: calm }] });
  }
});
