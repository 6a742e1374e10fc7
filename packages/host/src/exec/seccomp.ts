import { spawnSync } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Tree } from "../tree/tree.ts";

/**
 * Whether a seccomp filter watches this process's system calls. Most filters refuse a call with an
 * error; some end the process (systemd's `SystemCallFilter=`), and then a call may only be tried in
 * another process.
 */
export function isFiltered(tree: Tree): boolean {
  return /^Seccomp:\s*[12]$/m.test(tree.readText("/proc/self/status") ?? "");
}

/** The calls that a binding needs. */
export const triedCalls = ["sched_setaffinity", "set_mempolicy"] as const;
export type TriedCall = (typeof triedCalls)[number];

/** Tries the calls in a process of their own, which ends if one of them is deadly. */
export function deadlyCalls(): ReadonlySet<TriedCall> {
  const file = fileURLToPath(new URL(`./try-call${extname(import.meta.url)}`, import.meta.url));
  return new Set(
    triedCalls.filter((name) => {
      const { signal } = spawnSync(process.execPath, [file, name], {
        stdio: "ignore",
        timeout: 10_000,
      });
      return signal !== null;
    }),
  );
}
