import type { Tree } from "../tree/tree.ts";

/** The ids of all processes that run, in no order. */
export function processIds(tree: Tree): readonly number[] {
  return numbersIn(tree, "/proc");
}

/** The threads of a process now, in ascending order. */
export function threadIds(tree: Tree, pid: number): readonly number[] {
  return numbersIn(tree, `/proc/${pid}/task`).toSorted((a, b) => a - b);
}

/** The entries of a folder of processes or threads; procfs has others beside them. */
function numbersIn(tree: Tree, folder: string): number[] {
  return tree
    .list(folder)
    .filter((name) => /^[1-9]\d{0,8}$/.test(name))
    .map(Number);
}
