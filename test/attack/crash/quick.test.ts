import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { whyNot as whyNoVms } from "../../libvirt/programs.ts";

/**
 * A few trials of each part, at points that differ from run to run: `npm run crash` tries them all.
 */
const whyNot =
  whyNoVms ??
  (spawnSync("strace", ["--version"]).status === 0
    ? null
    : 'strace missing, which "npm test" installs as root on Debian');

const main = join(import.meta.dirname, "main.ts");

async function explored(...args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const [status]: unknown[] = await once(child, "close");
  expect(status, said).toBe(0);
  expect(said).toMatch(/\d trials in \d+ s: \d+ not reached, 0 with findings\n$/);
  return said;
}

const seed = `${Date.now() % 1_000_000}`;

test.skipIf(whyNot !== null).concurrent(
  "a command that is killed, or one of its programs, leaves nothing sold twice, leaked or lost",
  async () => {
    const said = await explored("kill", "programs", "--quick", "--seed", seed);
    expect(said).toMatch(/^kill .*: \d+ points$/m);
  },
  240_000,
);

test.skipIf(whyNot !== null).concurrent(
  "nor does one whose disk fails, fills up or becomes read-only, and stop --force ends its VM",
  async () => {
    await explored("errors", "full", "--quick", "--seed", seed);
  },
  240_000,
);

test.skipIf(whyNot !== null).concurrent(
  "nor do eight commands at once",
  async () => {
    await explored("together", "--quick", "--seed", seed);
  },
  240_000,
);

test.runIf(whyNot !== null)(`no command is cut off: ${whyNot}`, () => {});
