import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import type { Running } from "../hypervisor/hypervisor.ts";
import { listDomains } from "../hypervisor/libvirt/domains.ts";
import { type Patience, patienceFor } from "../hypervisor/patience.ts";
import { cutOff } from "../instance/cut-off.ts";
import { eachVm } from "../instance/each-vm.ts";
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
  const patience = patienceFor(answersMs, host.clock);
  const known = new Set(instances.map(({ uuid }) => uuid));
  const [states, domains] = await Promise.all([
    statesNow(instances, patience, host),
    listDomains(host.libvirtUri, known, patience),
  ]);
  const vms = instances.map((instance, i): ListedVm => ({
    name: instance.name,
    ...at(states, i),
    instance,
  }));
  for (const { name, running, known: isOurs } of domains ?? []) {
    if (!isOurs) vms.push({ name, state: running ? "running" : "off", pid: null, instance: null });
  }
  return { vms, damaged };
}

/** The time for the answers of all hypervisors together. */
const answersMs = 8000;

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
