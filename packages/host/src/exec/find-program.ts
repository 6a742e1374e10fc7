import { accessSync, constants, statSync } from "node:fs";
import { join } from "node:path";

/** Where a program is, or why it cannot be run: with the status that shells end with then. */
export type FoundProgram =
  | { readonly kind: "found"; readonly path: string }
  | { readonly kind: "not-found"; readonly status: 127 }
  | { readonly kind: "not-runnable"; readonly status: 126; readonly path: string };

/** What execvp(3) searches where there is no PATH. */
const defaultPath = "/bin:/usr/bin";

/**
 * Finds a program as execvp(3) does: a name with a slash as it stands, any other in the folders of
 * PATH, where what may not be run is passed over, and remembered if nothing better comes.
 */
export function findProgram(name: string, path: string | undefined): FoundProgram {
  const folders = name.includes("/") ? [null] : (path ?? defaultPath).split(":");
  let blocked: string | null = null;
  for (const folder of name === "" ? [] : folders) {
    // An empty entry of PATH is the current folder.
    const file = folder === null ? name : join(folder === "" ? "." : folder, name);
    const kind = kindOf(file);
    if (kind === "program") return { kind: "found", path: file };
    if (kind === "blocked") blocked ??= file;
  }
  if (blocked !== null) return { kind: "not-runnable", status: 126, path: blocked };
  return { kind: "not-found", status: 127 };
}

function kindOf(file: string): "program" | "blocked" | "missing" {
  try {
    if (!statSync(file).isFile()) return "blocked";
    accessSync(file, constants.X_OK);
    return "program";
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    return code === "ENOENT" || code === "ENOTDIR" ? "missing" : "blocked";
  }
}
