import type { VmNames } from "@evenkeel/host/vm/names.ts";
import type { CliContext } from "../command/context.ts";
import { stateFolderOf } from "./state.ts";

/** Completions for a VM that the state folder records: one that may be stopped, say. */
export async function proposeRecorded(this: CliContext): Promise<readonly string[]> {
  const { recorded, running } = await namesHere(this);
  // Who may not read the records may know the VM among those that run.
  return recorded.length > 0 ? recorded.map(({ name }) => name) : running;
}

/** Completions for anything that runs here, or is recorded. */
export async function proposeAnyVm(this: CliContext): Promise<readonly string[]> {
  const { recorded, running } = await namesHere(this);
  return [...new Set([...recorded.map(({ name }) => name), ...running])].toSorted();
}

/** Completions for a VM to adopt: those that run and are not recorded; to undo it, the adopted. */
export async function proposeAdoptable(this: CliContext): Promise<readonly string[]> {
  const { recorded, running } = await namesHere(this);
  if (this.typed.includes("--undo")) {
    return recorded.filter(({ adopted }) => adopted).map(({ name }) => name);
  }
  return running.filter((name) => !recorded.some((one) => one.name === name));
}

async function namesHere({ typed, surroundings }: CliContext): Promise<VmNames> {
  const { vmNames } = await import("@evenkeel/host/vm/names.ts");
  const { liveTree } = await import("@evenkeel/host/tree/directory-tree.ts");
  const folder = stateFolderOf(stateGiven(typed), surroundings);
  return vmNames(folder, liveTree());
}

/** The value of `--state` on an unfinished command line. */
function stateGiven(typed: readonly string[]): string | undefined {
  const at = typed.findLastIndex((word) => word === "--state");
  if (at >= 0) return typed[at + 1];
  return typed.findLast((word) => word.startsWith("--state="))?.slice("--state=".length);
}
