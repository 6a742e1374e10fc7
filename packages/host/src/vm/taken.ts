import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Holding } from "@evenkeel/core/plan/holding.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { readHoldings } from "../holding/read-holdings.ts";
import { onThisMachine, readDomains } from "../hypervisor/libvirt/domains.ts";
import type { Instances, StateView } from "../state/state-folder.ts";
import type { RecordedHost } from "./host.ts";

/** What is taken of a host: by the plans of its recorded VMs, and by what its VMs really hold. */
export interface Taken {
  readonly plans: readonly Plan[];
  readonly held: readonly Holding[];
}

/**
 * Reads what is taken of this host, for a command that only asks. It changes nothing and waits for
 * nobody. What cannot be read is reported, and does not count.
 */
export async function takenOn({ state, tree, libvirtUri, progress }: RecordedHost): Promise<Taken> {
  const { instances, damaged } = readable(state);
  progress({ kind: "damaged", files: damaged });
  const domains = await readDomains(libvirtUri, new Set(instances.map(({ uuid }) => uuid)));
  const { held, unreadable } = readHoldings(tree(), instances, onThisMachine(libvirtUri, domains));
  progress({ kind: "unreadable", vms: unreadable });
  return { plans: instances.map(({ plan }) => plan), held };
}

/** A user who may not read the state folder still gets an answer, without the VMs that are off. */
function readable(state: StateView): Instances {
  try {
    return state.read();
  } catch (error) {
    if (!(error instanceof EvenkeelError)) throw error;
    return { instances: [], damaged: [{ path: state.paths.folder, error }] };
  }
}
