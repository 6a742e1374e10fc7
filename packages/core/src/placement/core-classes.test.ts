import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { accelerators, requestOf } from "../../testing/request/requests.ts";
import { place } from "../fleet/place.ts";
import { planFaults } from "../plan/check/plan-check.ts";
import type { HostState } from "../plan/host-state.ts";
import type { Plan } from "../plan/plan.ts";
import { formOf, planSignature } from "../plan/signature/signature.ts";
import { defaultHostPolicy } from "../request/host-policy.ts";
import type { Request } from "../request/request.ts";
import { indices } from "../set/index-set.ts";
import { setOf } from "../set/list-format.ts";
import { catalogMachine, catalogNames } from "../topology/catalog/catalog.ts";
import { syntheticTopology } from "../topology/synthetic/build.ts";
import type { Topology } from "../topology/topology.ts";
import { at, valueOf } from "../unit/list.ts";
import { GiB } from "../unit/bytes.ts";
import { capacityReport } from "./capacity/report.ts";

const policy = {
  ...defaultHostPolicy,
  reserved: { ...defaultHostPolicy.reserved, coresPerNode: 0 },
};

/** Two caches of ten cores, of which the last five of each are the fast ones, as in a GB10. */
const gb10 =
  "l3:2 core:10 classes:5-9,15-19;0-4,10-14 memory:128Gi hugepages:64x1Gi cpu:GB10 arch:aarch64";

function hostOf(machine: string | Topology, taken: readonly Plan[] = []): HostState {
  const topology = typeof machine === "string" ? syntheticTopology(machine) : machine;
  return { topology, taken, policy };
}

function planned(host: HostState, request: Request): Plan {
  const plan = place([host], request);
  if (plan.kind === "Refusal") throw new Error(JSON.stringify(plan));
  expect(planFaults(plan, host, request)).toEqual([]);
  return plan;
}

/** The plans of VMs of these sizes, one after the other. */
function inTurn(machine: string, requests: readonly Partial<Request>[]): Plan[] {
  const plans: Plan[] = [];
  for (const [i, request] of requests.entries()) {
    plans.push(planned(hostOf(machine, plans), requestOf({ name: `vm-${i}`, ...request })));
  }
  return plans;
}

/** The class of each vCPU's cores, in the vCPUs' order; a digit for each class that it may have. */
function classesOf(plan: Plan, { cores }: Topology): string {
  const classOf = new Map(
    cores.flatMap((core) => indices(setOf(core.cpus)).map((cpu) => [cpu, core.class] as const)),
  );
  const vcpus = plan.cells.flatMap((cell) => cell.vcpus);
  return vcpus
    .map((vcpu) => {
      const cpus = "cpu" in vcpu ? [vcpu.cpu] : indices(setOf(vcpu.cpus));
      return [...new Set(cpus.map((cpu) => `${valueOf(classOf, cpu) ?? "?"}`))]
        .toSorted()
        .join("+");
    })
    .join("");
}

describe("a VM's cores are of one class where that is possible", () => {
  test.each<readonly [string, string, readonly number[], readonly string[]]>([
    ["the fastest first, though whole caches are mixed", gb10, [8], ["00000000"]],
    ["the next where the fastest has too few", gb10, [8, 8], ["00000000", "11111111"]],
    ["what is left of each", gb10, [6, 6, 4, 4], ["000000", "111111", "0000", "1111"]],
    ["several only where none has enough", gb10, [8, 8, 4], ["00000000", "11111111", "1100"]],
    ["all of them", gb10, [20], [`${"1".repeat(5)}${"0".repeat(5)}`.repeat(2)]],
    [
      "also where another node has them",
      "package:2 core:4 classes:0-1,6-7;2-5 memory:32Gi hugepages:20x1Gi distances:10/21",
      [2, 2, 2, 2],
      ["00", "00", "11", "11"],
    ],
    [
      "over all cells of a VM",
      "package:2 core:4 classes:0-2,4;3,5-7 memory:32Gi hugepages:20x1Gi distances:10/21",
      // No class has two cores on both nodes; each cell has its own class.
      [6, 2],
      ["000111", "10"],
    ],
    [
      "by the cell that gets the remainder",
      "package:2 core:4 classes:0,4-5;1-3,6-7 memory:32Gi hugepages:20x1Gi distances:10/21",
      [5],
      ["11111"],
    ],
    ["unknown ones last", "core:4 classes:2-3 memory:32Gi hugepages:20x1Gi", [2, 2], ["00", "??"]],
  ])("%s", (_, machine, sizes, expected) => {
    const plans = inTurn(
      machine,
      sizes.map((vcpus) => ({ vcpus, memoryBytes: 4 * GiB })),
    );
    const topology = syntheticTopology(machine);
    expect(plans.map((plan) => classesOf(plan, topology))).toEqual(expected);
  });

  test("and floats over cores of one class where it shares them", () => {
    const shared = { isolation: "shared", vcpus: 4, memoryBytes: 4 * GiB } as const;
    const plans = inTurn(gb10, [shared, { ...shared, vcpus: 8 }, { ...shared, vcpus: 3 }]);
    const topology = syntheticTopology(gb10);
    expect(plans.map((plan) => [...new Set(classesOf(plan, topology))])).toEqual([
      ["0"],
      ["1"],
      ["0"],
    ]);
    expect(at(plans, 0).signatureText).toContain("4 floating vCPUs over class 0");
  });

  test("with whole caches of that class first", () => {
    const [plan] = inTurn(gb10, [{ vcpus: 5, memoryBytes: 4 * GiB }]);
    expect(plan?.cells[0]?.vcpus.map((v) => "cpu" in v && v.cpu)).toEqual([5, 6, 7, 8, 9]);
  });
});

test("VMs on equal nodes with unequal cores are no twins, and say why", () => {
  const [fast, slow] = inTurn(gb10, [{ vcpus: 10 }, { vcpus: 10 }]);
  expect(fast?.signature).not.toBe(slow?.signature);
  expect(fast?.signatureText).toContain("10 cores of class 0");
  expect(slow?.signatureText).toContain("10 cores of class 1");
  const [mixed] = inTurn(gb10, [{ vcpus: 12 }]);
  expect(mixed?.signatureText).toContain("12 cores (10 of class 0, 2 of class 1)");
  const blind = gb10.replace(/classes:\S+ /, "");
  const [one, two] = inTurn(blind, [{ vcpus: 10 }, { vcpus: 10 }]);
  expect(one?.signature).toBe(two?.signature);
});

test("a flavor's slots are counted in its class", () => {
  const flavor = requestOf({ flavor: "f", name: "f", vcpus: 4, memoryBytes: GiB });
  const { fleet } = capacityReport([hostOf(gb10)], [flavor]);
  const own = fleet[0]?.classes.filter((entry) => entry.own);
  // Ten fast cores take two VMs of four, and the slow ones as many otherwise placed.
  expect(own).toMatchObject([{ fits: 2, exact: true }]);
});

describe("plans and flavors of before classes were known stay valid", () => {
  /** The signature as releases before signed: they did not know the classes of cores. */
  const formerly = (topology: Topology): Topology => ({
    ...topology,
    cores: topology.cores.map((core) => ({ ...core, class: null })),
  });

  test.each([...catalogNames])("a flavor sold on %s gets its VMs, in its signature", (name) => {
    const topology = catalogMachine(name);
    if (topology === null) throw new Error(`the catalog has no ${name}`);
    const request = requestOf({
      accelerators: accelerators(topology.accelerators.length > 0 ? 1 : 0),
      hugepageBytes: null,
    });
    const { signature } = planned(hostOf(formerly(topology)), request);
    expect(formOf(signature)).toBe(1);
    // All cores of one class, as a reader may say now.
    const known = { ...topology, cores: topology.cores.map((core) => ({ ...core, class: 0 })) };
    for (const now of [topology, known]) {
      expect(planned(hostOf(now), { ...request, flavor: "f", signature }).signature).toBe(
        signature,
      );
    }
  });

  test("a flavor sold without classes gets its VMs of any class, by the rules of before", () => {
    const topology = syntheticTopology(gb10);
    const request = requestOf({ vcpus: 5, memoryBytes: 4 * GiB });
    const sold = planned(hostOf(formerly(topology)), request);
    expect(formOf(sold.signature)).toBe(1);
    const flavor = { ...request, flavor: "f", signature: sold.signature };
    const plans: Plan[] = [];
    for (const name of ["a", "b", "c", "d"]) {
      plans.push(planned(hostOf(topology, plans), { ...flavor, name }));
    }
    expect(plans.map((plan) => plan.signature)).toEqual(Array(4).fill(sold.signature));
    expect(plans.map((plan) => classesOf(plan, topology))).toEqual([
      "00000",
      "00000",
      "11111",
      "11111",
    ]);
    const { fleet } = capacityReport([hostOf(topology)], [flavor]);
    expect(fleet[0]?.classes).toMatchObject([{ signature: sold.signature, fits: 4 }]);
    // The stored plan is still one for this machine, and its signature right.
    expect(planFaults(sold, hostOf(topology), { ...flavor, name: "vm" })).toEqual([]);
  });

  test("a flavor sold with a class gets no VM of another", () => {
    const topology = syntheticTopology(gb10);
    const request = requestOf({ vcpus: 5, memoryBytes: 4 * GiB });
    const sold = planned(hostOf(topology), request);
    expect(formOf(sold.signature)).toBe(2);
    expect(sold.signature).toMatch(/^2-[0-9a-f]{16}$/);
    const flavor = { ...request, flavor: "f", signature: sold.signature };
    const first = planned(hostOf(topology), { ...flavor, name: "a" });
    const second = planned(hostOf(topology, [first]), { ...flavor, name: "b" });
    const third = place([hostOf(topology, [first, second])], { ...flavor, name: "c" });
    expect(JSON.stringify(third)).toContain("signature-unavailable");
    expect(planSignature(sold, topology, 1).signature).toBe(
      planSignature(sold, formerly(topology)).signature,
    );
  });
});

test("classes of cores change no decision where all are of one", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.boolean(), (vcpus, isShared) => {
      const machine = "l3:2 core:10 thread:2 memory:64Gi hugepages:40x1Gi";
      const request = requestOf({ vcpus, isolation: isShared ? "shared" : "core" });
      const [without, of] = [machine, `${machine} classes:0-39`].map((text) =>
        planned(hostOf(text), request),
      );
      expect(of).toEqual(without);
    }),
    { numRuns: 40 },
  );
});
