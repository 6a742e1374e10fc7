import {
  type BindingPromise,
  bindingVariable,
  readPromise,
} from "@evenkeel/core/binding/promise.ts";
import type { Tree } from "../tree/tree.ts";

/**
 * What `exec` has bound a process to, as its variables tell; null where they do not, or may not be
 * read. Of a variable that is there twice the first counts, as for getenv(3). The program may have
 * written anything over it since.
 */
export function readBinding(tree: Tree, pid: number): BindingPromise | null {
  const variables = (tree.readText(`/proc/${pid}/environ`) ?? "").split("\0");
  const own = variables.find((one) => one.startsWith(`${bindingVariable}=`));
  return own === undefined ? null : readPromise(own.slice(bindingVariable.length + 1));
}
