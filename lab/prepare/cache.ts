import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * The folder for everything that the lab builds; git ignores it, and it may be deleted at any time.
 */
export const cacheFolder = join(import.meta.dirname, "..", "..", ".cache", "lab");

/** The path of a thing that is built from these inputs, whether it exists or not. */
export function builtPath(name: string, inputs: readonly string[]): string {
  const key = createHash("sha256").update(JSON.stringify(inputs)).digest("hex").slice(0, 16);
  return join(cacheFolder, `${key}-${name}`);
}

/**
 * Builds a thing once for its inputs, and returns its path. It is built in a temporary place and
 * renamed when it is complete, so an interrupted build is never used.
 *
 * @param inputs everything that the result depends on: package versions, scripts, sources.
 */
export async function built(
  name: string,
  inputs: readonly string[],
  build: (target: string) => Promise<void>,
): Promise<string> {
  const path = builtPath(name, inputs);
  if (existsSync(path)) return path;
  mkdirSync(cacheFolder, { recursive: true });
  const begun = performance.now();
  process.stdout.write(`Building ${name}, once … `);
  const partial = join(cacheFolder, `partial-${process.pid}-${name}`);
  try {
    await build(partial);
    renameSync(partial, path);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  console.log(`done in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
  forgetOld(name);
  return path;
}

/** Keeps the latest few builds of a name: another run may still use the previous one. */
function forgetOld(name: string): void {
  const paths = readdirSync(cacheFolder)
    .filter((entry) => entry.slice(17) === name)
    .map((entry) => join(cacheFolder, entry))
    .toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const path of paths.slice(3)) rmSync(path, { recursive: true, force: true });
}
