import { spawnSync } from "node:child_process";
import type { Binding, MemoryBinding } from "@evenkeel/core/binding/binding.ts";
import { numactlWords } from "@evenkeel/core/binding/numactl.ts";
import { findProgram } from "./find-program.ts";
import type { Reached } from "./carry-out.ts";

/** Programs to start first, each of which becomes the next, and what they reach. */
export interface ByPrograms {
  readonly words: readonly string[];
  readonly reached: Reached;
}

/**
 * Binds a command without system calls of our own: numactl where it is installed, otherwise taskset
 * for the CPUs alone. Each is tried on `true` first, since a container may refuse what it does;
 * only then does the command depend on it.
 *
 * @param softFiles the limit of open files that the command is to have.
 */
export function byPrograms(
  binding: Binding,
  path: string | undefined,
  softFiles: number | null,
): ByPrograms {
  const works = (words: readonly string[]): boolean => runs([...words, "true"], path);
  const { words, reached } = bindingWords(binding, works);
  const limit = softFiles === null ? [] : ["prlimit", `--nofile=${softFiles}:`];
  return { words: [...words, ...(limit.length > 0 && works(limit) ? limit : [])], reached };
}

function bindingWords(binding: Binding, works: (words: readonly string[]) => boolean): ByPrograms {
  const { cpus, memoryNodes, memory } = binding;
  const asked: readonly MemoryBinding[] =
    memoryNodes === null
      ? ["none"]
      : memory === "strict"
        ? ["strict", "preferred", "none"]
        : [memory, "none"];
  const refused: string[] = [];
  for (const level of asked) {
    const nodes = level === "none" ? null : memoryNodes;
    const words = numactlWords({ ...binding, memory: level, memoryNodes: nodes });
    if (words === null) break;
    if (works(words))
      return { words, reached: { cpus, memoryNodes: nodes, memory: level, refused } };
    refused.push(`${words.slice(0, -1).join(" ")} does not work here`);
  }
  const pinned = cpus === null ? [] : ["taskset", "--cpu-list", cpus];
  const none = { memoryNodes: null, memory: "none" as const };
  if (pinned.length > 0 && works(pinned)) {
    return { words: pinned, reached: { ...none, cpus, refused } };
  }
  if (pinned.length > 0) refused.push("taskset does not work here");
  return { words: [], reached: { ...none, cpus: null, refused } };
}

/** Whether a command line ends well. */
function runs([name = "", ...rest]: readonly string[], path: string | undefined): boolean {
  const found = findProgram(name, path);
  if (found.kind !== "found") return false;
  const { status } = spawnSync(found.path, rest, { stdio: "ignore", timeout: 10_000 });
  return status === 0;
}
