import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { HypervisorName, Instance } from "@evenkeel/core/instance/instance.ts";
import { heldTwice, type HeldTwice } from "@evenkeel/core/plan/held-twice.ts";
import type { Holding } from "@evenkeel/core/plan/holding.ts";
import type { UnreadableVm } from "@evenkeel/core/preflight/facts.ts";
import type { Running } from "../hypervisor/hypervisor.ts";
import { readHoldings } from "../holding/read-holdings.ts";
import { readDomains } from "../hypervisor/libvirt/domains.ts";
import { cutOff } from "../instance/cut-off.ts";
import { hypervisorOf } from "../instance/hypervisor-of.ts";
import type { Damaged } from "../state/state-folder.ts";
import type { RecordedHost } from "./host.ts";

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
  readonly holds: Omit<Holding, "plan" | "name" | "pid"> | null;
}

export interface VmList {
  readonly vms: readonly ListedVm[];
  /** What one VM was promised and another one holds. */
  readonly heldTwice: readonly HeldTwice[];
  /** VMs that run, and what they hold is unknown. */
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
  const known = new Set(instances.map(({ uuid }) => uuid));
  const domains = await readDomains(host.libvirtUri, known);
  const { held, unreadable } = readHoldings(host.tree(), instances, domains);
  const vms: ListedVm[] = [];
  for (const instance of instances) {
    const { name, via, plan } = instance;
    const own = held.find((one) => one.plan === plan);
    vms.push({ name, ...(await stateNow(instance, host)), via, instance, holds: holdsOf(own) });
  }
  const strangers = held.filter(({ plan }) => plan === null);
  for (const { name, pid, ...holding } of strangers) {
    const isDomain = (domains ?? []).some((domain) => domain.running && domain.name === name);
    const via = isDomain ? "libvirt" : "qemu";
    vms.push({ name, state: "running", pid, via, instance: null, holds: holdsOf(holding) });
  }
  for (const { name, running, known: isOurs } of domains ?? []) {
    if (isOurs || running) continue;
    vms.push({ name, state: "off", pid: null, via: "libvirt", instance: null, holds: null });
  }
  const twice = heldTwice(
    instances.map(({ plan }) => plan),
    held,
  );
  return { vms, heldTwice: twice, unreadable, damaged };
}

function holdsOf(
  holding: Pick<Holding, "vcpus" | "memory" | "devices"> | undefined,
): ListedVm["holds"] {
  if (holding === undefined) return null;
  const { vcpus, memory, devices } = holding;
  return { vcpus, memory, devices };
}

/**
 * Asks the hypervisor for the state of a VM. One that does not answer is reported, and hides no VM.
 */
async function stateNow(
  instance: Instance,
  { state, clock, progress }: RecordedHost,
): Promise<Pick<ListedVm, "state" | "pid">> {
  try {
    return await hypervisorOf(instance, state.paths, clock).state(instance);
  } catch (error) {
    if (!(error instanceof EvenkeelError)) throw error;
    progress({ kind: "unanswered", name: instance.name, failure: error });
    return { state: "unknown", pid: null };
  }
}
