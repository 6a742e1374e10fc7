import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { guestName } from "@evenkeel/core/guest/name.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import { planFaults } from "@evenkeel/core/plan/check/plan-check.ts";
import { functionsOf, type Plan } from "@evenkeel/core/plan/plan.ts";
import { withoutFreePages } from "@evenkeel/core/plan/settled.ts";
import type { DomainFacts } from "@evenkeel/core/preflight/facts.ts";
import type { HostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { hypervisorFailed } from "../hypervisor/failed.ts";
import { readDomains } from "../hypervisor/libvirt/domains.ts";
import type { StateFolder } from "../state/state-folder.ts";
import { instanceNamed } from "./named.ts";
import { withVmLock } from "./lock.ts";

export interface Wanted {
  readonly name: string;
  readonly plan: Plan;
  readonly policy: HostPolicy;
  readonly topology: Topology;
  readonly uri: string;
}

/**
 * Writes down that a VM is here by a plan. To be called within the state folder's `alone`.
 *
 * Errors: `vm-exists`, `vm-unknown`, `vm-unlike`, `vm-busy`, `hypervisor-failed`.
 */
export async function adopt(
  { name, plan, policy, topology, uri }: Wanted,
  instances: readonly Instance[],
  state: StateFolder,
): Promise<Instance> {
  const own = guestName(plan.vm, plan.tenant);
  const { uuid, devices } = await runningDomain(name, instances, uri);
  if (instances.some((instance) => instance.name === own)) {
    throw new EvenkeelError("vm-exists", "Evenkeel has a VM of the plan's name", {
      where: own,
      expected: "a plan of a VM that is not known here",
      remedy: "see evenkeel list",
    });
  }
  refuseUnlike(name, devices, plan);
  const taken = instances.map((one) => one.plan);
  const faults = planFaults(plan, { topology: withoutFreePages(topology), policy, taken });
  const [fault, ...others] = faults;
  if (fault !== undefined) {
    const more = others.length === 0 ? "" : `, and ${others.length} more`;
    throw new EvenkeelError("vm-unlike", `the plan is not to be had: ${fault.message}${more}`, {
      where: `${own}: ${fault.subject}`,
      expected: "a plan that was made on this machine, beside the VMs that are known here",
      remedy: "see evenkeel list; a policy is given with --policy",
    });
  }
  const instance: Instance = {
    apiVersion: "evenkeel/v1",
    kind: "Instance",
    name: own,
    uuid,
    plan,
    via: "libvirt",
    uri,
    phase: "running",
    adopted: true,
    startedAt: new Date().toISOString(),
    drivers: [],
  };
  await withVmLock(state, own, () => state.write(instance));
  return instance;
}

/** By its name or its UUID. Errors: `vm-exists`, `vm-unknown`, `hypervisor-failed`. */
async function runningDomain(
  name: string,
  instances: readonly Instance[],
  uri: string,
): Promise<DomainFacts> {
  const domains = await readDomains(uri, new Set(instances.map(({ uuid }) => uuid)));
  if (domains === null) {
    const stderr = "libvirt does not answer";
    throw hypervisorFailed("virsh list", { status: null, stdout: "", stderr });
  }
  const domain = domains.find((one) => one.name === name || one.uuid === name);
  if (domain?.known === true) {
    throw new EvenkeelError("vm-exists", "it is Evenkeel's already", {
      where: name,
      expected: "a VM that Evenkeel does not know",
      remedy: "see evenkeel list",
    });
  }
  if (domain?.running === true) return domain;
  const running = domains.filter((one) => one.running && !one.known).map((one) => one.name);
  const near = didYouMean(name, running);
  throw new EvenkeelError(
    "vm-unknown",
    domain === undefined ? "libvirt has no VM of this name or UUID" : "it does not run",
    {
      where: name,
      expected: "a VM that runs",
      ...(near === null ? {} : { remedy: `did you mean ${near}?` }),
    },
  );
}

/** Devices are nobody else's, so a VM that has others than the plan's is not the plan's. */
function refuseUnlike(name: string, devices: readonly string[], plan: Plan): void {
  const planned = new Set(plan.devices.flatMap(functionsOf));
  const has = new Set(devices);
  const [more, fewer] = [has.difference(planned), planned.difference(has)];
  if (more.size === 0 && fewer.size === 0) return;
  const differences = [
    ...[...more].map((address) => `it has ${address}`),
    ...[...fewer].map((address) => `it has no ${address}`),
  ];
  throw new EvenkeelError("vm-unlike", differences.join(", "), {
    where: name,
    expected: planned.size === 0 ? "no device" : [...planned].join(", "),
    remedy: "give the plan that it was started by",
  });
}

/** Counts an adopted VM no longer. Within `alone`. Errors: `vm-unknown`, `vm-exists`, `vm-busy`. */
export async function leave(
  name: string,
  instances: readonly Instance[],
  state: StateFolder,
): Promise<Instance> {
  const byUuid = instances.find(({ uuid }) => uuid === name);
  const instance = byUuid ?? instanceNamed(name, instances);
  if (!instance.adopted) {
    throw new EvenkeelError("vm-exists", "Evenkeel has started it", {
      where: instance.name,
      expected: "a VM that was adopted",
      remedy: `evenkeel stop ${instance.name}`,
    });
  }
  await withVmLock(state, instance.name, () => state.remove(instance));
  return instance;
}
