import { type ChildProcess, execFile, spawn } from "node:child_process";
import { renameSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { startQemu } from "@evenkeel/host/testing/qemu.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, onTestFinished, test } from "vitest";
import { whyNot } from "../libvirt/programs.ts";

/**
 * What a VM has is given to no other VM, also where nothing is recorded of it: its record is gone
 * or lies in another folder, or another program has started it.
 */
const binary = join(import.meta.dirname, "../../packages/cli/bin/evenkeel.mjs");
const head = "apiVersion: evenkeel/v1\n";

/** Two CPUs are all that the test needs: it keeps all but the last for the host. */
const last = availableParallelism() - 1;
const skip = whyNot !== null || last < 1;

interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Command {
  readonly folder: string;
  readonly evenkeel: (...args: readonly string[]) => Promise<Answer>;
  readonly run: (vm: string, ...more: readonly string[]) => Promise<Answer>;
}

function command(): Command {
  const folder = scratchFolder();
  const kept = last === 1 ? "0" : `0-${last - 1}`;
  writeFileSync(
    join(folder, "policy.yaml"),
    `${head}kind: HostPolicy\nreserved: { cpus: "${kept}", memoryPerNode: 0 }\n`,
  );
  const env = { ...process.env, EVENKEEL_STATE: join(folder, "state") };
  const evenkeel: Command["evenkeel"] = (...args) =>
    new Promise((resolve) => {
      execFile(process.execPath, [binary, ...args], { cwd: folder, env }, (error, stdout, stderr) =>
        resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });
  const run: Command["run"] = async (vm, ...more) => {
    writeFileSync(
      join(folder, `${vm}.yaml`),
      `${head}kind: VirtualMachine\nmetadata: { name: ${vm} }\n` +
        "spec: { vcpus: 1, memory: 128Mi, hugepages: none }\n",
    );
    const end = ["stop", vm, "--timeout", "0", "--force", ...more];
    onTestFinished(async () => void (await evenkeel(...end)));
    const how = ["--policy", "policy.yaml", "--emulated", "--firmware", "bios", "--via", "qemu"];
    return evenkeel("run", `${vm}.yaml`, ...how, ...more);
  };
  return { folder, evenkeel, run };
}

const refusedCpu = /cores-short|cores? needed/;

test.skipIf(skip)(
  "a CPU of a VM whose record is gone, or lies elsewhere, is not sold again",
  async () => {
    const { folder, evenkeel, run } = command();
    const first = await run("sold-once");
    expect(first.status, first.stderr + first.stdout).toBe(0);
    const elsewhere = await run("sold-elsewhere", "--state", join(folder, "other"));
    expect(elsewhere.status, elsewhere.stdout).toBe(3);
    expect(elsewhere.stdout).toMatch(refusedCpu);
    const record = join(folder, "state/vms/sold-once.json");
    const aside = join(folder, "aside.json");
    renameSync(record, aside);
    onTestFinished(async () => {
      renameSync(aside, record);
      await evenkeel("stop", "sold-once", "--timeout", "0", "--force");
    });
    const again = await run("sold-again");
    expect(again.status, again.stdout).toBe(3);
    expect(again.stdout).toMatch(refusedCpu);
    expect(again.stdout).toContain("It fits without the VM sold-once (process ");
    const list = await evenkeel("list");
    expect(list.stdout).toMatch(/^sold-once\s+running\s+qemu, not by Evenkeel/m);
  },
);

test.skipIf(skip)("an emulator that another program has pinned keeps its CPU", async () => {
  const { evenkeel, run } = command();
  const { pid } = await startQemu(["-m", "64", "-name", "pinned-by-hand,debug-threads=on"]);
  const vm = await run("beside");
  expect(vm.status, vm.stdout + vm.stderr).toBe(0);
  await evenkeel("stop", "beside", "--timeout", "0", "--force");
  await pinned(pid, last);
  const refused = await run("beside");
  expect(refused.status, refused.stdout).toBe(3);
  expect(refused.stdout).toMatch(refusedCpu);
  const asked = ["place", "beside.yaml", "--on", "live", "--policy", "policy.yaml"];
  expect((await evenkeel(...asked)).status).toBe(3);
  // It holds a CPU that no VM is sold: the host keeps it.
  await pinned(pid, 0);
  expect((await evenkeel(...asked)).status).toBe(0);
});

test.skipIf(skip)(
  "a VM that floats is told, and what another VM took by hand is a finding",
  async () => {
    const { evenkeel, run } = command();
    const { pid } = await startQemu(["-m", "64", "-name", "floats,debug-threads=on"]);
    const vm = await run("disturbed", "--dry-run");
    expect(vm.stdout).toContain(`its vCPUs may run on CPUs ${last} of the plan`);
    const started = await run("disturbed");
    expect(started.status, started.stdout + started.stderr).toBe(0);
    expect((await evenkeel("list")).stdout).not.toContain("which the plan of");
    await pinned(pid, last);
    const list = await evenkeel("list");
    expect(list.stdout.replace(/\s+/g, " ")).toContain(
      `floats (process ${pid}) holds CPUs ${last}, which the plan of disturbed has.`,
    );
  },
);

test.skipIf(skip)("one lock holds for all state folders of root", async () => {
  const { folder, run } = command();
  const holder: ChildProcess = spawn("flock", ["/run/evenkeel/lock", "sleep", "4"], {
    stdio: "ignore",
    detached: true,
  });
  onTestFinished(() => void (holder.pid !== undefined && tryKill(-holder.pid)));
  await new Promise((resolve) => setTimeout(resolve, 500));
  const started = performance.now();
  const { status, stderr } = await run("waits", "--state", join(folder, "third"), "--dry-run");
  expect(status, stderr).toBe(0);
  expect(performance.now() - started).toBeGreaterThan(2500);
});

function tryKill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

async function pinned(pid: number, cpu: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    execFile("taskset", ["--all-tasks", "-cp", `${cpu}`, `${pid}`], (error) =>
      error === null ? resolve() : reject(error),
    );
  });
}
