import { expect, test } from "vitest";
import { defaultHostPolicy } from "../request/host-policy.ts";
import { requestOf } from "../../testing/request/requests.ts";
import { syntheticTopology } from "../topology/synthetic/build.ts";
import { GiB } from "../unit/bytes.ts";
import type { HostState } from "../plan/host-state.ts";
import { place } from "../fleet/place.ts";
import type { Plan } from "../plan/plan.ts";
import { planFaults } from "../plan/check/plan-check.ts";

/**
 * One GPU cut into four functions, two of them with a profile; one with MIG instances; one whole.
 */
const topology = syntheticTopology(
  'package:1 core:16 memory:64Gi hugepages:32x1Gi root[gpu:l40s(functions:"2xNVIDIA L40S-24C,2")' +
    " gpu:h100-pcie(mig:3g.40gb,2x1g.10gb)] root[gpu:l40s]",
);

const asked = (model: string | null, count = 1) =>
  requestOf({
    accelerators: { count, model, link: "any" },
    vcpus: 2,
    memoryBytes: GiB,
  });

/** The devices that a request gets after others, or the causes of its refusal. */
function given(model: string | null, count = 1, taken: readonly Plan[] = []): string[] {
  const host: HostState = { topology, taken, policy: defaultHostPolicy };
  const answer = place([host], asked(model, count));
  if (answer.kind === "Refusal") {
    return answer.hosts.flatMap((one) =>
      one.ways.flatMap(({ reasons }) => reasons.map(({ code }) => code)),
    );
  }
  expect(planFaults(answer, host, asked(model, count))).toEqual([]);
  return answer.devices.map((device) => `${device.model}`);
}

test("a GPU that is cut into parts is not sold whole, and a part only by its profile", () => {
  expect(given("L40S")).toEqual(["L40S"]);
  expect(given(null)).toEqual(["L40S"]);
  expect(given("L40S", 2)).toContain("accelerators-short");
  expect(given("H100")).toContain("accelerators-short");
});

test("parts are sold by the full name of their profile, as many as have it", () => {
  expect(given("NVIDIA L40S-24C")).toEqual(["NVIDIA L40S-24C"]);
  expect(given("l40s-24c", 2)).toEqual(["NVIDIA L40S-24C", "NVIDIA L40S-24C"]);
  expect(given("L40S-24C", 3)).toContain("accelerators-short");
  expect(given("L40S-24")).toContain("accelerators-short");
});

test("the only virtual function of a GPU is all of it; one of several without a profile is not sold", () => {
  const asOne = 'package:1 core:8 memory:64Gi hugepages:32x1Gi root[gpu:mi300x(functions:"1")]';
  const asTwo = asOne.replace('"1"', '"2"');
  const answers = [asOne, asTwo].map((text) => {
    const host = { topology: syntheticTopology(text), taken: [], policy: defaultHostPolicy };
    return place([host], asked("MI300X"));
  });
  expect(answers.map(({ kind }) => kind)).toEqual(["Plan", "Refusal"]);
});

test("a held part is gone, and the other part is still available", () => {
  const host: HostState = { topology, taken: [], policy: defaultHostPolicy };
  const first = place([host], asked("L40S-24C"));
  if (first.kind === "Refusal") throw new Error(JSON.stringify(first));
  expect(given("L40S-24C", 1, [first])).toEqual(["NVIDIA L40S-24C"]);
  expect(given("L40S-24C", 2, [first])).toContain("accelerators-short");
});

test("a plan with a part instead of a whole GPU, or with a whole GPU that is cut, is illegal", () => {
  const host: HostState = { topology, taken: [], policy: defaultHostPolicy };
  const plan = place([host], asked("L40S-24C"));
  if (plan.kind === "Refusal") throw new Error(JSON.stringify(plan));
  const faults = planFaults(plan, host, asked(null)).map(({ message }) => message);
  expect(faults.join()).toContain("which was not asked for");
  const [device] = plan.devices;
  const whole = topology.pci.find(({ address }) => address === device?.address)?.physicalFunction;
  const moved: Plan = JSON.parse(JSON.stringify(plan).replaceAll(`${device?.address}`, `${whole}`));
  expect(planFaults(moved, host).map(({ message }) => message)).toContain(
    "is no accelerator of this host",
  );
});

test("the plan of a part has its type, by which it is rendered; that of a whole GPU has none", () => {
  const host: HostState = { topology, taken: [], policy: defaultHostPolicy };
  const profiles = ["L40S-24C", "L40S"].map((model) => {
    const plan = place([host], asked(model));
    return plan.kind === "Plan" ? plan.devices.map(({ profile }) => profile) : null;
  });
  expect(profiles).toEqual([["NVIDIA L40S-24C"], [null]]);
});

test("a GPU is asked for by its PCI ids too, a part is not", () => {
  expect(given("10de:2331")).toContain("accelerators-short");
  expect(given("10DE:26B9")).toEqual(["L40S"]);
  const unnamed = syntheticTopology(
    'package:1 core:8 memory:64Gi hugepages:32x1Gi root[gpu(id:10de:1c03 class:030000) gpu:l40s(functions:"1xNVIDIA L40S-24C")]',
  );
  const host: HostState = { topology: unnamed, taken: [], policy: defaultHostPolicy };
  const plan = place([host], asked("10de:1c03"));
  if (plan.kind === "Refusal") throw new Error(JSON.stringify(plan));
  expect(plan.devices.map(({ device }) => device)).toEqual(["1c03"]);
  expect(planFaults(plan, host, asked("10de:1c03"))).toEqual([]);
  expect(planFaults(plan, host, asked("10de:1c04"))).not.toEqual([]);
  expect(place([host], asked("10de:26b9")).kind).toBe("Refusal");
});
