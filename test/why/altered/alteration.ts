import type { Given } from "../lab-given.ts";

/** One fact of the second record of a pair, altered, and the cause that must then be found. */
export interface RecordAlteration {
  readonly code: string;
  /** What was altered, in a few words. */
  readonly what: string;
  /** The name of the recorded pair. */
  readonly of: string;
  /** What both records are given first. */
  readonly given?: Given;
  /** The fact, by its path in the record, and what it is altered to. */
  readonly path: string;
  readonly value: unknown;
  /**
   * The same fact of the first record, by its path, where it has another path or value there:
   * altered too, it sets nothing apart. Null where the first record has no such fact.
   */
  readonly twin?: Readonly<Record<string, unknown>> | null;
  /** What is told of the second record without the alteration; nothing if not given. */
  readonly otherwise?: string;
}

/** The names of recorded pairs. */
export const byQemu = "two in order by QEMU";
export const byVirsh = "two in order by virsh, without accelerators";
export const bound = "memory bound to the other node";
