import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import { indices } from "@evenkeel/core/set/index-set.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { expect, test } from "vitest";
import { liveTree } from "../tree/directory-tree.ts";
import { parseMembership } from "./parse.ts";
import { readCgroups } from "./read-cgroups.ts";

const root = "/sys/fs/cgroup";
const name = `evenkeel-limits-${process.pid}`;
const controllers = ["cpu", "cpuset", "memory"] as const;

/** The files that set the same limits in both versions, by controller. */
interface Limits {
  readonly version: 1 | 2;
  readonly folders: readonly string[];
  readonly files: readonly (readonly [path: string, value: string])[];
}

/** @param cpu, node the CPU and the node that are allowed. */
function limitsOf(version: 1 | 2, cpu: number, node: number): Limits {
  const [ofCpu, ofSet, ofMemory] = controllers.map((controller) =>
    version === 2 ? `${root}/${name}` : `${root}/${controller}/${name}`,
  );
  const set = [
    [`${ofSet}/cpuset.cpus`, `${cpu}`],
    [`${ofSet}/cpuset.mems`, `${node}`],
  ] as const;
  const own =
    version === 2
      ? ([
          [`${ofCpu}/cpu.max`, "30000 60000"],
          [`${ofCpu}/cpu.weight`, "50"],
          [`${ofMemory}/memory.max`, `${64 * MiB}`],
        ] as const)
      : ([
          [`${ofCpu}/cpu.cfs_period_us`, "60000"],
          [`${ofCpu}/cpu.cfs_quota_us`, "30000"],
          [`${ofCpu}/cpu.shares`, "512"],
          [`${ofMemory}/memory.limit_in_bytes`, `${64 * MiB}`],
        ] as const);
  const folders = [...new Set([ofCpu, ofSet, ofMemory])].flatMap((folder) => folder ?? []);
  return { version, folders, files: [...set, ...own] };
}

/** The version of which this machine has all controllers. */
function versionHere(): 1 | 2 | null {
  if (controllers.every((controller) => existsSync(`${root}/${controller}/cgroup.procs`))) return 1;
  const given = wordsIn(`${root}/cgroup.controllers`);
  return controllers.every((controller) => given.includes(controller)) ? 2 : null;
}

function wordsIn(path: string): readonly string[] {
  return existsSync(path) ? readFileSync(path, "utf8").trim().split(/\s+/) : [];
}

/** Gives cgroups below the root the controllers that they lack; returns what takes that back. */
function withControllers(version: 1 | 2): () => void {
  const file = `${root}/cgroup.subtree_control`;
  const lacking = version === 1 ? [] : controllers.filter((one) => !wordsIn(file).includes(one));
  const each = (sign: string): void => {
    if (lacking.length > 0) writeFileSync(file, lacking.map((one) => sign + one).join(" "));
  };
  each("+");
  return () => each("-");
}

/** Makes the cgroup; returns what takes back what that needed, or why it cannot be made. */
function made({ version, folders, files }: Limits): (() => void) | string {
  try {
    const takeBack = withControllers(version);
    for (const folder of folders) mkdirSync(folder);
    for (const [path, value] of files) writeFileSync(path, value);
    return takeBack;
  } catch (error) {
    return String(error);
  }
}

async function removed(folders: readonly string[]): Promise<void> {
  for (const folder of folders.filter((one) => existsSync(one))) {
    // The kernel empties a cgroup soon after its last process has ended.
    for (let tries = 0; tries < 100 && existsSync(folder); tries++) {
      try {
        rmdirSync(folder);
      } catch {
        await sleep(20);
      }
    }
  }
}

function lastOnline(what: "cpu" | "node"): number {
  const list = readFileSync(`/sys/devices/system/${what}/online`, "utf8");
  const all = indices(setOf(list));
  return at(all, all.length - 1);
}

test("the limits of a real cgroup, of the version that is here, are read", async ({ skip }) => {
  const version = versionHere();
  if (version === null) return skip("no version of cgroups has cpu, cpuset and memory here");
  const [cpu, node] = [lastOnline("cpu"), lastOnline("node")];
  const limits = limitsOf(version, cpu, node);
  const child = spawn("sleep", ["60"], { stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const takeBack = made(limits);
  try {
    if (typeof takeBack === "string") {
      return skip(`no such cgroup of version ${version} can be made here: ${takeBack}`);
    }
    for (const folder of limits.folders) writeFileSync(`${folder}/cgroup.procs`, `${child.pid}`);
    const membership = parseMembership(readFileSync(`/proc/${child.pid}/cgroup`, "utf8"));
    expect(membership.cpuset).toEqual({ version, path: `/${name}` });
    const own = readCgroups(liveTree(), [membership]).find(({ path }) => path === `/${name}`);
    expect(own).toMatchObject({
      cpus: `${cpu}`,
      effectiveCpus: `${cpu}`,
      nodes: `${node}`,
      effectiveNodes: `${node}`,
      limits: {
        quota: { quotaUs: 30_000, periodUs: 60_000 },
        cpuWeight: 50,
        memoryMaxBytes: 64 * MiB,
        memoryReclaims: 0,
      },
    });
    expect(own?.limits?.throttled).not.toBeNull();
    expect(own?.limits?.memoryBytes).toBeLessThanOrEqual(64 * MiB);
  } finally {
    child.kill("SIGKILL");
    await ended;
    await removed(limits.folders);
    if (typeof takeBack !== "string") takeBack();
  }
});
