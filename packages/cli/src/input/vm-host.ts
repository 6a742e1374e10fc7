import { hostname } from "node:os";
import { resolve } from "node:path";
import { parseInstance } from "@evenkeel/contract/instance.ts";
import { libvirtUri } from "@evenkeel/host/hypervisor/libvirt/virsh.ts";
import { defaultStateFolder, type StatePaths, statePaths } from "@evenkeel/host/state/paths.ts";
import { type Instances, openState, readState } from "@evenkeel/host/state/state-folder.ts";
import { liveTree } from "@evenkeel/host/tree/directory-tree.ts";
import type { LocalHost, VmHost } from "@evenkeel/host/vm/host.ts";
import type { Surroundings } from "../command/surroundings.ts";
import { progressText } from "../text/progress-text.ts";
import { readTopology } from "./read-topology.ts";

/** This machine, for a command that looks at its VMs. */
export function localHost({ env, clock }: Surroundings): LocalHost {
  return { tree: liveTree, hostname: hostname(), libvirtUri: libvirtUri(env), clock };
}

/** This machine with its state folder, for a command that starts and stops VMs. */
export async function vmHost(
  stateFlag: string | undefined,
  surroundings: Surroundings,
): Promise<VmHost> {
  return {
    ...localHost(surroundings),
    state: await openState(folderOf(stateFlag, surroundings), parseInstance),
    topology: () => readTopology("live", surroundings),
    progress: (step) => surroundings.stderr.write(progressText(step)),
  };
}

/** What the state folder holds, for a command that changes nothing: it does not make the folder. */
export function readVmState(stateFlag: string | undefined, surroundings: Surroundings): Instances {
  return readState(folderOf(stateFlag, surroundings), parseInstance);
}

/** The paths in the state folder, for a command that only looks at its VMs. */
export function vmStatePaths(
  stateFlag: string | undefined,
  surroundings: Surroundings,
): StatePaths {
  return statePaths(folderOf(stateFlag, surroundings));
}

function folderOf(stateFlag: string | undefined, { env }: Surroundings): string {
  return resolve(stateFlag ?? (env["EVENKEEL_STATE"] || defaultStateFolder));
}
