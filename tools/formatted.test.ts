import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { formatted } from "./formatted.ts";

const root = join(import.meta.dirname, "..");

test("the format of every file of the project is checked, and of no file left beside them", () => {
  const tracked = execFileSync("git", ["ls-files"], { cwd: root, encoding: "utf8" }).split("\n");
  const kinds = tracked.filter((path) => /\.(ts|mjs|json|ya?ml)$/.test(path));
  const checked = formatted();
  const isChecked = (path: string): boolean =>
    checked.some((one) => path === one || path.startsWith(`${one}/`));
  const unchecked = kinds.filter((path) => !isChecked(path));
  // npm writes the lock file, in its own format.
  expect(unchecked).toEqual(["package-lock.json"]);
  expect(["plan.json", "vm.yaml", "flavors.yml", "notes.ts"].filter(isChecked)).toEqual([]);
});
