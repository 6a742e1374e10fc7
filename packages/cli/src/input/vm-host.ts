import { hostname } from "node:os";
import { parseInstance } from "@evenkeel/contract/instance.ts";
import { libvirtUri } from "@evenkeel/host/hypervisor/libvirt/virsh.ts";
import { rootsHostLock } from "@evenkeel/host/state/paths.ts";
import { openState, viewState } from "@evenkeel/host/state/state-folder.ts";
import { liveTree } from "@evenkeel/host/tree/directory-tree.ts";
import type { LocalHost, RecordedHost, VmHost } from "@evenkeel/host/vm/host.ts";
import type { Surroundings } from "../command/surroundings.ts";
import { stateFolderOf } from "../flags/state.ts";
import { writeNotes } from "../text/notes-text.ts";
import { progressSentences } from "../text/progress-text.ts";
import { calibrationHere } from "./read-calibration.ts";
import { readTopology } from "./read-topology.ts";

/** This machine, for a command that looks at its VMs. */
export function localHost(surroundings: Surroundings, stateFlag?: string): LocalHost {
  const { env, clock } = surroundings;
  const calibrate = calibrationHere(stateFlag, surroundings);
  return { tree: liveTree, hostname: hostname(), libvirtUri: libvirtUri(env), clock, calibrate };
}

/** This machine with its state folder, for a command that starts and stops VMs. */
export async function vmHost(
  stateFlag: string | undefined,
  surroundings: Surroundings,
): Promise<VmHost> {
  const host = recordedHost(stateFlag, surroundings);
  const hostLock = process.geteuid?.() === 0 ? rootsHostLock : null;
  return {
    ...host,
    state: await openState(stateFolderOf(stateFlag, surroundings), parseInstance, {
      libvirtUri: host.libvirtUri,
      hostLock,
    }),
    topology: () => readTopology("live", surroundings, { state: stateFlag }),
  };
}

/** This machine with its state folder, for a command that changes nothing. */
export function recordedHost(
  stateFlag: string | undefined,
  surroundings: Surroundings,
): RecordedHost {
  const host = localHost(surroundings, stateFlag);
  return {
    ...host,
    state: viewState(stateFolderOf(stateFlag, surroundings), parseInstance, host.libvirtUri),
    progress: (step) => writeNotes(surroundings.stderr, progressSentences(step)),
  };
}
