import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect, test } from "vitest";

const binary = join(import.meta.dirname, "../../packages/cli/bin/evenkeel.mjs");

const head = "apiVersion: evenkeel/v1\n";
const policy = `${head}kind: HostPolicy\nreserved: { coresPerNode: 0, memoryPerNode: 0 }\n`;
const vm = `${head}kind: VirtualMachine
metadata: { name: tried }
spec: { vcpus: 1, memory: 128Mi, hugepages: none, isolation: shared }
`;

/** The names of the variables that a shell sets by itself. */
const ofTheShell = new Set(["PWD", "OLDPWD", "SHLVL", "_"]);

/** What a program that the command starts finds in its environment. */
async function environmentOf(program: string, args: readonly string[]): Promise<string[]> {
  const folder = scratchFolder();
  const found = join(folder, "environment");
  writeFileSync(join(folder, program), `#!/bin/sh\nenv > ${found}\nexit 1\n`);
  chmodSync(join(folder, program), 0o755);
  writeFileSync(join(folder, "vm.yaml"), vm);
  writeFileSync(join(folder, "policy.yaml"), policy);
  const env = {
    PATH: `${folder}${delimiter}${process.env["PATH"] ?? ""}`,
    HOME: folder,
    TERM: "dumb",
    XDG_RUNTIME_DIR: folder,
    LIBVIRT_DEFAULT_URI: "qemu:///system",
    EVENKEEL_STATE: join(folder, "state"),
    LC_ALL: "de_DE.UTF-8",
    AWS_SECRET_ACCESS_KEY: "hunter2",
    MODPROBE_OPTIONS: "--config /tmp/evil",
    GCONV_PATH: "/tmp/evil",
  };
  const child = spawn(process.execPath, [binary, ...args], { cwd: folder, env, stdio: "ignore" });
  await once(child, "exit");
  expect(existsSync(found)).toBe(true);
  const lines = readFileSync(found, "utf8").trim().split("\n");
  return lines.filter((line) => !ofTheShell.has(line.split("=")[0] ?? "")).toSorted();
}

const names = ["HOME", "LANG", "LC_ALL", "LIBVIRT_DEFAULT_URI", "PATH", "TERM", "XDG_RUNTIME_DIR"];

test.each([
  ["nvidia-smi", ["snapshot", "host.tar"]],
  ["flock", ["run", "vm.yaml", "--policy", "policy.yaml", "--emulated", "--dry-run"]],
  ["virsh", ["run", "vm.yaml", "--policy", "policy.yaml", "--emulated", "--dry-run"]],
] as const)("%s gets no secret of the caller, and the C locale", async (program, args) => {
  const lines = await environmentOf(program, args);
  expect(lines.map((line) => line.split("=")[0])).toEqual(names);
  expect(lines).toContain("LC_ALL=C");
  expect(lines).toContain("LANG=C");
});
