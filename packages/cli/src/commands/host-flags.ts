/** What the commands that place or count on hosts are told of these beside where to read them. */

export const takenFlag = {
  kind: "parsed",
  parse: String,
  variadic: true,
  default: [],
  brief: "a file with the Plan of a VM that is on its host already; repeat it for more",
  placeholder: "PLAN",
} as const;

export const policyFlag = {
  kind: "parsed",
  parse: String,
  optional: true,
  brief: "a file with a HostPolicy: what the hosts keep for themselves",
  placeholder: "FILE",
} as const;
