/** The arguments of commands that place or count VMs, apart from the hosts. */

export const askedVm = {
  parse: String,
  brief: "a file with a VirtualMachine, and Flavors if there are any; - is standard input",
  placeholder: "VM",
} as const;

export const flavorFlag = {
  kind: "parsed",
  parse: String,
  variadic: true,
  default: [],
  brief: "a file with Flavors that are sold here; repeat it for more",
  placeholder: "FILE",
} as const;

export const profileFlag = {
  kind: "parsed",
  parse: String,
  variadic: true,
  default: [],
  brief:
    "a file with WorkloadProfiles, which VMs and Flavors name as their workload; repeat it for more",
  placeholder: "FILE",
} as const;

export const takenFlag = {
  kind: "parsed",
  parse: String,
  variadic: true,
  default: [],
  brief: "a file with the Plan of a VM that is already on its host; repeat it for more",
  placeholder: "PLAN",
} as const;

/** The policy of this machine, for commands that place VMs on it. */
export const ownPolicyFile = "/etc/evenkeel/policy.yaml";

export const policyFlag = {
  kind: "parsed",
  parse: String,
  optional: true,
  brief:
    "a file with a HostPolicy: what the hosts keep for themselves (for this host EVENKEEL_POLICY, " +
    `or ${ownPolicyFile})`,
  placeholder: "FILE",
} as const;

export const calibrationFlag = {
  kind: "parsed",
  parse: String,
  variadic: true,
  default: [],
  brief:
    "a file with a host's Calibration, or with what mlc or another tool measured on it; repeat it " +
    "for more",
  placeholder: "FILE",
} as const;

export const fleetFlag = {
  kind: "parsed",
  parse: String,
  optional: true,
  brief: "a file with a Fleet, in place of many hosts: their names, sources, policies and plans",
  placeholder: "FILE",
} as const;

export const skipUnreadableFlag = {
  kind: "boolean",
  default: false,
  withNegated: false,
  brief: "with --fleet, leave out hosts that cannot be read, and say which",
} as const;

/** What a Fleet is: a paragraph for the help of several commands. */
export const fleetHelp =
  "--fleet FILE takes the hosts from a Fleet document: each with its name, its sources (several " +
  "are merged, ssh:HOST among them), its policy, and the plans of its VMs as files, folders or " +
  "patterns. Paths in it are relative to the file. Hosts are read several at once. A host that cannot " +
  "be read is an error that names it; --skip-unreadable leaves it out with a note.";
