import type { Binding, MemoryBinding } from "@evenkeel/core/binding/binding.ts";
import { size } from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import type { MemoryPolicy } from "../native/process-calls.ts";

/** What became of a binding. */
export interface Reached {
  /** The CPUs that this process is bound to; null where it is as it was. */
  readonly cpus: string | null;
  readonly memoryNodes: string | null;
  readonly memory: MemoryBinding;
  /** Sentences: what was refused. */
  readonly refused: readonly string[];
}

/** Stands for the error number of a call that was not made, as it would have ended the process. */
export const DEADLY = -1;

/** Binds this process; each returns 0, or the error number of the refusal, or `DEADLY`. */
export interface Binder {
  readonly setAffinity: (cpus: ReturnType<typeof setOf>) => number;
  readonly setMemoryPolicy: (policy: MemoryPolicy, nodes: ReturnType<typeof setOf>) => number;
}

/**
 * Binds this process as far as the kernel lets it: its CPUs, and its memory strictly, or by
 * preference, or not at all. A container's seccomp profile may refuse either, one form and not the
 * other, so that only the very call tells whether it works.
 */
export function carryOut({ cpus, memoryNodes, memory }: Binding, binder: Binder): Reached {
  const refused: string[] = [];
  const isBound = cpus !== null && told("sched_setaffinity", binder.setAffinity(setOf(cpus)));
  const reached = memoryNodes === null ? "none" : memoryReached(memoryNodes, memory);
  return {
    cpus: isBound ? cpus : null,
    memoryNodes: reached === "none" ? null : memoryNodes,
    memory: reached,
    refused,
  };

  function told(call: string, error: number): boolean {
    if (error !== 0) refused.push(`${call} was refused (${errorName(error)})`);
    return error === 0;
  }

  function memoryReached(list: string, wanted: MemoryBinding): MemoryBinding {
    const nodes = setOf(list);
    const set = (policy: MemoryPolicy): boolean =>
      told(`set_mempolicy ${policy}`, binder.setMemoryPolicy(policy, nodes));
    if (wanted === "strict" && set("bind")) return "strict";
    if (wanted === "none") return "none";
    // Kernels before 5.15 prefer a single node alone.
    const preferred = size(nodes) === 1 ? "preferred" : "preferred-many";
    return set(preferred) ? "preferred" : "none";
  }
}

/** The names of errno(3) with which calls are refused; others by their number. */
const names: ReadonlyMap<number, string> = new Map([
  [DEADLY, "a filter ends the process that calls it"],
  [1, "EPERM"],
  [2, "ENOENT"],
  [7, "E2BIG"],
  [8, "ENOEXEC"],
  [12, "ENOMEM"],
  [13, "EACCES"],
  [14, "EFAULT"],
  [22, "EINVAL"],
  [38, "ENOSYS"],
]);

export function errorName(error: number): string {
  return names.get(error) ?? `errno ${error}`;
}
