import { readdirSync, readFileSync } from "node:fs";
import { statePaths } from "../state/paths.ts";
import { emulators } from "../procfs/find-process.ts";
import type { Tree } from "../tree/tree.ts";

/** The names of this host's VMs, as a shell that completes them may have them. */
export interface VmNames {
  /** Those that the state folder records. */
  readonly recorded: readonly RecordedName[];
  /** Those whose emulator says its name on its command line, whoever started it. */
  readonly running: readonly string[];
}

export interface RecordedName {
  readonly name: string;
  /** Whether somebody else has started it. */
  readonly adopted: boolean;
}

/**
 * Reads the names alone: no hypervisor is asked, no document is checked, and nothing is an error,
 * because somebody waits at a keyboard. Whoever may not read the state folder still gets the VMs
 * that run: their command lines are open to all users.
 */
export function vmNames(stateFolder: string, tree: Tree): VmNames {
  return { recorded: recordedIn(stateFolder), running: runningOn(tree) };
}

/** What a shell takes without quotes. Others start VMs with names of any kind. */
const plain = /^[\w.@+-]{1,64}$/;

function recordedIn(stateFolder: string): readonly RecordedName[] {
  const { instances } = statePaths(stateFolder);
  try {
    return readdirSync(instances)
      .toSorted()
      .flatMap((file) => {
        const [, name = ""] = /^([^.].*)\.json$/.exec(file) ?? [];
        return plain.test(name) ? [{ name, adopted: isAdopted(`${instances}/${file}`) }] : [];
      });
  } catch {
    return [];
  }
}

function isAdopted(path: string): boolean {
  try {
    const record: { readonly adopted?: unknown } = JSON.parse(readFileSync(path, "utf8"));
    return record.adopted === true;
  } catch {
    return false;
  }
}

function runningOn(tree: Tree): readonly string[] {
  const names = emulators(tree)
    .filter((found) => /qemu/.test(found.arguments[0] ?? ""))
    .flatMap(({ identity }) => identity.name ?? []);
  return [...new Set(names)].filter((name) => plain.test(name)).toSorted();
}
