import { KiB } from "@evenkeel/core/unit/bytes.ts";
import type { Tree } from "../tree/tree.ts";

/** CAP_IPC_LOCK removes the limit (capabilities(7)). */
const IPC_LOCK = 14n;

/** The memory that a child of this process may lock; null for no limit. */
export function lockableBytes(tree: Tree): number | null {
  const status = tree.readText("/proc/self/status") ?? "";
  const capabilities = /^CapEff:\s*([0-9a-f]{1,16})$/m.exec(status)?.[1];
  if (capabilities === undefined) return null;
  if (((BigInt(`0x${capabilities}`) >> IPC_LOCK) & 1n) === 1n) return null;
  const limits = tree.readText("/proc/self/limits") ?? "";
  const soft = /^Max locked memory\s+(\d{1,16}|unlimited)/m.exec(limits)?.[1];
  return soft === undefined || soft === "unlimited" ? null : Math.floor(Number(soft) / KiB) * KiB;
}
