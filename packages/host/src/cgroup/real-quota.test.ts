import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { cpuQuota } from "@evenkeel/core/explain/cause/settings/cpu-quota.ts";
import { subjectOf } from "@evenkeel/core/explain/subject/subject.ts";
import { cleanVm } from "@evenkeel/core/testing/explain/clean.ts";
import { liveTree } from "../tree/directory-tree.ts";
import { parseMembership } from "./parse.ts";
import { readCgroups } from "./read-cgroups.ts";

/** Makes a cgroup with a quota of a twentieth of a CPU; null where this machine lets nobody. */
function limitedCgroup(): string | null {
  const places = [
    { hierarchy: "/sys/fs/cgroup/cpu", file: "cpu.cfs_quota_us", quota: "5000" },
    { hierarchy: "/sys/fs/cgroup", file: "cpu.max", quota: "5000 100000" },
  ];
  for (const { hierarchy, file, quota } of places) {
    const folder = `${hierarchy}/evenkeel-test-${process.pid}`;
    try {
      mkdirSync(folder);
      writeFileSync(`${folder}/${file}`, quota);
      return folder;
    } catch {
      isRemoved(folder);
    }
  }
  return null;
}

/** A loop that always wants to run, for a while in the cgroup. */
async function busyIn(
  folder: string,
  look: (pid: number, elapsedMs: number, ranMs: number) => void,
): Promise<void> {
  const child = spawn("sh", ["-c", "while :; do :; done"], { stdio: "ignore" });
  const pid = Number(child.pid);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  try {
    writeFileSync(`${folder}/cgroup.procs`, `${pid}`);
    // What it ran before is not the quota's.
    const [started, before] = [performance.now(), ranMsOf(pid)];
    await sleep(1500);
    look(pid, performance.now() - started, ranMsOf(pid) - before);
  } finally {
    child.kill("SIGKILL");
    await ended;
    // The kernel empties a cgroup soon after its last process has ended.
    for (let tries = 0; tries < 50 && !isRemoved(folder); tries++) await sleep(20);
  }
}

function ranMsOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
}

function isRemoved(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

/**
 * The price that is read off the kernel's counters, against the time that the loop really got: a
 * twentieth of a CPU makes it up to twenty times slower. Other load on the machine takes more from
 * it, which the quota is not to blame for.
 */
test("a real loop under a quota is priced by what that took", async ({ skip }) => {
  const folder = limitedCgroup();
  if (folder === null) return skip("no cgroup with a quota can be made here");
  await busyIn(folder, (pid, elapsedMs, ranMs) => {
    const cgroups = readCgroups(liveTree(), [
      parseMembership(readFileSync(`/proc/${pid}/cgroup`, "utf8")),
    ]);
    const clean = cleanVm(0);
    const threads = (clean.threads ?? []).slice(-1);
    const judgement = cpuQuota.judge(subjectOf({ ...clean, cgroups, threads }), null);
    const [accusation] = judgement.kind === "accused" ? judgement.accusations : [];
    const priced = accusation?.cost.slowdown ?? null;
    expect(accusation?.seen).toBe("directly");
    expect(priced).toBeGreaterThan(2);
    expect(priced).toBeLessThanOrEqual(20);
    expect(priced).toBeLessThan((elapsedMs / ranMs) * 1.2);
  });
});
