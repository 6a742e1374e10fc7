import { resolve } from "node:path";
import { parseInstance } from "@evenkeel/contract/instance.ts";
import { defaultStateFolder } from "@evenkeel/host/state/paths.ts";
import {
  type Instances,
  openState,
  readState,
  type StateFolder,
} from "@evenkeel/host/state/state-folder.ts";
import type { Surroundings } from "../command/surroundings.ts";
import { notesText } from "../text/notes-text.ts";

export function openVmState(
  flag: string | undefined,
  surroundings: Surroundings,
): Promise<StateFolder> {
  return openState(folderOf(flag, surroundings), parseInstance);
}

/** What is in the folder, for a command that changes nothing: it makes no folder either. */
export function readVmState(flag: string | undefined, surroundings: Surroundings): Instances {
  return readState(folderOf(flag, surroundings), parseInstance);
}

function folderOf(flag: string | undefined, { env }: Surroundings): string {
  return resolve(flag ?? (env["EVENKEEL_STATE"] || defaultStateFolder));
}

/** Names the files that say nothing usable, where what they hold of other VMs is no matter. */
export function tellDamaged({ damaged }: Instances, { stderr }: Surroundings): void {
  stderr.write(notesText(damaged.map(({ path, error }) => `${path}: ${error.message}`)));
}
