import { type FoundEmulators, findEmulators } from "../holding/emulators.ts";
import { type OpenFiles, readOpenFiles } from "../procfs/open-files.ts";
import type { Tree } from "../tree/tree.ts";

/** The processes of a machine, and those of them that run VMs. One reading serves all subjects. */
export interface RunningHere {
  readonly tree: Tree;
  readonly open: OpenFiles;
  readonly found: FoundEmulators;
}

/** Looks at all processes of a machine, some small files each. */
export function runningHere(tree: Tree): RunningHere {
  const open = readOpenFiles(tree);
  return { tree, open, found: findEmulators(tree, open) };
}
