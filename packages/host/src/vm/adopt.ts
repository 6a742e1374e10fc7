import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { guestName } from "@evenkeel/core/guest/name.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import { planFaults } from "@evenkeel/core/plan/check/plan-check.ts";
import { functionsOf, type Plan } from "@evenkeel/core/plan/plan.ts";
import { withoutFreePages } from "@evenkeel/core/plan/sellable-pages.ts";
import type { DomainFacts } from "@evenkeel/core/preflight/facts.ts";
import type { HostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import type { Verdict } from "@evenkeel/core/verify/verdict/verdict.ts";
import { shellWord } from "@evenkeel/core/text/shell.ts";
import { hypervisorFailed } from "../hypervisor/failed.ts";
import { type Patience, patienceFor } from "../hypervisor/patience.ts";
import { readDomains } from "../hypervisor/libvirt/domains.ts";
import { refuseDamaged } from "../state/state-folder.ts";
import { reportAbsentNames } from "./policy-names.ts";
import { withHostLock } from "./with-host-lock.ts";
import type { VmHost } from "./host.ts";
import { withVmLock } from "./lock.ts";
import { verifyInstance } from "./verify.ts";

/** A running VM that Evenkeel did not start, and its plan. */
export interface VmToAdopt {
  /** Its name or UUID in libvirt. */
  readonly name: string;
  readonly plan: Plan;
  readonly policy: HostPolicy;
}

export interface Adopted {
  readonly instance: Instance;
  readonly verdict: Verdict;
}

/**
 * Records a running VM that somebody else started, with its plan, and checks it against the plan.
 * It must have exactly the devices of the plan, and the plan must be legal beside the VMs known
 * here.
 *
 * Errors: `vm-exists`, `vm-unknown`, `vm-unlike`, `vm-busy`, `state-busy`, `state-damaged`,
 * `state-unusable`, `hypervisor-failed`, and those of reading the topology.
 */
export async function adoptVm(vm: VmToAdopt, host: VmHost): Promise<Adopted> {
  const { instance, topology } = await withHostLock(host, async () => {
    const found = host.state.read();
    refuseDamaged(found);
    const here = await host.topology();
    reportAbsentNames(vm.policy, here, host);
    return { instance: await record(vm, here, found.instances, host), topology: here };
  });
  return { instance, verdict: await verifyInstance(instance, topology, host) };
}

async function record(
  { name, plan, policy }: VmToAdopt,
  topology: Topology,
  instances: readonly Instance[],
  { state, clock, libvirtUri: uri }: VmHost,
): Promise<Instance> {
  const own = guestName(plan.vm, plan.tenant);
  const { uuid, devices } = await runningDomain(name, instances, uri, patienceFor(answerMs, clock));
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
    throw new EvenkeelError("vm-unlike", `the plan is not legal here: ${fault.message}${more}`, {
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
    process: null,
    adopted: true,
    startedAt: clock.now().toISOString(),
    drivers: [],
  };
  await withVmLock(state, own, () => state.write(instance));
  return instance;
}

/** Other commands wait while libvirt is asked. */
const answerMs = 20_000;

/** Finds a domain by name or UUID. Errors: `vm-exists`, `vm-unknown`, `hypervisor-failed`. */
async function runningDomain(
  name: string,
  instances: readonly Instance[],
  uri: string,
  patience: Patience,
): Promise<DomainFacts> {
  const known = new Set(instances.map((one) => one.uuid));
  const domains = await readDomains(uri, known, patience);
  if (domains === null) {
    const stderr = "libvirt does not answer";
    throw hypervisorFailed("virsh list", { status: null, stdout: "", stderr });
  }
  const uuid = name.toLowerCase();
  const domain = domains.find((one) => one.name === name || one.uuid === uuid);
  const isOwnName = domain === undefined && instances.some((one) => one.name === name);
  if (domain?.known === true || isOwnName) {
    throw new EvenkeelError("vm-exists", "Evenkeel started or adopted it already", {
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
      ...(near === null ? {} : { remedy: `did you mean ${shellWord(near)}?` }),
    },
  );
}

/** Refuses a VM whose devices are not those of the plan. Errors: `vm-unlike`. */
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
