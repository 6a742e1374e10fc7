import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensurePackages } from "../../tools/debian-packages.ts";
import { cacheFolder } from "../../lab/prepare/cache.ts";
import { asNobody, type Check, installedChecks } from "./checks.ts";
import {
  afterStep,
  checkoutFolder,
  type Contents,
  contentsOf,
  differences,
  freshRootTar,
  unpack,
  within,
} from "./fresh-root.ts";

/**
 * `npm run fresh-root [-- FILE.deb]`: installs the Debian package in a fresh root of this machine's
 * release, uses it there as its pages say, to a VM that runs and is verified, and purges it:
 * nothing may be left. Without a FILE it builds the package first, twice. It needs root on Debian
 * or Ubuntu, and their archive. The last line has the counts.
 */
const root = join(import.meta.dirname, "../..");

const counts = { passed: 0, failed: 0 };

function report(does: string, isFine: boolean, told: string): void {
  counts[isFine ? "passed" : "failed"] += 1;
  console.log(`${isFine ? "ok    " : "FAILED"} ${does}`);
  if (!isFine) console.log(told.replaceAll(/^/gm, "       "));
}

function builtPackage(): string {
  const { status } = spawnSync(process.execPath, [join(root, "tools/deb.ts")], {
    stdio: "inherit",
  });
  if (status !== 0) throw new Error("the package could not be built");
  return onlyPackage();
}

function onlyPackage(): string {
  const folder = join(root, "out/deb");
  const deb = readdirSync(folder).find((name) => name.endsWith(".deb"));
  if (deb === undefined) throw new Error(`${folder} has no package`);
  return join(folder, deb);
}

/** Builds it twice: the same checkout makes the same bytes. */
function builtTwice(): string {
  const sums = (): string => readFileSync(join(builtPackage(), "../SHA256SUMS"), "utf8");
  const [once, twice] = [sums(), sums()];
  report("built twice it has the same bytes", once === twice, `${once}${twice}`);
  return onlyPackage();
}

function tryOut(folder: string, { does, script, prints = /^/ }: Check): void {
  const { status, stdout, stderr } = within(folder, script);
  report(does, status === 0 && prints.test(stdout), `status ${status}\n${stdout}${stderr}`);
}

const state = "/var/lib/evenkeel";
const records = `${state}/vms`;
const install = "apt-get install -y --no-install-recommends ./evenkeel.deb";
const purge = "apt-get purge -y evenkeel 2>&1";
const recordOne = `mkdir -p ${records} && chmod 700 ${state} ${records} &&
echo '{ "adopted": false }' > ${records}/llm-a.json`;

const node = "/usr/lib/evenkeel/bin/node";
const runner = `${checkoutFolder}/test/guide/run.mjs`;

/** Types what the guide's pages show, where the package and what the pages install are there. */
function followGuide(folder: string, does: string, as: string, pages: string): void {
  const run = `cd /tmp && ${as} EVENKEEL=/usr/bin/evenkeel ${node} ${runner} ${pages}`;
  const { status, stdout, stderr } = within(folder, run, root);
  const isWhole = status === 0 && !/skipped/.test(stdout);
  report(does, isWhole, `status ${status}\n${stdout}${stderr}`);
}

/**
 * Installs what the guide's pages install for a VM. The result is what a root that had `before`
 * would have if it had only that besides.
 */
function installForVms(folder: string, before: Contents): Contents {
  tryOut(folder, {
    does: "what a page installs on a GPU host is there to be installed",
    script: `apt-get update && apt-get install --simulate ${gpuHostPackages()}`,
    prints: /Inst libvirt-daemon-system/,
  });
  const earlier = contentsOf(folder);
  const installs = `set -e; bash -ex <(EVENKEEL=/usr/bin/evenkeel ${node} ${runner} --installs)`;
  const { status, stdout, stderr } = within(folder, installs, root);
  const isThere = status === 0 && stdout.includes("Setting up qemu-system-x86 ");
  report("what the guide installs for a VM can be installed", isThere, `${stdout}${stderr}`);
  return afterStep(before, earlier, contentsOf(folder));
}

/** Follows the guide to a VM that runs: the records of root's are where they are by default. */
function useWithVms(folder: string): void {
  const all = "the pages of the guide do what they say, to a verified VM";
  followGuide(folder, all, `env EVENKEEL_STATE=${state}`, "");
  const first = `${checkoutFolder}/docs/guide/1-from-a-bare-host.md`;
  const anybody = "a user without any rights gets there too, with records of his own";
  followGuide(folder, anybody, asNobody, first);
}

/** The packages of the line that `prepare` prints for such a host, as the page shows it. */
function gpuHostPackages(): string {
  const page = readFileSync(join(root, "docs/guide/1-from-a-bare-host.md"), "utf8");
  const packages = /^\$ apt-get install ([^-\n].*)$/m.exec(page)?.[1];
  if (packages === undefined) throw new Error("the guide installs no packages on a GPU host");
  return packages;
}

async function tryInstallation(folder: string, deb: string): Promise<void> {
  await unpack(await freshRootTar(), folder);
  await copyFile(deb, join(folder, "root/evenkeel.deb"));
  const before = contentsOf(folder);
  tryOut(folder, { does: "apt installs the package", script: `${install} && ${recordOne}` });
  for (const check of installedChecks) tryOut(folder, check);
  within(folder, `rm ${records}/llm-a.json`);
  const expected = installForVms(folder, before);
  useWithVms(folder);
  tryOut(folder, {
    does: "a purge keeps the records of VMs while there are any, and says so",
    script: `${recordOne} && ${purge} && cat ${records}/llm-a.json`,
    prints: /\/var\/lib\/evenkeel stays[^]*adopted/,
  });
  tryOut(folder, {
    does: "it is installed once more, and purged without records",
    script: `rm ${records}/llm-a.json && ${install} && evenkeel --help && ${purge}`,
  });
  const left = differences(expected, contentsOf(folder));
  report(
    "a purge leaves nothing, and nothing else has changed",
    left.length === 0,
    left.join("\n"),
  );
}

async function main(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error("a fresh root is made and entered as root");
  const missing = ensurePackages(["lintian", "mmdebstrap"], "the fresh root");
  if (missing.length > 0) throw new Error(`this needs ${missing.join(", ")}`);
  const [given] = process.argv.slice(2);
  const deb = given ?? builtTwice();
  const words = ["--display-info", "--pedantic", "--fail-on=error,warning,info,pedantic"];
  const lintian = spawnSync("lintian", [...words, deb], { encoding: "utf8" });
  const found = `${lintian.stdout}${lintian.stderr}`;
  report("lintian finds nothing but what is explained", lintian.status === 0, found);
  const folder = join(cacheFolder, `partial-fresh-root-${process.pid}`);
  mkdirSync(cacheFolder, { recursive: true });
  try {
    await tryInstallation(folder, deb);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  process.exitCode = counts.failed === 0 ? 0 : 1;
}

await main();
