import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { follow, followUps, learn } from "./follow.ts";
import type { Outcome } from "./kill-points.ts";
import { compare, type Knowledge, look, wrongEnd } from "./model.ts";
import { injecting, injectionLog, type Point } from "./points.ts";
import { knowledgeOf, type Scenario } from "./scenarios.ts";
import { type Ended, emulators, type World } from "./world.ts";

export const errors = ["ENOSPC", "EROFS", "EIO"] as const;
export type Failing = (typeof errors)[number];

/** Lets one system call of a command fail, and then runs other commands. */
export async function failAt(
  scenario: Scenario,
  point: Point,
  error: Failing,
  followUp: number,
  world: World,
): Promise<Outcome> {
  await scenario.prepare(world);
  const ended = await world.ek(scenario.command, {
    through: injecting(point, `error=${error}`, world),
  });
  const reached = readFileSync(join(world.folder, injectionLog), "utf8").includes("(INJECTED)");
  const known = knowledgeAfter(scenario, ended);
  // Without its lock a command does nothing.
  const isLocked = !/\block$|\.lock$/.test(point.path ?? "");
  const findings = [
    ...wrongEnd(ended),
    ...(isLocked ? notEnded(scenario) : []),
    ...compare(await look(world), known, false),
    ...(await follow(world, known, followUps[followUp % followUps.length] ?? [])),
  ];
  return { where: `${error} at ${point.label}`, reached, findings };
}

function knowledgeAfter(scenario: Scenario, ended: Ended): Knowledge {
  const known = knowledgeOf(scenario);
  known.set(scenario.open, "unknown");
  const [verb] = scenario.command;
  if (verb === "run" || verb === "stop") learn(verb, scenario.open, ended, known);
  return known;
}

function notEnded({ command, open }: Scenario): readonly string[] {
  const isRunning = emulators().some(({ name }) => name === open);
  return command[0] === "stop" && isRunning ? [`lost: stop --force has not ended ${open}`] : [];
}

/** The file system of the state folder, which fills up or becomes read-only for good. */
export const kindsOfDisk = ["full", "read-only"] as const;
export type Disk = (typeof kindsOfDisk)[number];

/** The state folder lies on a small file system of its own. */
function mountState({ state }: World): void {
  shell('mkdir -m 700 "$1" && mount -t tmpfs -o size=1m,nr_inodes=40,mode=700 none "$1"', state);
}

const spoil: Readonly<Record<Disk, string>> = {
  // Neither a block nor an inode is left.
  full: `
    dd if=/dev/zero of="$1/filling" bs=4k 2>/dev/null
    i=0; while mkdir "$1/f$i" 2>/dev/null; do i=$((i+1)); done; true`,
  "read-only": 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"',
};
const mend: Readonly<Record<Disk, string>> = {
  full: 'rm "$1/filling"; rmdir "$1"/f[0-9]*',
  "read-only": 'umount --lazy "$1"',
};

function shell(script: string, folder: string): void {
  const { status, stderr } = spawnSync("sh", ["-c", script, "sh", folder], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${script}: ${stderr}`);
}

/**
 * Stops a command after one of its system calls, spoils the disk, and lets it go on. Then the disk
 * is mended, and other commands follow.
 *
 * @param point null to spoil the disk before the command.
 */
export async function spoilAfter(
  scenario: Scenario,
  point: Point | null,
  disk: Disk,
  followUp: number,
  world: World,
): Promise<Outcome> {
  mountState(world);
  try {
    await scenario.prepare(world);
    let reached = true;
    if (point === null) shell(spoil[disk], world.state);
    const meanwhile = async (hasEnded: () => boolean): Promise<void> => {
      const stopped = await stoppedThread(world, hasEnded);
      reached = stopped !== null;
      if (stopped === null) return;
      shell(spoil[disk], world.state);
      await goOn(stopped, hasEnded);
    };
    const how =
      point === null ? {} : { through: injecting(point, "signal=SIGSTOP", world), meanwhile };
    const ended = await world.ek(scenario.command, how);
    const known = knowledgeAfter(scenario, ended);
    // The VM is gone, and its record stays until the disk is mended.
    if (ended.stderr.includes("record-kept")) known.set(scenario.open, "unknown");
    const listed = await world.ek(["list"]);
    const first = [...wrongEnd(ended), ...notEnded(scenario), ...wrongEnd(listed)];
    if (listed.status !== 0) first.push(`list ended with ${listed.status}: ${listed.stderr}`);
    if (reached) shell(mend[disk], world.state);
    const steps = followUps[followUp % followUps.length] ?? [];
    const findings = [...first, ...(await follow(world, known, steps))];
    return { where: `${disk} after ${point?.label ?? "the start"}`, reached, findings };
  } finally {
    // One that was made read-only lies above it.
    for (let mounts = 0; mounts < 2; mounts++) spawnSync("umount", ["--lazy", world.state]);
  }
}

/** The thread that strace has stopped; null if the command ended without that. */
async function stoppedThread({ folder }: World, hasEnded: () => boolean): Promise<number | null> {
  const log = join(folder, injectionLog);
  for (; !hasEnded(); await sleep(10)) {
    const text = existsSync(log) ? readFileSync(log, "utf8") : "";
    const [, thread] = /^(\d+) +--- stopped by SIGSTOP ---$/m.exec(text) ?? [];
    if (thread !== undefined) return Number(thread);
  }
  return null;
}

/** Lets a command go on until it ends: strace stops each thread that makes so many calls. */
async function goOn(thread: number, hasEnded: () => boolean): Promise<void> {
  for (; !hasEnded(); await sleep(50)) {
    try {
      process.kill(thread, "SIGCONT");
    } catch {
      // It has ended meanwhile.
    }
  }
}
