import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensurePackages } from "../../tools/debian-packages.ts";
import { cacheFolder } from "../../lab/prepare/cache.ts";
import { type Check, installedChecks } from "./checks.ts";
import { contentsOf, differences, freshRootTar, unpack, within } from "./fresh-root.ts";

/**
 * `npm run fresh-root [-- FILE.deb]`: installs the Debian package in a fresh root of this machine's
 * release, uses it there as its pages say, and purges it: nothing may be left. Without a FILE it
 * builds the package first, twice. It needs root on Debian or Ubuntu, and their archive the first
 * time. The last line has the counts.
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

const records = "/var/lib/evenkeel/vms";
const install = "apt-get install -y --no-install-recommends ./evenkeel.deb";
const purge = "apt-get purge -y evenkeel 2>&1";
const recordOne = `mkdir -p ${records} && chmod 700 /var/lib/evenkeel ${records} &&
echo '{ "adopted": false }' > ${records}/llm-a.json`;

/** Types what the guide's pages show, where the package is installed. */
function followGuide(folder: string): void {
  const runner = "test/guide/run.mjs";
  if (!existsSync(join(root, runner))) return;
  const node = "EVENKEEL=/usr/bin/evenkeel /usr/lib/evenkeel/bin/node";
  const run = `${node} /mnt/checkout/${runner}`;
  const { status, stdout, stderr } = within(folder, run, root);
  report("the pages of the guide do what they say", status === 0, `${stdout}${stderr}`);
}

async function tryInstallation(folder: string, deb: string): Promise<void> {
  await unpack(await freshRootTar(), folder);
  await copyFile(deb, join(folder, "root/evenkeel.deb"));
  const before = contentsOf(folder);
  tryOut(folder, { does: "apt installs the package", script: `${install} && ${recordOne}` });
  for (const check of installedChecks) tryOut(folder, check);
  followGuide(folder);
  tryOut(folder, {
    does: "a purge keeps the records of VMs while there are any, and says so",
    script: `${purge} && cat ${records}/llm-a.json`,
    prints: /\/var\/lib\/evenkeel stays[^]*adopted/,
  });
  tryOut(folder, {
    does: "it is installed once more, and purged without records",
    script: `rm ${records}/llm-a.json && ${install} && evenkeel --help && ${purge}`,
  });
  const left = differences(before, contentsOf(folder));
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
  const lintian = spawnSync("lintian", ["--fail-on=error,warning", deb], { encoding: "utf8" });
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
