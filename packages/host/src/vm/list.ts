import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { guestName } from "@evenkeel/core/guest/name.ts";
import type { HypervisorName, Instance } from "@evenkeel/core/instance/instance.ts";
import { heldTwice, type HeldTwice } from "@evenkeel/core/plan/held-twice.ts";
import type { Holding } from "@evenkeel/core/plan/holding.ts";
import type { UnreadableVm } from "@evenkeel/core/preflight/facts.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { domainsHere } from "../holding/domains-here.ts";
import { findEmulators } from "../holding/emulators.ts";
import { readHoldings } from "../holding/read-holdings.ts";
import type { Running } from "../hypervisor/hypervisor.ts";
import { onThisMachine } from "../hypervisor/libvirt/domains.ts";
import { type Patience, patienceFor, readingMs } from "../hypervisor/patience.ts";
import { cutOff } from "../instance/cut-off.ts";
import { eachVm } from "../instance/each-vm.ts";
import { hypervisorOf } from "../instance/hypervisor-of.ts";
import type { Damaged } from "../state/state-folder.ts";
import type { RecordedHost } from "./host.ts";
import { reportSilence } from "./silence.ts";

/** A VM on this host. One without an instance was neither started nor adopted by Evenkeel. */
export interface ListedVm {
  readonly name: string;
  /** Unknown where its hypervisor does not answer. */
  readonly state: Running["state"] | "unknown";
  readonly pid: number | null;
  /** What runs it: libvirt, or an emulator without libvirt. */
  readonly via: HypervisorName;
  readonly instance: Instance | null;
  /** What it really holds; null where it does not run or cannot be seen. */
  readonly holds: Holds | null;
}

type Holds = Pick<Holding, "vcpus" | "memory" | "devices">;

export interface VmList {
  readonly vms: readonly ListedVm[];
  /** What one VM was promised and another one holds. */
  readonly heldTwice: readonly (HeldTwice & {
    /** The name of the VM that was promised it, as it is listed. */
    readonly promisedTo: string;
  })[];
  /** VMs that run, or processes that say so, and what they hold is unknown. */
  readonly unreadable: readonly UnreadableVm[];
  /** Files of the state folder that cannot be used. Their VMs are listed only if they run. */
  readonly damaged: readonly Damaged[];
}

/**
 * All VMs of this host: first those of the state folder, then all others that run here, whoever
 * started them, and the domains of libvirt that are off.
 *
 * It changes nothing and waits for no lock. A start or stop that was cut off is reported.
 *
 * Errors: `state-untrusted`, `state-unusable`.
 */
export async function listVms(host: RecordedHost): Promise<VmList> {
  const { instances, damaged } = host.state.read();
  host.progress({ kind: "cut-off", vms: await cutOff(instances, host.state) });
  const patience = patienceFor(readingMs, host.clock);
  const tree = host.tree();
  const found = findEmulators(tree);
  const [states, domains] = await Promise.all([
    statesNow(instances, patience, host),
    domainsHere(instances, found.emulators, patience, host.libvirtUri),
  ]);
  reportSilence(patience, host);
  const holdings = readHoldings(tree, instances, onThisMachine(host.libvirtUri, domains), found);
  const { held } = holdings;
  const unreadable = holdings.unreadable.filter(({ seenAs }) => seenAs !== "process");
  const vms = instances.map((instance, i): ListedVm => {
    const { name, via, plan } = instance;
    const own = held.find((one) => one.plan === plan);
    return {
      name,
      ...at(states, i),
      via,
      instance,
      holds: own === undefined ? null : holdsOf(own),
    };
  });
  const strangers = held.filter(({ plan }) => plan === null);
  for (const stranger of strangers) {
    const { name, pid, domain } = stranger;
    const via = domain === null ? "qemu" : "libvirt";
    vms.push({ name, state: "running", pid, via, instance: null, holds: holdsOf(stranger) });
  }
  for (const { name, uuid, running, known: isOurs } of domains) {
    if (isOurs || (running && held.some((one) => one.domain === uuid))) continue;
    const state = running ? "running" : "off";
    vms.push({ name, state, pid: null, via: "libvirt", instance: null, holds: null });
  }
  const plans = instances.map(({ plan }) => plan);
  const twice = heldTwice(plans, held).map((one) => ({
    ...one,
    promisedTo: guestName(one.vm, one.tenant),
  }));
  return { vms, heldTwice: twice, unreadable, damaged };
}

const holdsOf = ({ vcpus, memory, devices }: Holding): Holds => ({ vcpus, memory, devices });

const noAnswer = { state: "unknown", pid: null } as const;

/**
 * Asks the hypervisors for the states of VMs. One that does not answer is reported, and hides no
 * VM.
 */
async function statesNow(
  instances: readonly Instance[],
  patience: Patience,
  { state: { paths }, clock, progress }: RecordedHost,
): Promise<readonly Pick<ListedVm, "state" | "pid">[]> {
  const states = await eachVm(instances, patience, (instance) =>
    hypervisorOf(instance, paths, clock, patience).state(instance),
  );
  return states.map((answer, i) => {
    if (!(answer instanceof EvenkeelError)) return answer;
    progress({ kind: "unanswered", name: at(instances, i).name, failure: answer });
    return noAnswer;
  });
}
