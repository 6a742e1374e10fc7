import type { RefusalCode } from "../../plan/refusal.ts";

/** A cause of a refusal in numbers, before it is put into words. */
export interface Cause {
  readonly code: Exclude<RefusalCode, "kept-away" | "slowdown-exceeded">;
  /** The nodes that lack it together; empty where no node is meant. */
  readonly nodes: readonly number[];
  /** Memory in granules. */
  readonly needs: number;
  readonly has: number | null;
  /** The fabric partition whose accelerators it is about. */
  readonly partition?: number;
}
