import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { execWords, isRoot, StandIn } from "./stand-in.ts";

/** Two GPUs and two cores: each command gets one core, for as long as anything of it runs. */

const machine = new StandIn(2);
afterAll(() => rmSync(machine.folder, { recursive: true, force: true }));
const exclusive = [...execWords, "--mode", "exclusive", "--gpu", "0", "--", "sh", "-c"];
const tell = 'taskset -cp $$ | sed "s/.*: //"';

interface Started {
  readonly child: ChildProcess;
  /** Its core; null where it was refused one. */
  readonly core: string | null;
  /** What it has said on standard error so far. */
  readonly said: () => string;
}

/** Starts a command that says its core and runs until its input ends. */
async function start(line = `${tell}; read end`): Promise<Started> {
  const [first, ...rest] = machine.words([...exclusive, line]);
  const child = spawn(first, rest, { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const told = once(child.stdout, "data").then(([chunk]) => String(chunk).trim());
  const core = await Promise.race([told, once(child, "close").then(() => null)]);
  return { child, core, said: () => said };
}

async function end({ child }: Started, signal?: "SIGKILL"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  if (signal === undefined) child.stdin?.end();
  else child.kill(signal);
  await ended;
}

test.skipIf(!isRoot)(
  "of six commands at once two get a core each, and the others none",
  async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => start()));
    const cores = all.flatMap(({ core }) => core ?? []);
    expect(cores.toSorted()).toEqual(["0", "1"]);
    const refused = all.filter(({ core }) => core === null);
    for (const { child, said } of refused) {
      expect([child.exitCode, said()]).toEqual([
        125,
        expect.stringContaining("binding-impossible"),
      ]);
    }
    // kill -9 frees a core at once, and only that one.
    const [killed, other] = all.filter(({ core }) => core !== null);
    if (killed === undefined || other === undefined) throw new Error("two have a core");
    await end(killed, "SIGKILL");
    const next = await start();
    expect(next.core).toBe(killed.core);
    await Promise.all([other, next].map((one) => end(one)));
  },
);

test.skipIf(!isRoot)("a child that outlives the command keeps its core", async () => {
  const parent = await start("sleep 30 >/dev/null & echo $!");
  if (parent.child.exitCode === null) await once(parent.child, "exit");
  const [second, third] = [await start(), await start()];
  // Of 0, kill(2) would end all of these tests.
  expect(parent.core).toMatch(/^[1-9]/);
  process.kill(Number(parent.core), "SIGKILL");
  expect([second.core, third.core]).toEqual(["1", null]);
  await end(second);
});

test.skipIf(!isRoot)("what stands in place of the deciding's file stops no start", async () => {
  const deciding = join(machine.folder, "run/evenkeel/leases/deciding");
  rmSync(deciding, { force: true });
  mkdirSync(deciding, { recursive: true });
  const started = await start();
  rmSync(deciding, { recursive: true });
  expect(started.core).toBe("0");
  await end(started);
});

test.skipIf(!isRoot)("commands within one that has cores of its own divide these", async () => {
  const words = [...execWords, "--mode", "exclusive", "--gpu"];
  const inner = (gpu: number): string => `${[...words, gpu, "--"].join(" ")} sh -c '${tell}'`;
  // As of a program that closes all files before it starts another.
  const lines = [0, 1].map((gpu) => `(exec 2>&1; ${inner(gpu)} | sed s/^/${gpu}:/)`);
  const closing = `for f in $(seq 3 60); do eval "exec $f>&-"; done`;
  const { stdout } = machine.run([
    ...words,
    "0,1",
    "--",
    "bash",
    "-c",
    `${closing}; ${lines.join("; ")}`,
  ]);
  expect(stdout.split("\n").filter((line) => /^\d:\d$/.test(line))).toEqual(["0:0", "1:1"]);
});

test.skipIf(!isRoot)("who holds up the deciding for ever stops no start", async () => {
  const leases = join(machine.folder, "run/evenkeel/leases");
  mkdirSync(leases, { recursive: true });
  chmodSync(leases, 0o1777);
  const holder = spawn("flock", [join(leases, "deciding"), "sleep", "30"], { detached: true });
  try {
    const started = await start();
    expect(started.core).toBe("0");
    await end(started);
  } finally {
    if (holder.pid !== undefined) process.kill(-holder.pid, "SIGKILL");
  }
});
