import { readdirSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

/** Folders of the checkout that hold sources. */
const folders = [
  "bench",
  "docs",
  "examples",
  "fuzz",
  "lab",
  "packages",
  "packaging",
  "test",
  "tools",
];

/** The project's own files beside them, as their names tell. */
const own = /^(package|knip|tsconfig.*|\.ox\w+)\.json$|\.config\.ts$/;

/**
 * What `npm test` checks the format of: the project's own files, and not what somebody who tried
 * the README's examples has left in the checkout (a `plan.json`, a `vm.yaml`).
 */
export function formatted(): readonly string[] {
  return [...folders, ...readdirSync(root).filter((name) => own.test(name))];
}
