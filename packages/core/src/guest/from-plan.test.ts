import * as fc from "fast-check";
import { expect, test } from "vitest";
import { EvenkeelError } from "../error/evenkeel-error.ts";
import type { Plan } from "../plan/plan.ts";
import { type GuestOptions, guestFromPlan } from "./from-plan.ts";
import { generatedPlans } from "../../testing/guest/generated-plans.ts";
import { planOf } from "../../testing/guest/plan-of.ts";
import { limitsFor, parseVersions } from "./versions.ts";

const late = limitsFor(parseVersions("qemu=10.0"));

const uniform = (cells: number, cores: number): Plan =>
  planOf({ threadsPerCore: 1, cells: Array.from({ length: cells }, () => ({ cores })) });

/** An error as its reader gets it, on one line. */
function refusal(plan: Plan, options: GuestOptions = {}): string {
  try {
    guestFromPlan(plan, options);
  } catch (error) {
    if (!(error instanceof EvenkeelError)) throw error;
    return [error.code, error.where, error.message, error.expected, error.remedy].join(" | ");
  }
  return "none";
}

test("every refusal says what, where, how much, and what to do", () => {
  const two = uniform(2, 1);
  expect({
    cells: refusal(uniform(129, 1)),
    vcpus: refusal(uniform(2, 145)),
    armVcpus: refusal({ ...uniform(4, 129), architecture: "aarch64" }),
    unknown: refusal({ ...two, architecture: null }),
    other: refusal({ ...two, architecture: "ppc64le" }),
    name: refusal({ ...two, vm: "../etc" }),
    inconsistent: refusal({ ...two, cells: two.cells.toReversed() }),
  }).toMatchInlineSnapshot(`
    {
      "armVcpus": "render-unsupported | plan: cells | the guest would have 516 vCPUs | at most 512, the most that QEMU 7.2 under libvirt 9.0 runs on aarch64 | ask for fewer vCPUs, or render with the limits of a later hypervisor",
      "cells": "render-unsupported | plan: cells | the guest would have 129 nodes | at most 128, the nodes of QEMU 7.2 under libvirt 9.0 | ask for a placement on fewer nodes",
      "inconsistent": "plan-inconsistent | plan: cells[0].id | cells[0].id: must be its position (and 3 more like it) | a plan whose parts agree with one another | place the VM again instead of editing its plan",
      "name": "request-invalid | plan: vm | the name "../etc" contains "/" or "_" | a name of letters, digits, hyphens and dots that begins with a letter or a digit | rename the VM or its tenant, and place it again",
      "other": "render-unsupported | plan: architecture | no guest of ppc64le can be rendered | x86_64 or aarch64 | give the architecture, or place the VM on a topology that has it",
      "unknown": "render-unsupported | plan: architecture | the host's architecture is unknown | x86_64 or aarch64 | give the architecture, or place the VM on a topology that has it",
      "vcpus": "render-unsupported | plan: cells | the guest would have 290 vCPUs | at most 288, the most that QEMU 7.2 under libvirt 9.0 runs on x86_64 | ask for fewer vCPUs, or render with the limits of a later hypervisor",
    }
  `);
});

test("an unknown architecture may be given, a known one not be changed", () => {
  const plan = uniform(1, 1);
  const given = guestFromPlan({ ...plan, architecture: null }, { architecture: "aarch64" });
  expect(given.architecture).toBe("aarch64");
  expect(guestFromPlan(plan, { architecture: "aarch64" }).architecture).toBe("x86_64");
});

test("a later hypervisor's limits may be given", () => {
  expect(guestFromPlan(uniform(4, 256), { limits: late }).cpu.vcpus).toBe(1024);
});

test("more than 255 vCPUs need wider interrupts, on x86 alone", () => {
  const wide = (plan: Plan): boolean => guestFromPlan(plan).cpu.extendedInterrupts;
  expect(wide(uniform(1, 255))).toBe(false);
  expect(wide(uniform(1, 256))).toBe(true);
  expect(wide({ ...uniform(1, 256), architecture: "aarch64" })).toBe(false);
});

test("every plan within the limits becomes a guest of the same parts", () => {
  fc.assert(
    fc.property(generatedPlans, (plan) => {
      const guest = guestFromPlan(plan);
      expect(guest.cells.map(({ id, cpus }) => [id, cpus])).toEqual(
        plan.cells.map(({ id, vcpus }) => {
          const [first, last] = [vcpus.at(0)?.id, vcpus.at(-1)?.id];
          return [id, first === last ? `${first}` : `${first}-${last}`];
        }),
      );
      const planned = plan.cells.flatMap(({ vcpus }) =>
        vcpus.map((vcpu) => ({ id: vcpu.id, cpus: "cpu" in vcpu ? `${vcpu.cpu}` : vcpu.cpus })),
      );
      expect(guest.vcpuPins).toEqual(planned);
      expect(guest.cpu.dedicated).toBe(plan.cells.every((c) => c.vcpus.every((v) => "cpu" in v)));
      expect(guest).toEqual(guestFromPlan(structuredClone(plan)));
    }),
  );
});
