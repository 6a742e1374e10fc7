import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { guestFromPlan } from "@evenkeel/core/guest/from-plan.ts";
import type { Guest } from "@evenkeel/core/guest/guest.ts";
import { devicePorts } from "@evenkeel/core/guest/guest.ts";
import { guestName } from "@evenkeel/core/guest/name.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import type { HostState } from "@evenkeel/core/plan/host-state.ts";
import { place } from "@evenkeel/core/fleet/place.ts";
import { planFaults } from "@evenkeel/core/plan/check/plan-check.ts";
import type { PlanFault } from "@evenkeel/core/plan/check/plan-facts.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import type { Refusal } from "@evenkeel/core/plan/refusal.ts";
import { preflight } from "@evenkeel/core/preflight/preflight.ts";
import type { PreflightReport } from "@evenkeel/core/preflight/problem.ts";
import type { HostPolicy } from "@evenkeel/core/request/host-policy.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { hypervisorOf } from "../instance/hypervisor-of.ts";
import { readDomains } from "../hypervisor/libvirt/domains.ts";
import { takeOff } from "../instance/undo.ts";
import { readFacts } from "../preflight/read-facts.ts";
import { libvirtVersions, qemuVersions } from "../preflight/read-versions.ts";
import type { StateFolder } from "../state/state-folder.ts";
import { liveTree } from "../tree/directory-tree.ts";
import { readDrivers } from "../vfio/drivers.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { withVmLock } from "./lock.ts";

export interface Wanted {
  readonly request: Request;
  /** To run it by, instead of placing it. */
  readonly plan: Plan | null;
  readonly flavors: readonly Request[];
  readonly policy: HostPolicy;
  readonly topology: Topology;
  readonly via: Instance["via"];
  readonly uri: string;
  readonly emulated: boolean;
}

/** Where it goes and whether it can be started there, or why it goes nowhere. */
export type Decision =
  | Refusal
  | {
      readonly kind: "Start";
      readonly plan: Plan;
      readonly guest: Guest;
      readonly report: PreflightReport;
    };

/**
 * Decides where a VM runs and looks whether everything for it is there. To be called within the state
 * folder's `alone`, so that what is free stays free until it is written down as taken.
 *
 * Errors: `vm-exists`, `plan-inconsistent`, and those of the guest.
 */
export async function decide(wanted: Wanted, instances: readonly Instance[]): Promise<Decision> {
  const { request, topology, policy, flavors, via, uri, emulated } = wanted;
  const host: HostState = { topology, policy, taken: instances.map(({ plan }) => plan) };
  const placed = wanted.plan ?? place([host], request, { flavors });
  if (placed.kind === "Refusal") return placed;
  const faults: readonly PlanFault[] = wanted.plan === null ? [] : planFaults(placed, host);
  const guest = guestFromPlan(placed);
  const known = new Set(instances.map(({ uuid }) => uuid));
  const versions =
    via === "libvirt"
      ? await libvirtVersions(uri)
      : await qemuVersions(`qemu-system-${guest.architecture}`);
  const domains = await readDomains(uri, known);
  const facts = await readFacts(liveTree(), {
    plan: placed,
    uuid: guest.uuid,
    via,
    domains,
    versions,
  });
  const report = preflight({ plan: placed, guest, via, emulated, faults }, facts);
  return { kind: "Start", plan: placed, guest, report };
}

/**
 * Makes room for a VM that is started again: one that is off is taken from the host for good; one
 * that runs stands in the way.
 *
 * @returns the other VMs.
 *
 * Errors: `vm-exists`, `vm-busy`.
 */
export async function withoutNamesake(
  { name, tenant }: Request,
  instances: readonly Instance[],
  state: StateFolder,
  dryRun: boolean,
): Promise<readonly Instance[]> {
  const own = guestName(name, tenant);
  const before = instances.find((instance) => instance.name === own);
  if (before === undefined) return instances;
  const now = await hypervisorOf(before, state.paths).state(before);
  if (before.phase !== "running" || now.state === "running" || now.state === "paused") {
    throw new EvenkeelError(
      "vm-exists",
      `it is ${before.phase === "running" ? now.state : before.phase} already`,
      {
        where: own,
        expected: "a VM that is not on this host",
        remedy: `evenkeel stop ${own}`,
      },
    );
  }
  if (!dryRun) {
    await withVmLock(state, own, async () => {
      await takeOff(before, state);
      await state.remove(before);
    });
  }
  return instances.filter((instance) => instance !== before);
}

/** All that starting it may change, to be written before anything is. */
export function instanceOf(plan: Plan, guest: Guest, via: Instance["via"], uri: string): Instance {
  const functions = devicePorts(guest.pci).flatMap((port) => port.functions);
  return {
    apiVersion: "evenkeel/v1",
    kind: "Instance",
    name: guest.name,
    uuid: guest.uuid,
    plan,
    via,
    uri: via === "libvirt" ? uri : null,
    phase: "starting",
    adopted: false,
    startedAt: new Date().toISOString(),
    drivers: readDrivers(functions.map(({ hostAddress }) => hostAddress)),
  };
}
