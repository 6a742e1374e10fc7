import { closeSync } from "node:fs";
import { join } from "node:path";
import type { BindingAnswer } from "@evenkeel/core/binding/bind.ts";
import type { Binding } from "@evenkeel/core/binding/binding.ts";
import { usableCores } from "@evenkeel/core/binding/mode/cores.ts";
import { emptySet, type IndexSet, isEmpty, unionAll } from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import type { Core } from "@evenkeel/core/topology/topology.ts";
import { pause } from "../clock/pause.ts";
import type { Decider } from "./decide.ts";
import { leasesAround } from "./leases-around.ts";
import { openLease } from "./leases.ts";
import { type CoreToLease, type Lease, takeLease } from "./take-leases.ts";

/** A binding with the leases of its cores. */
export interface Held {
  readonly answer: BindingAnswer;
  /** Open files with a lock each, for the command to keep. */
  readonly files: readonly number[];
  /** Sentences: leases that could not be had. */
  readonly notes: readonly string[];
}

/**
 * Takes the cores of a binding for the command alone. Where another command holds one of them, the
 * binding is decided again without it: each turn learns of at least one more core, so there are at
 * most as many turns as cores.
 *
 * Two commands that start at once may each see a core of the other's that it gives back. A lock on
 * the folder's own file keeps them apart, as long as nobody holds that up: then they go on without.
 */
export function holdCores(
  { topology, decide }: Decider,
  folder: string,
  lock: (file: number) => number,
): Held {
  const isAround = leasesAround();
  const guard = waitForGuard(folder, lock);
  try {
    let held: IndexSet = emptySet;
    for (;;) {
      const answer = decide(held);
      if (answer.kind === "refused" || answer.binding.cpus === null) {
        return { answer, files: [], notes: [] };
      }
      const take = (core: CoreToLease): Lease => takeLease(folder, core, lock, isAround);
      const { files, notes, others } = leasesOf(answer.binding, topology.cores, take);
      if (isEmpty(others)) return { answer, files, notes };
      for (const file of files) closeSync(file);
      held = unionAll([held, others]);
    }
  } finally {
    if (guard !== null) closeSync(guard);
  }
}

/** Deciding takes milliseconds. */
const guardTries = 100;
const guardPauseMs = 20;

/** The lock under which commands decide; null where somebody keeps it, or has put another file. */
function waitForGuard(folder: string, lock: (file: number) => number): number | null {
  const file = openLease(join(folder, "deciding"));
  if (typeof file !== "number") return null;
  for (let tries = 0; tries < guardTries; tries++) {
    if (lock(file) === 0) return file;
    pause(guardPauseMs);
  }
  closeSync(file);
  return null;
}

function leasesOf(
  { cpus }: Binding,
  cores: readonly Core[],
  take: (core: CoreToLease) => Lease,
): {
  readonly files: readonly number[];
  readonly notes: readonly string[];
  readonly others: IndexSet;
} {
  const wanted = usableCores(cores, setOf(cpus ?? ""));
  const files: number[] = [];
  const notes: string[] = [];
  const others: IndexSet[] = [];
  for (const { core, first } of wanted) {
    const all = setOf(core.cpus);
    const lease = take({ firstCpu: first, cpus: all });
    if (lease.kind === "taken") files.push(lease.file);
    else if (lease.kind === "held") others.push(all);
    else notes.push(lease.why);
  }
  return { files, notes, others: unionAll(others) };
}
