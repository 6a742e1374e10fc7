import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { isPath, pathPrefixes, splitSource } from "./source-forms.ts";

/**
 * A source that a file names, whose paths are relative to the file's folder, as a source of the
 * command line. What is no path, or an absolute one, stays as it is.
 */
export function sourceBelow(folder: string, source: string): string {
  const { prefix, rest } = splitSource(source);
  if (pathPrefixes.has(prefix)) return rest === "" ? source : `${prefix}:${below(folder, rest)}`;
  const path = below(folder, source);
  const isThere = source !== "" && !path.includes("\0") && existsSync(path);
  return isThere || isPath(source, prefix) ? path : source;
}

/** A path that a file names, relative to the file's folder. */
export function below(folder: string, path: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}
