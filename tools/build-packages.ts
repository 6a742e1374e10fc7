import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, extname, join, relative } from "node:path";

const root = join(import.meta.dirname, "..");
const packages = join(root, "packages");

/** The folders of `packages/`: everything that is packed. */
export const packageNames: readonly string[] = readdirSync(packages).toSorted();

/**
 * Writes `dist` of each of these packages: its sources as JavaScript and declarations, without its
 * tests, and every other file that lies among them. The license comes along, for the tarball.
 *
 * Types are not checked here (`npm test` does): the compiler refuses to write an import of another
 * package by the path of its source, which is rewritten only after it.
 */
export function buildPackages(names: readonly string[]): void {
  const folder = mkdtempSync(join(tmpdir(), "evenkeel-build-"));
  try {
    compile(folder);
    for (const name of names) {
      const dist = join(packages, name, "dist");
      rmSync(dist, { recursive: true, force: true });
      for (const path of filesBelow(join(folder, name, "src"))) {
        const text = readFileSync(join(folder, name, "src", path), "utf8");
        writeFileSync(placeFor(join(dist, path)), packedImports(text));
      }
      for (const path of filesBelow(join(packages, name, "src"))) {
        if (extname(path) === ".ts") continue;
        copyFileSync(join(packages, name, "src", path), placeFor(join(dist, path)));
      }
      copyFileSync(join(root, "LICENSE"), join(packages, name, "LICENSE"));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function compile(folder: string): void {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      join(root, "node_modules/typescript/bin/tsc"),
      "-p",
      join(root, "tsconfig.build.json"),
      "--outDir",
      folder,
    ],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`tsc could not build the packages:\n${stdout}${stderr}`);
}

/** The paths of all files below a folder, as seen from it. */
function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)));
}

function placeFor(path: string): string {
  mkdirSync(dirname(path), { recursive: true });
  return path;
}

/**
 * The text of a built module with the paths of sources in its imports replaced by those of what was
 * built from them: `./plan.ts` by `./plan.js`, which the compiler does in JavaScript alone, and
 * `@evenkeel/core/plan/plan.ts` by `@evenkeel/core/internal/plan/plan.js`.
 */
function packedImports(text: string): string {
  return text
    .replaceAll(/(\bfrom |\bimport\()"(\.{1,2}\/[^"]+)\.ts"/g, '$1"$2.js"')
    .replaceAll(/"@evenkeel\/([a-z]+)\/([^"]+)"/g, (_, name: string, path: string) => {
      return `"@evenkeel/${name}/internal/${path.replace(/\.ts$/, ".js")}"`;
    });
}
