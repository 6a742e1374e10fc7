import { defaultStateFolder } from "@evenkeel/host/state/paths.ts";

/** For commands that work with the VMs of this host. */
export const stateFlag = {
  kind: "parsed",
  parse: String,
  optional: true,
  brief: `the folder that records the VMs (EVENKEEL_STATE, or ${defaultStateFolder})`,
  placeholder: "DIR",
} as const;
