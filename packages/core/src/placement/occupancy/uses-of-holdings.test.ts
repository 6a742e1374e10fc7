import * as fc from "fast-check";
import { expect, test } from "vitest";
import { stranger } from "../../../testing/plan/stranger.ts";
import { requestOf } from "../../../testing/request/requests.ts";
import { smallTopology } from "../../../testing/topology/arbitrary-machine.ts";
import { inventoryOf } from "../inventory/inventory.ts";
import { usesOfHoldings } from "./uses-of-holdings.ts";
import { place } from "../../fleet/place.ts";
import { planFaults } from "../../plan/check/plan-check.ts";
import type { Holding } from "../../plan/holding.ts";
import type { HostState } from "../../plan/host-state.ts";
import { cpusOfPlan, type Plan } from "../../plan/plan.ts";
import { withSellablePages } from "../../plan/sellable-pages.ts";
import { defaultHostPolicy } from "../../request/host-policy.ts";
import { isolations, localities } from "../../request/virtual-machine.ts";
import { formatList, setOf } from "../../set/list-format.ts";
import { indexSet, indices } from "../../set/index-set.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import type { Topology } from "../../topology/topology.ts";
import { GiB, MiB } from "../../unit/bytes.ts";

const two =
  "package:2 core:4 memory:32Gi hugepages:20x1Gi distances:10/21 root[gpu:h100-sxm nic:cx7]";

/** One core of every node is kept. */
const keepingOne = {
  ...defaultHostPolicy,
  reserved: { ...defaultHostPolicy.reserved, coresPerNode: 1 },
};

function hostOf(held: readonly Holding[], text = two, taken: readonly Plan[] = []): HostState {
  return { topology: syntheticTopology(text), policy: keepingOne, taken, held };
}

/** The CPUs of the largest VM with cores of its own that fits. */
function most(host: HostState): number {
  for (let vcpus = 8; vcpus > 0; vcpus--) {
    const request = { ...requestOf({ memoryBytes: GiB }), vcpus, locality: "preferred" } as const;
    const plan = place([host], request);
    if (plan.kind === "Plan") {
      expect(planFaults(plan, host, request)).toEqual([]);
      return vcpus;
    }
  }
  return 0;
}

test("a pinned vCPU takes its CPU, and a floating one a CPU of those where it may run", () => {
  // The host keeps CPUs 0 and 4.
  expect(most(hostOf([]))).toBe(6);
  const pinned = stranger({
    vcpus: [
      { count: 1, cpus: "5" },
      { count: 1, cpus: "6" },
    ],
  });
  expect(most(hostOf([pinned]))).toBe(4);
  expect(most(hostOf([stranger({ vcpus: [{ count: 3, cpus: "4-7" }] })]))).toBe(4);
  expect(most(hostOf([stranger({ vcpus: [{ count: 4, cpus: "4-7" }] })]))).toBe(3);
  expect(most(hostOf([stranger({ vcpus: [{ count: 9, cpus: "4-7" }] })]))).toBe(3);
  // Two that may run everywhere have room on the host's own CPUs.
  expect(most(hostOf([stranger({ vcpus: [{ count: 2, cpus: "0-7" }] })]))).toBe(6);
  expect(most(hostOf([stranger({ vcpus: [{ count: 3, cpus: "0-7" }] })]))).toBe(5);
  // The pinned one needs CPU 4, so the floating one has only CPU 0 of these.
  const both = [
    { count: 1, cpus: "4" },
    { count: 2, cpus: "0-7" },
  ];
  expect(most(hostOf([stranger({ vcpus: both })]))).toBe(5);
});

test("floating vCPUs fill a core before they take another", () => {
  // CPUs N and N + 5 are of one core, and the host keeps CPUs 0 and 5.
  const text = "package:1 core:5 thread:2 memory:32Gi hugepages:20x1Gi";
  const beside = (count: number): number =>
    most(hostOf([stranger({ vcpus: [{ count, cpus: "1-4,6-9" }] })], text));
  expect([0, 1, 2, 3, 4, 5].map(beside)).toEqual([8, 6, 6, 4, 4, 2]);
});

test("what isolation closes: nodes and caches where a VM may run, and the host", () => {
  const small = requestOf({ vcpus: 2, memoryBytes: GiB });
  const nodeOf = (isolation: "core" | "l3" | "node" | "host", held: Holding): number | null => {
    const host = hostOf([held]);
    const plan = place([host], { ...small, isolation });
    if (plan.kind === "Refusal") return null;
    expect(planFaults(plan, host, { ...small, isolation })).toEqual([]);
    return plan.cells[0]?.hostNode ?? null;
  };
  const onFirst = stranger({ vcpus: [{ count: 1, cpus: "0-3" }] });
  expect(nodeOf("core", onFirst)).toBe(0);
  expect(nodeOf("l3", onFirst)).toBe(1);
  expect(nodeOf("node", onFirst)).toBe(1);
  expect(nodeOf("host", onFirst)).toBe(null);
  const everywhere = stranger({ vcpus: [{ count: 1, cpus: "0-7" }] });
  expect(nodeOf("core", everywhere)).toBe(0);
  expect(nodeOf("l3", everywhere)).toBe(null);
  const memoryOnly = stranger({ memory: [{ node: 0, pageBytes: 4096, bytes: MiB }] });
  expect(nodeOf("node", memoryOnly)).toBe(1);
});

test("a refusal names a VM without a plan, and says that it fits without it", () => {
  const held = [
    stranger({
      vcpus: [
        { count: 3, cpus: "1-3" },
        { count: 3, cpus: "5-7" },
      ],
    }),
  ];
  const refusal = place([hostOf(held)], requestOf({ vcpus: 2, memoryBytes: GiB }));
  if (refusal.kind === "Plan") throw new Error("it fits");
  expect(refusal.hosts[0]?.remedies.map(({ text }) => text)).toContain(
    "It fits without the VM router (process 4242), which runs without a plan.",
  );
  const alone = { ...requestOf({ vcpus: 2, memoryBytes: GiB }), isolation: "host" } as const;
  const closed = place([hostOf(held)], alone);
  if (closed.kind === "Plan") throw new Error("it fits");
  expect(closed.hosts[0]?.ways[0]?.reasons[0]?.message).toContain("router (without a plan)");
});

test("huge pages, memory and devices that a VM holds are not given away", () => {
  const request = requestOf({ vcpus: 2, memoryBytes: 12 * GiB, hugepageBytes: GiB });
  const pages = { node: 0, pageBytes: GiB, bytes: 10 * GiB };
  // Its pages are not free, and those of a VM that is off are: both are counted, each once.
  const text = two.replace("20x1Gi", "10/20x1Gi");
  const first = place([hostOf([], two)], { ...request, name: "first", memoryBytes: 8 * GiB });
  if (first.kind === "Refusal") throw new Error("it does not fit");
  expect(first.cells[0]?.hostNode).toBe(0);
  const host = hostOf([stranger({ memory: [pages, { ...pages, node: 1 }] })], text, [first]);
  const fits = (memoryBytes: number): boolean => {
    const strict = { ...request, memoryBytes, locality: "strict" } as const;
    const plan = place([host], strict);
    if (plan.kind === "Plan") expect(planFaults(plan, host, strict)).toEqual([]);
    return plan.kind === "Plan";
  };
  // Two pages of one node are left, and ten of the other.
  expect([12, 13].map((size) => fits(size * GiB))).toEqual([true, false]);
  const [gpu] = host.topology.accelerators;
  const holder = hostOf([stranger({ devices: [gpu?.address ?? ""] })]);
  const wanted = requestOf({ vcpus: 2, accelerators: { ...requestOf().accelerators, count: 1 } });
  const plan = place([holder], wanted);
  if (plan.kind === "Refusal") throw new Error("it does not fit");
  expect(plan.devices[0]?.address).toBe(host.topology.accelerators[1]?.address);
});

test("a VM that runs by a plan takes only what it holds beyond it", () => {
  const request = requestOf({ vcpus: 2, memoryBytes: 2 * GiB, hugepageBytes: GiB });
  const plan = place([hostOf([])], request);
  if (plan.kind === "Refusal") throw new Error("it does not fit");
  const own = formatList(cpusOfPlan(plan));
  const pages = { node: 0, pageBytes: GiB, bytes: 2 * GiB };
  const runs = (given: Partial<Holding>): number =>
    most(hostOf([stranger({ name: plan.vm, plan, ...given })], two, [plan]));
  const planned = runs({});
  expect(planned).toBe(4);
  expect(runs({ vcpus: [{ count: 2, cpus: own }], memory: [pages] })).toBe(planned);
  // It was set free by hand, and still has its own CPUs to run on.
  expect(runs({ vcpus: [{ count: 2, cpus: "0-7" }] })).toBe(planned);
  expect(runs({ vcpus: [{ count: 2, cpus: "6-7" }] })).toBe(planned - 2);
});

test("a plan that takes what another VM holds beyond its own plan is at fault", () => {
  const pages = { hugepageBytes: GiB, memoryBytes: 2 * GiB };
  const plans: Plan[] = [];
  for (const name of ["first", "second"]) {
    const plan = place([hostOf([], two, plans)], requestOf({ name, vcpus: 2, ...pages }));
    if (plan.kind === "Refusal") throw new Error("it does not fit");
    plans.push(plan);
  }
  const [first, second] = plans;
  if (first === undefined || second === undefined) throw new Error("two plans");
  const faults = (given: Partial<Holding>, plan = second): readonly string[] => {
    const running = stranger({ name: "first", plan: first, ...given });
    return planFaults(plan, hostOf([running], two, [first])).map(({ subject }) => subject);
  };
  const cpusOf = (plan: Plan): string => formatList(cpusOfPlan(plan));
  expect(faults({ vcpus: [{ count: 2, cpus: cpusOf(first) }] })).toEqual([]);
  expect(faults({ vcpus: [{ count: 2, cpus: "0-7" }] })).toEqual([]);
  expect(faults({ vcpus: [{ count: 2, cpus: cpusOf(second) }] })).toEqual(["first"]);
  const node = second.cells[0]?.hostNode;
  if (node === undefined) throw new Error("a cell");
  const own = first.cells[0]?.hostNode === node ? 2 : 0;
  const held = (more: number) => [{ node, pageBytes: GiB, bytes: (own + more) * GiB }];
  expect(faults({ memory: held(0) })).toEqual([]);
  expect(faults({ memory: held(18 - own) })).toEqual([]);
  expect(faults({ memory: held(19 - own) })).toEqual([`node ${node}`]);
});

test("huge pages beyond a plan are taken from what can be sold, and counted once", () => {
  const plan = place([hostOf([])], requestOf({ vcpus: 2, hugepageBytes: GiB, memoryBytes: GiB }));
  if (plan.kind === "Refusal") throw new Error("it does not fit");
  const memory = [{ node: 0, pageBytes: GiB, bytes: 6 * GiB }];
  const text = two.replace("20x1Gi", "14/20x1Gi");
  const host = hostOf([stranger({ plan, memory })], text, [plan]);
  expect(plan.cells[0]?.hostNode).toBe(0);
  expect(withSellablePages(host).nodes[0]?.hugepages).toMatchObject([{ total: 20, free: null }]);
});

test("a vCPU that may run nowhere but in a shared pool takes a place in it", () => {
  const policy = {
    ...defaultHostPolicy,
    reserved: { ...defaultHostPolicy.reserved, coresPerNode: 0 },
  };
  const topology = syntheticTopology("package:1 core:2 thread:2 memory:8Gi");
  const shared = (name: string) =>
    ({
      ...requestOf({ name, vcpus: 1, memoryBytes: GiB, hugepageBytes: null }),
      isolation: "shared",
    }) as const;
  const first = place([{ topology, policy, taken: [] }], shared("first"));
  if (first.kind === "Refusal") throw new Error("it does not fit");
  const pool = formatList(cpusOfPlan(first));
  const pinned = pool.split(/[-,]/).at(-1) ?? "";
  const fitBeside = (held: readonly Holding[]): number => {
    const taken = [first];
    for (;;) {
      const host = { topology, policy, taken: [...taken], held };
      const plan = place([host], shared(`more${taken.length}`));
      if (plan.kind === "Refusal") return taken.length - 1;
      expect(planFaults(plan, host, shared(plan.vm))).toEqual([]);
      taken.push(plan);
    }
  };
  expect(fitBeside([])).toBe(3);
  expect(fitBeside([stranger({ vcpus: [{ count: 1, cpus: pinned }] })])).toBe(2);
  expect(fitBeside([stranger({ vcpus: [{ count: 7, cpus: pinned }] })])).toBe(2);
});

test("thousands of floating vCPUs are checked and counted in little time", () => {
  const many = "package:4 core:64 thread:2 memory:64Gi";
  const wanted = requestOf({ vcpus: 8, memoryBytes: GiB, hugepageBytes: null });
  const plan = place([hostOf([], many)], wanted);
  if (plan.kind === "Refusal") throw new Error("it does not fit");
  const vmOn = (count: number) => (cpus: string, i: number) =>
    stranger({ name: `router${i}`, vcpus: [{ count, cpus }] });
  const spans = Array.from({ length: 3000 }, (_, i) => `${i % 250}-${260 + ((i * 7) % 252)}`);
  const cases = [
    ["0-511"].map(vmOn(5000)),
    spans.map(() => "0-511").map(vmOn(1)),
    spans.map(vmOn(1)),
  ];
  for (const held of cases) {
    const host = hostOf(held, many);
    const start = process.cpuUsage();
    expect(planFaults(plan, host).length).toBe(held.length);
    const inventory = inventoryOf(host.topology, host.policy);
    expect(usesOfHoldings(inventory, [], held).length).toBe(held.length);
    const { user } = process.cpuUsage(start);
    expect(user / 1e6).toBeLessThan(15);
  }
});

const request = fc
  .record({
    vcpus: fc.integer({ min: 1, max: 6 }),
    gpus: fc.integer({ min: 0, max: 2 }),
    isolation: fc.constantFrom(...isolations),
    locality: fc.constantFrom(...localities),
    memory: fc.constantFrom(
      { memoryBytes: GiB, hugepageBytes: GiB },
      { memoryBytes: 130 * MiB, hugepageBytes: null },
    ),
  })
  .map(({ gpus, memory, ...rest }) => {
    const plain = requestOf();
    return { ...plain, ...rest, ...memory, accelerators: { ...plain.accelerators, count: gpus } };
  });

/** Numbers that choose from what a machine has. */
const randomHolding = fc.record({
  vcpus: fc.array(
    fc.record({ count: fc.integer({ min: 1, max: 4 }), first: fc.nat(99), span: fc.nat(9) }),
    { maxLength: 3 },
  ),
  memory: fc.array(fc.record({ node: fc.nat(9), pages: fc.integer({ min: 1, max: 3 }) }), {
    maxLength: 2,
  }),
  devices: fc.array(fc.nat(9), { maxLength: 2 }),
});

function holdingOn(
  { cores, nodes, pci }: Topology,
  { vcpus, memory, devices }: typeof randomHolding extends fc.Arbitrary<infer T> ? T : never,
  i: number,
): Holding {
  const cpus = cores.flatMap((core) => indices(setOf(core.cpus)));
  return stranger({
    name: `stranger${i}`,
    vcpus: vcpus.flatMap(({ count, first, span }) => {
      const some = cpus.slice(first % cpus.length, (first % cpus.length) + span + 1);
      return some.length === 0 ? [] : [{ count, cpus: formatList(indexSet(some)) }];
    }),
    memory: memory.flatMap(({ node, pages }) => {
      const id = nodes[node % nodes.length]?.id;
      return id === undefined ? [] : [{ node: id, pageBytes: 4096, bytes: pages * 64 * MiB }];
    }),
    devices: devices.flatMap((device) => pci[device % Math.max(1, pci.length)]?.address ?? []),
  });
}

test("nothing that a running VM holds is given to another", () => {
  const seen = { placed: 0, refused: 0 };
  fc.assert(
    fc.property(
      smallTopology,
      fc.array(randomHolding, { maxLength: 4 }),
      fc.array(request, { minLength: 1, maxLength: 4 }),
      (topology, random, requests) => {
        const held = random.map((one, i) => holdingOn(topology, one, i));
        const taken: Plan[] = [];
        for (const [i, wanted] of requests.entries()) {
          const host = { topology, policy: defaultHostPolicy, taken: [...taken], held };
          const named = { ...wanted, name: `vm${i}` };
          const plan = place([host], named);
          if (plan.kind === "Refusal") {
            seen.refused++;
            continue;
          }
          seen.placed++;
          expect(planFaults(plan, host, named)).toEqual([]);
          taken.push(plan);
        }
      },
    ),
    { numRuns: 1200 },
  );
  expect(Math.min(seen.placed, seen.refused)).toBeGreaterThan(60);
});
