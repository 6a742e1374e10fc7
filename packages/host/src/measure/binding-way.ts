import { loadMemoryCalls } from "../native/memory-calls.ts";
import { loadProcessCalls } from "../native/process-calls.ts";
import { runCommand } from "../machine/run-command.ts";
import type { Cell } from "./plan/plan-cells.ts";

/** By what threads and their memory are bound. */
export type BindingWay = "threads" | "numactl" | "taskset" | "nothing";

/**
 * The best way that there is here: the threads bind themselves, each to a CPU of its own, where
 * koffi is installed; otherwise numactl binds the whole crew, to its CPUs and one node's memory;
 * otherwise taskset its CPUs alone, whose own memory is then what the kernel gives.
 */
export async function bindingWay(path: string): Promise<BindingWay> {
  if ((await loadProcessCalls()) !== null && (await loadMemoryCalls()) !== null) return "threads";
  const isThere = async (program: string, word: string): Promise<boolean> =>
    (await runCommand(program, [word], path)).kind === "ran";
  // numactl ends with an error where the kernel has no memory policies, and has no --version.
  if (await isThere("numactl", "--show")) return "numactl";
  if (await isThere("taskset", "--version")) return "taskset";
  return "nothing";
}

/** Words of the program that binds a cell's crew. */
export function binderOf(way: BindingWay, { cpus, target }: Cell): readonly string[] {
  switch (way) {
    case "numactl":
      return ["numactl", `--physcpubind=${cpus.join(",")}`, `--membind=${target}`, "--"];
    case "taskset":
      return ["taskset", "-c", cpus.join(",")];
    case "threads":
    case "nothing":
      return [];
  }
}

/** Whether a pair can be measured that way: remote memory takes a memory policy. */
export function canPlace(way: BindingWay, { initiator, target }: Cell, nodes: number): boolean {
  if (way === "threads" || way === "numactl" || nodes === 1) return true;
  return way === "taskset" && initiator === target;
}
