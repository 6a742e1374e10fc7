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
} as const;

/** One of the four. */
export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus];
