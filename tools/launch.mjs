// Sets up what is missing, then runs Evenkeel (`npm start`), its tests (`npm test`), a benchmark,
// the fuzzer, the comparison with exact oracles or the lab, or makes the file for guests or the
// tarballs of the packages.
//
// It runs before anything is installed, on whatever Node npm came with (20 or later), so it is
// plain JavaScript without dependencies. Everything after it runs on the Node that npm installs
// with the other dependencies, and in TypeScript.

import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, "node_modules", ".bin");
const programs = {
  start: ["packages/cli/bin/evenkeel.mjs", "demo"],
  test: ["tools/test.ts"],
  bench: ["bench/main.ts"],
  fuzz: ["fuzz/main.ts"],
  exactness: ["test/exactness/main.ts"],
  crash: ["test/attack/crash/main.ts"],
  lab: ["lab/main.ts"],
  "guest-bundle": ["tools/guest-bundle.ts"],
  "fresh-root": ["test/fresh-root/main.ts"],
  pack: ["tools/pack.ts"],
  deb: ["tools/deb.ts"],
};

/** Runs npm as the npm that started this script, quietly: what it prints matters when it fails. */
function npm(folder, ...args) {
  const script = process.env.npm_execpath;
  const command = script?.endsWith(".js") ? [process.execPath, script] : ["npm"];
  const [file, ...before] = command;
  return spawnSync(file, [...before, ...args], { cwd: folder, encoding: "utf8" });
}

/**
 * Installs exactly what the lock file names, unless that is there. It is installed beside and then
 * moved into place, so that a command that runs meanwhile never finds its dependencies gone.
 */
function installDependencies() {
  if (isInstalled()) return;
  process.stdout.write("Installing dependencies, once (npm ci, about 15 s) … ");
  const started = Date.now();
  const beside = join(root, ".cache", `install-${process.pid}`);
  copyManifests(beside);
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const done = npm(beside, "ci", ...quiet);
  if (done.status !== 0) {
    rmSync(beside, { recursive: true, force: true });
    process.stdout.write(`failed\n${done.stdout}${done.stderr}`);
    console.error("Evenkeel's dependencies could not be installed: see npm's message above.");
    process.exit(1);
  }
  const installed = join(root, "node_modules");
  if (existsSync(installed)) renameSync(installed, join(beside, "before"));
  renameSync(join(beside, "node_modules"), installed);
  rmSync(beside, { recursive: true, force: true });
  console.log(`done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/**
 * Whether everything that the lock file names is in `node_modules`, whoever installed it: npm notes
 * there what it has installed. What is optional may be missing, as it is on other platforms.
 */
function isInstalled() {
  const packagesOf = (path) => JSON.parse(readFileSync(join(root, path), "utf8")).packages ?? {};
  const note = "node_modules/.package-lock.json";
  if (!existsSync(join(root, note))) return false;
  const present = packagesOf(note);
  return Object.entries(packagesOf("package-lock.json"))
    .filter(([path]) => path.includes("node_modules/"))
    .every(([path, { version, integrity, optional }]) => {
      const found = present[path];
      if (found === undefined) return optional === true;
      const isSame = found.version === version && found.integrity === integrity;
      return isSame && existsSync(join(root, path));
    });
}

/** All that npm reads of a checkout: the manifests, and the programs that it links to. */
function copyManifests(folder) {
  const packages = readdirSync(join(root, "packages"));
  const files = packages.flatMap((name) => [
    `packages/${name}/package.json`,
    `packages/${name}/bin`,
  ]);
  for (const path of ["package.json", "package-lock.json", ...files]) {
    if (!existsSync(join(root, path))) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(root, path), join(folder, path), { recursive: true });
  }
}

/** The Node that npm installed, or this one where there is none for the platform and it will do. */
function findNode() {
  const pinned = join(bin, "node");
  if (spawnSync(pinned, ["--version"]).status === 0) return pinned;
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if ((major === 22 && minor >= 19) || (major === 24 && minor >= 11) || major >= 26) {
    return process.execPath;
  }
  console.error(
    `Evenkeel needs Node 22.19, 24.11 or 26 and later; this is ${process.versions.node}. ` +
      "On Linux x86-64 npm installs one by itself; elsewhere, please install it.",
  );
  return process.exit(1);
}

const [name, ...args] = process.argv.slice(2);
const program = programs[name];
if (program === undefined) {
  console.error(`usage: node tools/launch.mjs ${Object.keys(programs).join("|")}`);
  process.exit(2);
}
installDependencies();
const node = findNode();
const PATH = `${dirname(node)}${delimiter}${bin}${delimiter}${process.env.PATH ?? ""}`;
const [script, ...before] = program;
const run = spawnSync(node, [join(root, script), ...before, ...args], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, PATH },
});
if (run.signal !== null) process.kill(process.pid, run.signal);
// What a signal ended, or could not be started, has no status of its own.
const failed = 1;
process.exit(run.status ?? failed);
