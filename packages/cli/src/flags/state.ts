import { defaultStateFolder } from "@evenkeel/host/state/paths.ts";

/** For the commands that know of the VMs on this host. */
export const stateFlag = {
  kind: "parsed",
  parse: String,
  optional: true,
  brief: `the folder with the state of VMs (EVENKEEL_STATE, or ${defaultStateFolder})`,
  placeholder: "DIR",
} as const;
