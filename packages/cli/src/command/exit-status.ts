import type { Refusal } from "@evenkeel/core/plan/refusal.ts";

/** The exit statuses. They mean the same for every command. */
export const exitStatus = {
  /** Done, and nothing is wrong. */
  done: 0,
  /** Evenkeel itself failed: a bug. */
  failed: 1,
  /** The command line or an input cannot be used. */
  unusable: 2,
  /** Done, and the answer is no: refused, different, not as promised. */
  no: 3,
  /** Not enough is known to answer; which input would tell is said. */
  unknown: 4,
} as const;

/** The statuses of `exec` where it does not become its command, as those of env and nohup. */
export type ExecFailure = 125 | 126 | 127;

/** One of the five. */
export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus];

/** No where what is known rules the request out; otherwise too little is known to answer. */
export function refusalStatus({ untold }: Refusal): ExitStatus {
  return untold.length > 0 ? exitStatus.unknown : exitStatus.no;
}
