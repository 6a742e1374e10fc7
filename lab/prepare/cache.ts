import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

/** Where everything that the lab builds is kept; git ignores it, and it may be deleted at any time. */
export const cacheFolder = join(import.meta.dirname, "..", "..", ".cache", "lab");

/** Where a thing is, or would be, that is built for what it depends on. */
export function builtPath(name: string, inputs: readonly string[]): string {
  const key = createHash("sha256").update(JSON.stringify(inputs)).digest("hex").slice(0, 16);
  return join(cacheFolder, `${key}-${name}`);
}

/**
 * The path of a thing that is built once for what it depends on. It is built beside its place and
 * moved there when it is whole, so that a build that was interrupted is never taken for one.
 *
 * @param inputs all that decides what comes out: package versions, scripts, sources.
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

/** Of what was built under one name the latest few stay: another run may be using the one before. */
function forgetOld(name: string): void {
  const paths = readdirSync(cacheFolder)
    .filter((entry) => entry.slice(17) === name)
    .map((entry) => join(cacheFolder, entry))
    .toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const path of paths.slice(3)) rmSync(path, { recursive: true, force: true });
}
