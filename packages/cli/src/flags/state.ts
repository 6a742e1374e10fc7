import { parseInstance } from "@evenkeel/contract/instance.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";
import { defaultStateFolder } from "@evenkeel/host/state/paths.ts";
import {
  type Instances,
  openState,
  readState,
  type StateFolder,
} from "@evenkeel/host/state/state-folder.ts";
import { resolve } from "node:path";
import { notesText } from "../text/notes-text.ts";
import type { Surroundings } from "../command/surroundings.ts";

/** For the commands that know of the VMs on this host. */
export const stateFlag = {
  kind: "parsed",
  parse: String,
  optional: true,
  brief: `the folder with the state of VMs (EVENKEEL_STATE, or ${defaultStateFolder})`,
  placeholder: "DIR",
} as const;

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

/**
 * The VM of that name, or of that name behind its tenant's.
 *
 * @param remedy what else may be done where there is none.
 *
 * Errors: `vm-unknown`.
 */
export function instanceNamed(
  name: string,
  instances: readonly Instance[],
  remedy: string | null = null,
): Instance {
  const exact = instances.filter((one) => one.name === name);
  const found = exact.length > 0 ? exact : instances.filter(({ plan }) => plan.vm === name);
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only;
  const names = instances.map((one) => one.name);
  const near = found.length > 1 ? null : didYouMean(name, names);
  const tryThis = near === null ? remedy : `did you mean ${near}?`;
  throw new EvenkeelError(
    "vm-unknown",
    found.length > 1
      ? "several tenants have a VM of this name"
      : "no VM of this name was started or adopted here",
    {
      where: name,
      expected:
        found.length > 1 ? found.map((one) => one.name).join(", ") : "a VM of evenkeel list",
      ...(tryThis === null ? {} : { remedy: tryThis }),
    },
  );
}
