import type { Instance } from "@evenkeel/core/instance/instance.ts";
import type { Verdict } from "@evenkeel/core/verify/verdict/verdict.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { execFile } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect, onTestFinished } from "vitest";

const binary = join(import.meta.dirname, "../../packages/cli/bin/evenkeel.mjs");
const head = "apiVersion: evenkeel/v1\n";
export const emulator = process.arch === "arm64" ? "qemu-system-aarch64" : "qemu-system-x86_64";

export interface Place {
  /** A script that stands before the emulator. */
  readonly script?: string;
  /** A program with arguments that runs the command, as another user for example. */
  readonly through?: readonly string[];
  /** Who owns the folder of the state and of the files. */
  readonly owner?: number;
}

type Evenkeel = (
  ...args: readonly string[]
) => Promise<{ readonly stdout: string; readonly stderr: string }>;

interface Placed {
  readonly folder: string;
  readonly evenkeel: Evenkeel;
}

/** A place from which VMs are started through QEMU alone. */
export function place({ script, through = [], owner = 0 }: Place = {}): Placed {
  const folder = scratchFolder();
  const programs = join(folder, "programs");
  mkdirSync(programs);
  if (script !== undefined) {
    writeFileSync(join(programs, emulator), `#!/bin/sh\n${script}\n`);
    chmodSync(join(programs, emulator), 0o755);
  }
  writeFileSync(
    join(folder, "vm.yaml"),
    `${head}kind: VirtualMachine\nmetadata: { name: tried-alone }\n` +
      "spec: { vcpus: 1, memory: 128Mi, hugepages: none, isolation: shared }\n",
  );
  writeFileSync(
    join(folder, "policy.yaml"),
    `${head}kind: HostPolicy\nreserved: { coresPerNode: 0, memoryPerNode: 0 }\n`,
  );
  chownSync(folder, owner, owner);
  const env = {
    ...process.env,
    PATH: `${programs}${delimiter}${process.env["PATH"] ?? ""}`,
    EVENKEEL_STATE: join(folder, "state"),
    AWS_SECRET_ACCESS_KEY: "hunter2",
  };
  const evenkeel: Evenkeel = (...args) => {
    const [first = "", ...words] = [...through, process.execPath, binary, ...args];
    return new Promise((resolve) => {
      execFile(first, words, { cwd: folder, env, maxBuffer: 8 * MiB }, (_, stdout, stderr) =>
        resolve({ stdout, stderr }),
      );
    });
  };
  return { folder, evenkeel };
}

interface StartedVm extends Placed {
  readonly end: () => Promise<unknown>;
  readonly instance: Instance & { readonly verdict: Verdict };
  /** The folder of its run. */
  readonly runs: string;
  readonly stderr: string;
  readonly pid: string;
  /** `/proc/PID/status`. */
  readonly status: string;
}

/** Starts a VM through QEMU alone, and returns what the kernel knows about its process. */
export async function startedVm(
  given: Place = {},
  more: readonly string[] = [],
): Promise<StartedVm> {
  const { folder, evenkeel } = place(given);
  const end = (): Promise<unknown> => evenkeel("stop", "tried-alone", "--timeout", "0", "--force");
  onTestFinished(async () => void (await end()));
  const how = ["--policy", "policy.yaml", "--emulated", "--firmware", "bios", "--via", "qemu"];
  const { stdout, stderr } = await evenkeel("run", "vm.yaml", ...how, ...more, "--output", "json");
  expect(stdout, stderr).not.toBe("");
  const instance = JSON.parse(stdout);
  expect(instance.phase).toBe("running");
  const runs = join(folder, "state/run", instance.uuid);
  const pid = readFileSync(join(runs, "pid"), "utf8").trim();
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return { folder, evenkeel, end, instance, runs, stderr, pid, status };
}
