import { guestFromPlan } from "@evenkeel/core/guest/from-plan.ts";
import { devicePorts, type PassedFunction } from "@evenkeel/core/guest/guest.ts";
import { ncclXml } from "@evenkeel/core/guest/nccl/print.ts";
import { pciForms } from "@evenkeel/core/guest/ports.ts";
import { limitsFor, parseVersions } from "@evenkeel/core/guest/versions.ts";
import { place } from "@evenkeel/core/fleet/place.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { resolveRequest } from "@evenkeel/core/request/resolve.ts";
import { catalogMachine, catalogNames } from "@evenkeel/core/topology/catalog/catalog.ts";
import { generatedPlans } from "@evenkeel/core/testing/guest/generated-plans.ts";
import type { Link } from "@evenkeel/core/topology/topology.ts";
import { interconnects } from "@evenkeel/core/topology/interconnect.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readNccl } from "./read-nccl.ts";

/**
 * The class of two devices in the plan, derived from the plan alone. The file has no host bridges,
 * so devices of one cell that meet in no switch have one class.
 */
function promised(a: PassedFunction, b: PassedFunction, links: readonly Link[]): string {
  const link = links.find((one) =>
    [one.a, one.b].every((end) => [a.hostAddress, b.hostAddress].includes(end)),
  );
  if (link !== undefined) return `NV${link.lanes ?? "#"}`;
  if (a.device.cell !== b.device.cell) return "SYS";
  if (a.hostAddress.slice(0, -2) === b.hostAddress.slice(0, -2)) return "PIX";
  const [above, other] = [a, b].map(({ device }) =>
    (device.switches ?? []).map(({ address }) => address),
  );
  if (above?.[0] !== undefined && above[0] === other?.[0]) return "PIX";
  return above?.some((one) => other?.includes(one)) === true ? "PXB" : "NODE";
}

const plans = generatedPlans.filter(({ devices }) =>
  devices.some(({ kind }) => kind === "accelerator"),
);

test("a guest's NCCL file, read back, has the plan's nodes, devices and distances", () => {
  fc.assert(
    fc.property(plans, fc.constantFrom(...pciForms), (plan, form) => {
      const guest = guestFromPlan(plan, { pci: form });
      const read = readNccl(ncclXml(guest), "written");
      const functions = devicePorts(guest.pci)
        .flatMap((port) => port.functions)
        .filter(({ role }) => role !== "companion")
        .toSorted((a, b) => (a.guestAddress < b.guestAddress ? -1 : 1));
      const addresses = (role: string): string[] =>
        functions.filter((fn) => fn.role === role).map((fn) => fn.guestAddress);
      expect(read.accelerators.map(({ address }) => address)).toEqual(addresses("accelerator"));
      expect(read.nics.map(({ address }) => address)).toEqual(addresses("nic"));
      const cells = new Set(functions.map(({ device }) => device.cell));
      expect(read.nodes.map(({ id, cpus }) => ({ id, cpus }))).toEqual(
        guest.cells.filter(({ id }) => cells.has(id)).map(({ id, cpus }) => ({ id, cpus })),
      );
      const of = interconnects(read);
      for (const [i, a] of functions.entries()) {
        const pci = read.pci.find(({ address }) => address === a.guestAddress);
        expect(pci?.node).toBe(a.device.cell);
        expect(pci?.link?.maxSpeedGTs ?? null).toBe(a.device.link?.maxSpeedGTs ?? null);
        for (const b of functions.slice(i + 1)) {
          expect(of(a.guestAddress, b.guestAddress)?.replace("PHB", "NODE")).toBe(
            promised(a, b, plan.links ?? []),
          );
        }
      }
    }),
    { numRuns: 300 },
  );
});

const limits = limitsFor(parseVersions("qemu=10.0"));

/** As in the file, which has no host bridges: devices that meet in no switch have one class. */
const sayable = (name: string | null): string | null => name?.replace("PHB", "NODE") ?? null;

test.each(catalogNames)(
  "devices placed on %s have the same interconnects in the guest as on the host",
  (name) => {
    const topology = catalogMachine(name);
    if (topology === null) throw new Error("not in the catalog");
    const onHost = interconnects(topology);
    let compared = 0;
    for (const [accelerators, nics] of [2, 4, 8].flatMap((count) =>
      [0, 1, 2].map((n) => [count, n] as const),
    )) {
      const spec = {
        accelerators: { count: accelerators },
        nics: { count: nics },
        vcpus: 8,
        memory: "16Gi",
      };
      const vm = {
        apiVersion: "evenkeel/v1",
        kind: "VirtualMachine",
        metadata: { name: "llm-a" },
        spec,
      } as const;
      const host = { topology, taken: [], policy: defaultHostPolicy };
      const plan = place([host], resolveRequest(vm, []));
      if (plan.kind !== "Plan") continue;
      for (const pci of pciForms) {
        const guest = guestFromPlan(plan, { pci, limits });
        const of = interconnects(readNccl(ncclXml(guest), "written"));
        const functions = devicePorts(guest.pci)
          .flatMap((port) => port.functions)
          .filter(({ role }) => role !== "companion");
        for (const [i, a] of functions.entries()) {
          for (const b of functions.slice(i + 1)) {
            expect(sayable(of(a.guestAddress, b.guestAddress))).toBe(
              sayable(onHost(a.hostAddress, b.hostAddress)),
            );
            compared++;
          }
        }
      }
    }
    if (topology.accelerators.length > 1) expect(compared).toBeGreaterThan(0);
  },
);
