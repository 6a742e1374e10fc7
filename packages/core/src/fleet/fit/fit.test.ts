import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Plan } from "../../plan/plan.ts";
import { isStraddleReason } from "../../plan/straddle-reason.ts";
import { place } from "../place.ts";
import { defaultHostPolicy } from "../../request/host-policy.ts";
import type { Request } from "../../request/request.ts";
import { accelerators, requestOf } from "../../../testing/request/requests.ts";
import { isolations, localities } from "../../request/virtual-machine.ts";
import { has, indices } from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import { knownCpus } from "../../topology/node-facts.ts";
import { GiB } from "../../unit/bytes.ts";
import { catalogMachine } from "../../topology/catalog/catalog.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import { smallTopology } from "../../../testing/topology/arbitrary-machine.ts";
import type { Topology } from "../../topology/topology.ts";
import { describeFit } from "./describe-fit.ts";
import { fitFlavors } from "./fit.ts";
import type { FlavorFit } from "./flavor-fit.ts";

/**
 * Two nodes, each with 7 cores to sell, 40 pages of 1 GiB, 20 GiB of base pages, 2 GPUs and 2 NICs.
 */
const machine = syntheticTopology(
  `package:2 core:8 thread:2 memory:64Gi hugepages:40x1Gi distances:10/21
   root*2[switch[gpu:h100-sxm nic:cx7]]`,
);

function fitOf(given: Partial<Request>, topology: Topology = machine): FlavorFit {
  const [fit] = fitFlavors(topology, defaultHostPolicy, [requestOf(given)]);
  if (fit === undefined) throw new Error("no fit");
  return fit;
}

test("a flavor that fits on one node, and how many fit", () => {
  // 3 cores and 1 GPU: two fit on a node, by cores and by GPUs.
  const fit = fitOf({ accelerators: accelerators(1), vcpus: 6, memoryBytes: 10 * GiB });
  expect(fit).toEqual({
    name: "vm",
    locality: "strict",
    nodes: 1,
    onOneNode: true,
    untold: [],
    shortages: [],
    room: null,
    enough: [0, 1],
    count: 4,
    countIsBound: false,
    cost: { shown: 1, hidden: 1, basis: "modelled" },
  });
  expect(describeFit(fit)).toBe("vm fits on one node; 4 fit on the empty machine.");
});

test("the last VM may straddle what the others leave", () => {
  // 2 cores each: 3 on either node, and a seventh of the one core that each has left.
  expect(fitOf({ vcpus: 4, memoryBytes: 8 * GiB }).count).toBe(7);
});

test("too many cores for a node: it straddles two, with the numbers and the slowdown", () => {
  const fit = fitOf({ accelerators: accelerators(2), vcpus: 16, memoryBytes: 30 * GiB });
  expect(fit.nodes).toBe(2);
  expect(fit.shortages).toEqual([
    { node: 0, resource: "cores", needs: 8, has: 7 },
    { node: 1, resource: "cores", needs: 8, has: 7 },
  ]);
  // 3 of 7 cores are left on each node, and a second would take 4 of each.
  expect(fit.count).toBe(1);
  // Half of all paths lead to the other package, which is modelled at twice the own: half more of
  // the 0.55 that memory and copies weigh. The peers, 0.35 of the whole, lie on two nodes (SYS, 16
  // GB/s) where the best pair is on one (NODE, 18): they cost that with local memory too.
  expect(fit.cost?.shown).toBe(1);
  expect(fit.cost?.hidden).toBeCloseTo(1 + (0.55 * 0.5) / (0.65 + (0.35 * 18) / 16), 4);
  expect(describeFit(fit)).toBe(
    "vm straddles 2 nodes: up to 14 vCPUs would fit on one (node 0 lacks 1 core of 8); predicted to be no slower if the guest sees its nodes, and 26.4 % slower if it does not; 1 fits on the empty machine.",
  );
});

test("too much memory for the accelerator's node: it strays, or does not fit under strict", () => {
  const asked = { accelerators: accelerators(1), vcpus: 2, memoryBytes: 50 * GiB };
  const fit = fitOf({ ...asked, locality: "preferred" });
  expect(fit.nodes).toBeNull();
  expect(fit.shortages).toEqual([
    { node: 0, resource: "hugepages", needs: 50, has: 40 },
    { node: 1, resource: "hugepages", needs: 50, has: 40 },
  ]);
  // A fifth of the memory costs twice as much: a fifth more of the 0.55.
  expect(fit.cost?.shown).toBeCloseTo(1 + 0.55 * 0.2, 4);
  expect(fit.count).toBe(1);
  expect(describeFit(fit)).toBe(
    "vm straddles nodes: up to 40 GiB of memory would fit on one (node 0 lacks 10 huge pages of 50); predicted to be 11 % slower; 1 fits on the empty machine.",
  );
  expect(describeFit(fitOf(asked))).toContain("none fits as asked, under locality strict.");
});

test("base pages are counted in bytes, without the pools and the host's own", () => {
  const fit = fitOf({ vcpus: 4, memoryBytes: 25 * GiB, hugepageBytes: null });
  expect(fit.shortages).toEqual([
    { node: 0, resource: "memoryBytes", needs: 25 * GiB, has: 20 * GiB },
    { node: 1, resource: "memoryBytes", needs: 25 * GiB, has: 20 * GiB },
  ]);
  expect(describeFit(fit)).toContain(
    "straddles 2 nodes: up to 20 GiB of memory would fit on one (node 0 lacks 5 GiB of 25 GiB);",
  );
});

test("shared cores are counted in CPUs, and NICs where they lie", () => {
  const fit = fitOf({ vcpus: 16, isolation: "shared", nics: { count: 3, rdma: true } });
  expect(fit.shortages.filter(({ node }) => node === 1)).toEqual([
    { node: 1, resource: "cpus", needs: 16, has: 14 },
    { node: 1, resource: "nics", needs: 3, has: 2 },
  ]);
});

test("a flavor that does not fit at all, with what the nearest node lacks", () => {
  const fit = fitOf({ accelerators: accelerators(5) });
  expect(fit.cost).toBeNull();
  expect(fit.count).toBe(0);
  expect(describeFit(fit)).toBe("vm does not fit on this machine: node 0 lacks 3 GPUs of 5.");
});

test("enough of everything is not enough where the accelerators are not linked", () => {
  const fit = fitOf({ accelerators: { count: 2, model: null, link: "nvlink" } });
  expect(fit.enough).toEqual([0, 1]);
  expect(describeFit(fit)).toBe(
    "vm does not fit on this machine: nodes 0, 1 have enough of everything, but not with devices connected as asked.",
  );
});

test("a device of unknown node may be on any, so how many a node has is unknown", () => {
  const some = syntheticTopology(
    "package:2 core:4 memory:16Gi hugepages:8x1Gi root[gpu:l40s nic:cx7]@0 root[gpu:l40s]@?",
  );
  const asked = { accelerators: accelerators(2), nics: { count: 1, rdma: false } };
  expect(fitOf(asked, some).shortages).toEqual([
    { node: 0, resource: "accelerators", needs: 2, has: null },
    { node: 1, resource: "accelerators", needs: 2, has: null },
    { node: 1, resource: "nics", needs: 1, has: 0 },
  ]);
  // One of another model is on none for this request, and neither is a NIC that does no RDMA.
  const other = syntheticTopology(
    `package:2 core:4 memory:16Gi hugepages:8x1Gi root[gpu:l40s]@0
     root[gpu:h100-pcie nic:e810]@?`,
  );
  const told: Topology = { ...other, nics: other.nics.map((nic) => ({ ...nic, rdma: false })) };
  const l40s = { ...accelerators(2), model: "l40s" };
  const counts = (topology: Topology): readonly (number | null)[] =>
    fitOf({ accelerators: l40s, nics: { count: 1, rdma: true } }, topology).shortages.map(
      (one) => one.has,
    );
  expect(counts(told)).toEqual([1, 0, 0, 0]);
  const untold: Topology = { ...other, nics: other.nics.map((nic) => ({ ...nic, rdma: null })) };
  expect(counts(untold)).toEqual([1, null, 0, null]);
});

test("whether unknown memory holds a flavor is unknown", () => {
  const unknown = syntheticTopology("package:1 core:4 memory:?");
  const fit = fitOf({ hugepageBytes: null }, unknown);
  expect(fit.shortages).toEqual([{ node: 0, resource: "memoryBytes", needs: 2 * GiB, has: null }]);
  expect(fit.onOneNode).toBe(null);
  expect(describeFit(fit)).toMatch(
    /^Not enough is known to say .* Nobody told the memory of node 0: /,
  );
});

test("pages in use count as free, as the machine is taken to be empty", () => {
  const busy = syntheticTopology("package:1 core:4 memory:16Gi hugepages:0/8x1Gi");
  expect(fitOf({ memoryBytes: 4 * GiB, vcpus: 1 }, busy).count).toBe(2);
});

test("counting is bounded and says so", () => {
  const wide = syntheticTopology(
    "package:2 core:150 memory:2Ti hugepages:1000x1Gi distances:10/20",
  );
  const fit = fitOf({ vcpus: 1, memoryBytes: GiB }, wide);
  expect(fit.count).toBe(256);
  expect(describeFit(fit)).toContain("at least 256 fit");
});

test("an eight-GPU host: one node holds four GPUs, but not with all of its cores", () => {
  const hgx = catalogMachine("hgx-h100") ?? machine;
  const four = { accelerators: accelerators(4), memoryBytes: 700 * GiB };
  expect(fitOf({ ...four, vcpus: 110 }, hgx).nodes).toBe(1);
  expect(fitOf({ ...four, vcpus: 112 }, hgx)).toMatchObject({
    nodes: 2,
    shortages: [
      { node: 0, resource: "cores", needs: 56, has: 55 },
      { node: 1, resource: "cores", needs: 56, has: 55 },
    ],
  });
});

const anyRequest: fc.Arbitrary<Request> = fc
  .record({
    accelerators: fc.integer({ min: 0, max: 3 }).map(accelerators),
    vcpus: fc.integer({ min: 1, max: 12 }),
    memoryBytes: fc.integer({ min: 1, max: 12 }).map((gib) => gib * GiB),
    hugepageBytes: fc.constantFrom(GiB, null),
    locality: fc.constantFrom(...localities),
    isolation: fc.constantFrom(...isolations),
  })
  .map(requestOf);

/** Whether a plan's cells, memory and CPUs are all on one node, CPU by CPU. */
function isPlanOnOneNode({ cells }: Plan, { nodes }: Topology): boolean {
  const nodeOf = (cpu: number): number | undefined =>
    nodes.find((node) => has(knownCpus(node), cpu))?.id;
  const used = cells.flatMap(({ hostNode, memoryOnNodes, vcpus }) => [
    hostNode,
    ...memoryOnNodes.map(({ node }) => node),
    ...vcpus.flatMap((one) =>
      ("cpu" in one ? [one.cpu] : indices(setOf(one.cpus))).map((cpu) => nodeOf(cpu)),
    ),
  ]);
  return new Set(used).size === 1;
}

test("of places that cost the same, the figures are those of the one that place takes", () => {
  // 7 of 8 pages: with 2 of node 1's 3, its GPUs have a page; with 2 of node 2's, they have none.
  const topology = syntheticTopology(
    `package:2 node:2 core:2 memory:8Gi hugepages:none@0 hugepages:3x1Gi@1-2 hugepages:2x1Gi@3
     root[gpu:h100-sxm*2]@1`,
  );
  const request = requestOf({ vcpus: 3, memoryBytes: 7 * GiB, isolation: "shared" });
  const small = requestOf({ accelerators: accelerators(1), vcpus: 1, memoryBytes: GiB });
  for (const [flavors, slower] of [
    [[request], "14.6 %"],
    [[request, small], "13.2 %"],
  ] as const) {
    const [fit] = fitFlavors(topology, defaultHostPolicy, flavors);
    const placed = place([{ topology, taken: [], policy: defaultHostPolicy }], request, {
      flavors,
    });
    if (placed.kind !== "Plan" || fit === undefined) throw new Error("it does not fit");
    expect(describeFit(fit)).toContain(`and ${slower} slower if it does not;`);
    expect(placed.reasons.find(isStraddleReason)).toContain(`and ${slower} slower if it does not`);
  }
});

test("the count is that of VMs placed in turn, and agrees with the placement", () => {
  fc.assert(
    fc.property(smallTopology, anyRequest, anyRequest, (topology, request, other) => {
      const nodes = topology.nodes.map((node) => ({
        ...node,
        hugepages: node.hugepages?.map((pool) => ({ ...pool, free: pool.total })) ?? null,
      }));
      const empty = { ...topology, nodes };
      const flavors = [request, other];
      const [fit] = fitFlavors(topology, defaultHostPolicy, flavors);
      if (fit === undefined) throw new Error("no fit");
      const taken: Plan[] = [];
      for (;;) {
        const host = { topology: empty, taken, policy: defaultHostPolicy };
        const placed = place([host], { ...request, name: `vm-${taken.length}` });
        if (placed.kind === "Refusal") break;
        taken.push(placed);
      }
      expect(fit.count).toBe(taken.length);
      if (request.locality === "strict") expect(fit.nodes).toBe(taken[0]?.cells.length ?? null);
      const first = place([{ topology: empty, taken: [], policy: defaultHostPolicy }], request, {
        flavors,
      });
      if (first.kind === "Plan" && fit.cost !== null && request.locality !== "interleave") {
        const reason = first.reasons.find(isStraddleReason) ?? null;
        expect(reason === null).toBe(isPlanOnOneNode(first, topology));
        if (reason !== null && fit.onOneNode === false) {
          // `place` and `--fit` say one thing in the same words.
          const same = describeFit(fit).split(": ").slice(1).join(": ");
          const told = `: ${same.slice(0, same.lastIndexOf("; "))}.`;
          expect(reason.endsWith(told), `${reason}\n${told}`).toBe(true);
        }
      }
      if (fit.onOneNode) expect(fit.enough.length).toBeGreaterThan(0);
      if (fit.count > 0 && request.locality !== "interleave") expect(fit.cost).not.toBeNull();
      if (fit.cost !== null) expect(fit.cost.hidden).toBeGreaterThanOrEqual(1);
      const start = fit.onOneNode === null ? "Not enough is known" : "vm";
      expect(describeFit(fit)).toMatch(new RegExp(`^${start} .*[A-Za-z0-9)]\\.$`));
    }),
    { numRuns: 100 },
  );
});
