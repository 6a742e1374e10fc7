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
