import { parseInstance } from "@evenkeel/contract/instance.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";
import { defaultStateFolder } from "@evenkeel/host/state/paths.ts";
import { openState, type StateFolder } from "@evenkeel/host/state/state-folder.ts";
import { resolve } from "node:path";
import type { World } from "../world.ts";

/** For the commands that know of the VMs on this host. */
export const stateFlag = {
  kind: "parsed",
  parse: String,
  optional: true,
  brief: `the folder with the state of VMs (EVENKEEL_STATE, or ${defaultStateFolder})`,
  placeholder: "DIR",
} as const;

export function openVmState(flag: string | undefined, { env }: World): Promise<StateFolder> {
  const folder = flag ?? (env["EVENKEEL_STATE"] || defaultStateFolder);
  return openState(resolve(folder), parseInstance);
}

/** The VM of that name, or of that name behind its tenant's. Errors: `vm-unknown`. */
export function instanceNamed(name: string, instances: readonly Instance[]): Instance {
  const exact = instances.filter((one) => one.name === name);
  const found = exact.length > 0 ? exact : instances.filter(({ plan }) => plan.vm === name);
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only;
  const names = instances.map((one) => one.name);
  const near = didYouMean(name, names);
  throw new EvenkeelError(
    "vm-unknown",
    found.length > 1
      ? "several tenants have a VM of this name"
      : "no VM of this name was started here",
    {
      where: name,
      expected:
        found.length > 1 ? found.map((one) => one.name).join(", ") : "a VM of evenkeel list",
      ...(near === null || found.length > 1 ? {} : { remedy: `did you mean ${near}?` }),
    },
  );
}
