import type { ThreadEvidence } from "../../evidence/evidence.ts";
import { advice, type Command, type Remedy } from "../../remedy/remedy.ts";

/** More threads than these are not pinned one by one. */
const pinnedMost = 256;

/** Keeps threads that left the CPUs of a binding to them again. */
export function threadsBroughtBack(cpus: string, beyond: readonly ThreadEvidence[]): Remedy {
  const text =
    `Keep these threads to CPUs ${cpus}, and switch off what moves them: another binder, or a ` +
    "library's own affinity.";
  if (beyond.length > pinnedMost) return advice("live", text);
  const pin = (tid: number, list: string): Command => ["taskset", "-pc", list, `${tid}`];
  return {
    text,
    argv: beyond.map(({ tid }) => pin(tid, cpus)),
    when: "live",
    undo: beyond.map(({ tid, allowedCpus }) => pin(tid, allowedCpus ?? "")),
  };
}

/**
 * Moves pages of a process from some nodes to those that it is bound to. There is no undo: it would
 * move what lay there before as well.
 */
export function memoryBroughtBack(pid: number | null, from: string, to: string): Remedy {
  const text = `Move its pages to node ${to}. What a device has pinned stays until it starts again.`;
  if (pid === null) return advice("live", text);
  return { text, argv: [["migratepages", `${pid}`, from, to]], when: "live", undo: null };
}
