import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Instances, StateView } from "../state/state-folder.ts";

/** A user who may not read the state folder still gets an answer, without the VMs that are off. */
export function readableState(state: Pick<StateView, "read" | "paths">): Instances {
  try {
    return state.read();
  } catch (error) {
    if (!(error instanceof EvenkeelError)) throw error;
    return { instances: [], damaged: [{ path: state.paths.folder, error }] };
  }
}
