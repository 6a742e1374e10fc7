import { spawnSync } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Tree } from "../tree/tree.ts";

/**
 * Whether a seccomp filter watches this process's system calls. Most filters refuse a call with an
 * error; some end the process (systemd's `SystemCallFilter=`), and then a call may only be tried in
 * another process. Where the kernel does not tell, there may be one.
 */
export function isFiltered(tree: Tree): boolean {
  return !/^Seccomp:\s*0$/m.test(tree.readText("/proc/self/status") ?? "");
}

/** The calls that a binding needs. */
export const triedCalls = ["sched_setaffinity", "set_mempolicy"] as const;
export type TriedCall = (typeof triedCalls)[number];

/**
 * Tries the calls in a process of their own, which ends if one of them is deadly: first all in one,
 * as most filters have none, then each alone. A call that nobody could try counts as deadly.
 */
export function deadlyCalls(): ReadonlySet<TriedCall> {
  if (survives(triedCalls)) return new Set();
  return new Set(triedCalls.filter((name) => !survives([name])));
}

function survives(names: readonly TriedCall[]): boolean {
  const file = fileURLToPath(new URL(`./try-call${extname(import.meta.url)}`, import.meta.url));
  const { status } = spawnSync(process.execPath, [...process.execArgv, file, ...names], {
    stdio: "ignore",
    timeout: 10_000,
  });
  return status === 0;
}
