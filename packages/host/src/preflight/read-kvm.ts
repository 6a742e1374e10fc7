import { closeSync, constants, existsSync, openSync } from "node:fs";
import type { KvmFacts } from "@evenkeel/core/preflight/facts.ts";
import type { Tree } from "../tree/tree.ts";

/**
 * Whether this process may open /dev/kvm. On a recorded machine that cannot be tried and counts as
 * usable.
 */
export function readKvm({ live }: Tree): KvmFacts {
  if (!live) return { present: true, unusable: null };
  if (!existsSync("/dev/kvm")) return { present: false, unusable: null };
  try {
    closeSync(openSync("/dev/kvm", constants.O_RDWR));
    return { present: true, unusable: null };
  } catch (error) {
    return { present: true, unusable: error instanceof Error ? error.message : String(error) };
  }
}
