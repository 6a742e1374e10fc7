import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import type { Running } from "../hypervisor/hypervisor.ts";
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
  readonly instance: Instance | null;
}

export interface VmList {
  readonly vms: readonly ListedVm[];
  /** Files of the state folder that cannot be used. Their VMs are missing from the list. */
  readonly damaged: readonly Damaged[];
}

/**
 * All VMs of this host: first those of the state folder, then the other domains of libvirt.
 *
 * It changes nothing and waits for no lock. A start or stop that was cut off is reported.
 *
 * Errors: `state-untrusted`, `state-unusable`.
 */
export async function listVms(host: RecordedHost): Promise<VmList> {
  const { instances, damaged } = host.state.read();
  host.progress({ kind: "cut-off", vms: await cutOff(instances, host.state) });
  const vms: ListedVm[] = [];
  for (const instance of instances) {
    vms.push({ name: instance.name, ...(await stateNow(instance, host)), instance });
  }
  const known = new Set(instances.map(({ uuid }) => uuid));
  const domains = (await readDomains(host.libvirtUri, known)) ?? [];
  for (const { name, running, known: isOurs } of domains) {
    if (!isOurs) vms.push({ name, state: running ? "running" : "off", pid: null, instance: null });
  }
  return { vms, damaged };
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
