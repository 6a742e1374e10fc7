import { guestUuid } from "@evenkeel/core/guest/name.ts";
import type { Holding } from "@evenkeel/core/plan/holding.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { findEmulators } from "../holding/emulators.ts";
import { type PlannedVm, readHoldings } from "../holding/read-holdings.ts";
import { onThisMachine, readDomains } from "../hypervisor/libvirt/domains.ts";
import { patienceFor, readingMs } from "../hypervisor/patience.ts";
import { cutOff } from "../instance/cut-off.ts";
import type { RecordedHost } from "./host.ts";
import { readableState } from "./readable-state.ts";
import { reportSilence } from "./silence.ts";

/** What is taken of a host: by the plans of its recorded VMs, and by what its VMs really hold. */
export interface Taken {
  readonly plans: readonly Plan[];
  readonly held: readonly Holding[];
}

/**
 * Reads what is taken of this host, for a command that only asks. It changes nothing, waits for no
 * other command, and asks libvirt for seconds at most. What cannot be read is reported, and does
 * not count.
 *
 * @param vm the VM to place, whose own record does not count where `run` would replace it; null for
 * none.
 * @param given plans of VMs that need not be recorded here. Such a VM that runs is matched with its
 * plan by its UUID, as a recorded one without a process is.
 */
export async function takenOn(
  vm: Pick<Plan, "vm" | "tenant"> | null,
  given: readonly Plan[],
  host: RecordedHost,
): Promise<Taken> {
  const { state, tree, libvirtUri, clock, progress } = host;
  const { instances, damaged } = readableState(state);
  progress({ kind: "damaged", files: damaged });
  const cut = await cutOff(instances, state);
  progress({ kind: "cut-off", vms: cut });
  const patience = patienceFor(readingMs, clock);
  // The processes are read while libvirt answers.
  const asked = readDomains(libvirtUri, new Set(instances.map(({ uuid }) => uuid)), patience);
  const here = tree();
  const found = findEmulators(here);
  const domains = await asked;
  reportSilence(patience, host);
  const { held, unreadable } = readHoldings(
    here,
    [...instances, ...given.map(plannedVm)],
    onThisMachine(libvirtUri, domains),
    found,
  );
  progress({ kind: "unreadable", vms: unreadable });
  const own = instances.find(({ plan }) => plan.vm === vm?.vm && plan.tenant === vm.tenant);
  const isReplaced =
    own !== undefined &&
    !held.some(({ plan }) => plan === own.plan) &&
    // What asks hypervisors is loaded only where one is asked.
    (cut.includes(own) || (await (await import("./off.ts")).isOff(own, host, patience)));
  const counted = instances.filter((one) => one !== own || !isReplaced);
  return { plans: counted.map(({ plan }) => plan), held };
}

const plannedVm = (plan: Plan): PlannedVm => ({
  plan,
  uuid: guestUuid(plan.vm, plan.tenant),
  process: null,
});
