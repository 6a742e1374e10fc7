import { spawnSync } from "node:child_process";
import type { Binding, MemoryBinding } from "@evenkeel/core/binding/binding.ts";
import { numactlWords } from "@evenkeel/core/binding/numactl.ts";
import { findProgram } from "./find-program.ts";
import type { Reached } from "./carry-out.ts";

/** Programs to start first, each of which becomes the next, and what they reach. */
export interface ByPrograms {
  /** The first is a path. */
  readonly words: readonly string[];
  readonly reached: Reached;
}

/** What Node changed in this process, and the command is to have as it was. */
export interface Inherited {
  /** The soft limit of open files; null where it is unknown. */
  readonly softFiles: number | null;
  readonly ignoresHangup: boolean;
}

/**
 * Binds a command without system calls of our own: numactl where it is installed, otherwise taskset
 * for the CPUs alone. Each is tried on Node's version first, since a container may refuse what it
 * does; only then does the command depend on it.
 *
 * The last of them runs the command as a shell does, and ends with its status where that cannot be
 * run: Node itself would end with a crash. So there is env at least, where that is installed.
 *
 * @param command its path.
 * @param path the variable PATH, beside whose folders the usual ones count.
 */
export function byPrograms(
  binding: Binding,
  command: string,
  path: string | undefined,
  { softFiles, ignoresHangup }: Inherited,
): ByPrograms {
  const find = (name: string): string | null => pathOf(name, path) ?? pathOf(name, undefined);
  const { words, reached } = bindingWords(binding, find);
  const prlimit = find("prlimit");
  const limit = prlimit === null ? [] : [prlimit, `--nofile=${softFiles}:`];
  const isLimited = softFiles !== null && limit.length > 0 && works(limit);
  const env = find("env");
  const ignoring = env === null ? [] : [env, "--ignore-signal=HUP"];
  const isIgnored = ignoresHangup && ignoring.length > 0 && works(ignoring);
  const all = [...words, ...(isLimited ? limit : []), ...(isIgnored ? ignoring : [])];
  const isBare = all.length === 0 && env !== null;
  // To env, a word with this sign is a variable.
  if ((isBare || isIgnored) && command.includes("=")) return { words, reached };
  return { words: isBare ? [env] : all, reached };
}

function bindingWords(binding: Binding, find: (name: string) => string | null): ByPrograms {
  const { cpus, memoryNodes } = binding;
  const refused: string[] = [];
  const numactl = find("numactl");
  if (numactl === null && (cpus ?? memoryNodes) !== null) refused.push(withoutNumactl);
  for (const level of numactl === null ? [] : levelsOf(binding)) {
    const nodes = level === "none" ? null : memoryNodes;
    const [name, ...rest] = numactlWords({ ...binding, memory: level, memoryNodes: nodes }) ?? [];
    if (numactl === null || name === undefined) break;
    const words = [numactl, ...rest];
    if (works(words))
      return { words, reached: { cpus, memoryNodes: nodes, memory: level, refused } };
    refused.push(`${[name, ...rest].slice(0, -1).join(" ")} does not work here`);
  }
  const none = { memoryNodes: null, memory: "none" as const };
  const taskset = find("taskset");
  const pinned = cpus === null || taskset === null ? [] : [taskset, "--cpu-list", cpus];
  if (pinned.length > 0 && works(pinned)) {
    return { words: pinned, reached: { ...none, cpus, refused } };
  }
  if (cpus !== null) {
    refused.push(taskset === null ? "taskset is not installed" : "taskset does not work here");
  }
  return { words: [], reached: { ...none, cpus: null, refused } };
}

const withoutNumactl = "neither koffi nor numactl is installed";

/** How its memory may be bound, the strictest first. */
function levelsOf({ memoryNodes, memory }: Binding): readonly MemoryBinding[] {
  if (memoryNodes === null) return ["none"];
  return memory === "strict" ? ["strict", "preferred", "none"] : [memory, "none"];
}

function pathOf(name: string, path: string | undefined): string | null {
  const found = findProgram(name, path);
  return found.kind === "found" ? found.path : null;
}

/** Whether a command line works in front of another. */
function works([path = "", ...rest]: readonly string[]): boolean {
  const words = [...rest, process.execPath, "--version"];
  return spawnSync(path, words, { stdio: "ignore", timeout: 10_000 }).status === 0;
}
