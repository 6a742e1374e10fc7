import {
  type BindingPromise,
  bindingVariable,
  isOfCommand,
  readPromise,
} from "@evenkeel/core/binding/promise.ts";
import type { Tree } from "../tree/tree.ts";

/**
 * What `exec` has bound a process to, as its variables tell; null where they do not, or may not be
 * read. Of a variable that is there twice the first counts, as for getenv(3). The program may have
 * written anything over it since.
 */
export function readBinding(tree: Tree, pid: number): BindingPromise | null {
  const text = bindingText(tree, pid);
  return text === null ? null : readPromise(text);
}

/** Whether a command of `exec` has started a process, as its variables tell. */
export function isStartedBy(tree: Tree, pid: number, command: string): boolean {
  const text = bindingText(tree, pid);
  return text !== null && isOfCommand(text, command);
}

function bindingText(tree: Tree, pid: number): string | null {
  const variables = (tree.readText(`/proc/${pid}/environ`) ?? "").split("\0");
  const own = variables.find((one) => one.startsWith(`${bindingVariable}=`));
  return own === undefined ? null : own.slice(bindingVariable.length + 1);
}
