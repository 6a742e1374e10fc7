import { resolve } from "node:path";
import { defaultStateFolder } from "@evenkeel/host/state/paths.ts";
import type { Surroundings } from "../command/surroundings.ts";

/** For commands that work with the VMs of this host. */
export const stateFlag = {
  kind: "parsed",
  parse: String,
  optional: true,
  brief: `the folder that records the VMs (EVENKEEL_STATE, or ${defaultStateFolder})`,
  placeholder: "DIR",
} as const;

/** The state folder that a flag or the environment names, or the default one. */
export function stateFolderOf(given: string | undefined, { env }: Surroundings): string {
  return resolve(given ?? (env["EVENKEEL_STATE"] || defaultStateFolder));
}
