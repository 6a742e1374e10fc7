import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { whyNot } from "../libvirt/programs.ts";

const binary = join(import.meta.dirname, "../../packages/cli/bin/evenkeel.mjs");
const head = "apiVersion: evenkeel/v1\n";
const emulator = process.arch === "arm64" ? "qemu-system-aarch64" : "qemu-system-x86_64";

/** Starts a VM through QEMU alone, and returns what the kernel knows about its process. */
async function startedVm(script: string | null) {
  const folder = scratchFolder();
  const programs = join(folder, "programs");
  mkdirSync(programs);
  if (script !== null) {
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
  const env = {
    ...process.env,
    PATH: `${programs}${delimiter}${process.env["PATH"] ?? ""}`,
    EVENKEEL_STATE: join(folder, "state"),
    AWS_SECRET_ACCESS_KEY: "hunter2",
  };
  const evenkeel = (...args: readonly string[]): Promise<{ stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      execFile(process.execPath, [binary, ...args], { cwd: folder, env }, (_, stdout, stderr) =>
        resolve({ stdout, stderr }),
      );
    });
  const end = ["stop", "tried-alone", "--timeout", "0", "--force"];
  onTestFinished(async () => void (await evenkeel(...end)));
  const how = ["--policy", "policy.yaml", "--emulated", "--firmware", "bios", "--via", "qemu"];
  const { stdout, stderr } = await evenkeel("run", "vm.yaml", ...how, "--output", "json");
  expect(stdout, stderr).not.toBe("");
  const { uuid, phase } = JSON.parse(stdout);
  expect(phase).toBe("running");
  const pid = readFileSync(join(folder, "state/run", uuid, "pid"), "utf8").trim();
  return { pid, status: readFileSync(`/proc/${pid}/status`, "utf8") };
}

test.skipIf(whyNot !== null)(
  "QEMU alone runs under a filter of system calls, without the caller's secrets or its terminal",
  async () => {
    const { pid, status } = await startedVm(null);
    // 2 is SECCOMP_MODE_FILTER: proc_pid_status(5).
    expect(status).toMatch(/^Seccomp:\t2$/m);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    const given = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    const sandbox = given[given.indexOf("-sandbox") + 1];
    expect(sandbox).toBe("on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
    const names = readFileSync(`/proc/${pid}/environ`, "utf8")
      .split("\0")
      .flatMap((line) => (line === "" ? [] : line.split("=").slice(0, 1)));
    const allowed = ["HOME", "LANG", "LC_ALL", "LIBVIRT_DEFAULT_URI", "PATH", "TERM"];
    expect(names.filter((name) => ![...allowed, "XDG_RUNTIME_DIR"].includes(name))).toEqual([]);
    // Nobody reads what it says after the start: SIGPIPE (13) must not end it.
    const ignored = BigInt(`0x${/^SigIgn:\t([0-9a-f]+)$/m.exec(status)?.[1] ?? ""}`);
    expect((ignored >> 12n) & 1n).toBe(1n);
    for (const fd of [0, 1]) expect(readlinkSync(`/proc/${pid}/fd/${fd}`)).toBe("/dev/null");
  },
);

test.skipIf(whyNot !== null)("a QEMU that was built without a filter runs, too", async () => {
  const refuses = `case "$*" in *-sandbox*) echo "seccomp support is disabled" >&2; exit 1;; esac`;
  const { status } = await startedVm(`${refuses}\nPATH="\${PATH#*:}" exec ${emulator} "$@"`);
  expect(status).toMatch(/^Seccomp:\t0$/m);
});
