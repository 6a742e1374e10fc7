import { createHash } from "node:crypto";
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join, relative } from "node:path";
import { runtimeDependencies } from "../../tools/runtime-dependencies.ts";
import { built, cacheFolder } from "./cache.ts";
import { run } from "./run.ts";

const root = join(import.meta.dirname, "..", "..");

/**
 * The environment variable with the image of a whole lab run, because sources may change meanwhile.
 */
export const productVariable = "EVENKEEL_LAB_PRODUCT";

/**
 * An image with Evenkeel from this checkout, its Node and its dependencies, and the lab's programs
 * in C; the emulated host has it below /product. It is rebuilt whenever a source changes.
 */
export async function productImage(): Promise<string> {
  const before = process.env[productVariable];
  if (before !== undefined) return before;
  const sources = filesBelow(join(root, "packages")).filter((path) => !path.endsWith(".test.ts"));
  const agent = filesBelow(join(root, "lab", "agent"));
  const hash = createHash("sha256");
  for (const path of [...sources, ...agent]) hash.update(path).update(readFileSync(path));
  const lock = readFileSync(join(root, "package-lock.json"), "utf8");
  return built("product.erofs", [hash.digest("hex"), lock], async (target) => {
    const folder = join(cacheFolder, `partial-product-${process.pid}`);
    try {
      mkdirSync(join(folder, "bin"), { recursive: true });
      cpSync(process.execPath, join(folder, "bin", "node"));
      for (const name of ["pages", "worker"]) {
        const program = join(root, "lab", "agent", `${name}.c`);
        await run("gcc", ["-static", "-O1", "-o", join(folder, "bin", name), program]);
      }
      for (const path of [...sources, ...agent])
        copySource(path, join(folder, relative(root, path)));
      for (const { folder: path } of runtimeDependencies()) {
        cpSync(path, join(folder, relative(root, path)), { recursive: true });
      }
      mkdirSync(join(folder, "node_modules", "@evenkeel"), { recursive: true });
      for (const name of readdirSync(join(root, "packages"))) {
        const link = join(folder, "node_modules", "@evenkeel", name);
        await run("ln", ["-s", `../../packages/${name}`, link]);
      }
      await run("mkfs.erofs", [target, folder]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

/**
 * Copies a source without its types; `agent/stripped.mjs` makes Node load it unchanged. Node would
 * strip types with WebAssembly at every start, which takes ten seconds under emulation and
 * sometimes crashes.
 */
function copySource(path: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true });
  if (path.endsWith(".ts")) writeFileSync(target, stripTypeScriptTypes(readFileSync(path, "utf8")));
  else cpSync(path, target);
}

/** What npm and the packing of packages put among the sources. */
const madeByTools: ReadonlySet<string> = new Set(["dist", "LICENSE", "node_modules"]);

function filesBelow(folder: string): string[] {
  return readdirSync(folder)
    .toSorted()
    .flatMap((name) => {
      const path = join(folder, name);
      if (madeByTools.has(name)) return [];
      return statSync(path).isDirectory() ? filesBelow(path) : [path];
    });
}
