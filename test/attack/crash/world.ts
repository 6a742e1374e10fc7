import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** What runs the VMs, and how its definitions are asked for. */
export interface Setting {
  readonly via: "qemu" | "libvirt";
  readonly uri: string;
  /** A client of that libvirt; null where QEMU runs alone. */
  readonly virsh: ((...command: readonly string[]) => Promise<string>) | null;
}

/** How a command ended: its status is null where a signal ended it. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface How {
  /** A program that starts the command, with its arguments: strace for example. */
  readonly through?: readonly string[];
  /** Called when the command has begun. */
  readonly meanwhile?: (hasEnded: () => boolean) => Promise<void>;
}

/** A folder with a state folder and documents of its own, and the commands that use it. */
export interface World {
  readonly setting: Setting;
  readonly folder: string;
  readonly state: string;
  /** A folder of programs that stand before the real ones. */
  readonly programs: string;
  readonly ek: (args: readonly string[], how?: How) => Promise<Ended>;
}

const binary = join(import.meta.dirname, "../../../packages/cli/bin/evenkeel.mjs");
const head = "apiVersion: evenkeel/v1\n";
/** A command waits a minute for the lock of another one. */
const limitMs = 90_000;

/**
 * Temporary files get the same names in every run, so that strace finds them by their paths. Each
 * command has names of its own, as it has without this.
 */
const steadyNames = `data:text/javascript,${encodeURIComponent(
  `import crypto from "node:crypto";
   import { syncBuiltinESMExports } from "node:module";
   let made = 0;
   crypto.randomUUID = () => process.env.STEADY_NAME + "-" + ++made;
   syncBuiltinESMExports();`,
)}`;

/** A world in which the host has room for one VM on each node. */
export function makeWorld(setting: Setting): World {
  const folder = mkdtempSync(join(tmpdir(), "evenkeel-crash-"));
  const [state, programs] = [join(folder, "state"), join(folder, "programs")];
  mkdirSync(programs);
  for (const name of ["one", "two"]) {
    const spec = "{ vcpus: 1, memory: 64Mi, hugepages: none, isolation: core }";
    const text = `${head}kind: VirtualMachine\nmetadata: { name: ${name} }\nspec: ${spec}\n`;
    writeFileSync(join(folder, `${name}.yaml`), text);
  }
  const reserved = `{ coresPerNode: ${coresOfFirstNode() - 1}, memoryPerNode: 0 }`;
  writeFileSync(join(folder, "policy.yaml"), `${head}kind: HostPolicy\nreserved: ${reserved}\n`);
  let commands = 0;
  const ek = (args: readonly string[], how: How = {}): Promise<Ended> =>
    runCommand(args, how, folder, {
      ...process.env,
      PATH: `${programs}${delimiter}${process.env["PATH"] ?? ""}`,
      EVENKEEL_STATE: state,
      LIBVIRT_DEFAULT_URI: setting.uri,
      NODE_OPTIONS: `--import=${steadyNames}`,
      STEADY_NAME: `c${++commands}`,
      // One thread of Node works on files, so that its calls have an order.
      UV_THREADPOOL_SIZE: "1",
    });
  return { setting, folder, state, programs, ek };
}

function coresOfFirstNode(): number {
  const cpus = readdirSync("/sys/devices/system/node/node0").filter((name) => /^cpu\d/.test(name));
  const topology = (cpu: string): string =>
    readFileSync(`/sys/devices/system/cpu/${cpu}/topology/thread_siblings_list`, "utf8");
  return new Set(cpus.map(topology)).size;
}

async function runCommand(
  args: readonly string[],
  { through = [], meanwhile }: How,
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<Ended> {
  const [program = "", ...rest] = [...through, process.execPath, binary, ...args];
  const child = spawn(program, rest, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const said = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (said.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (said.stderr += chunk.toString()));
  const late = setTimeout(() => {
    said.stderr += `\nthe explorer: it did not end within ${limitMs / 1000} s\n`;
    child.kill("SIGKILL");
  }, limitMs);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (status) => resolve(status));
  });
  await meanwhile?.(() => child.exitCode !== null || child.signalCode !== null);
  const status = await ended;
  clearTimeout(late);
  child.stdout.destroy();
  child.stderr.destroy();
  return { status, ...said };
}

/** An emulator that runs now. */
export interface Emulator {
  readonly pid: number;
  readonly name: string;
  readonly uuid: string;
  /** The CPUs of its vCPUs' threads, in the kernel's list format. */
  readonly cpus: readonly string[];
}

/** The emulators of these VMs in this namespace of processes. */
export function emulators(): readonly Emulator[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const argv = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      if (!(argv[0] ?? "").includes("qemu-system")) return [];
      const after = (option: string): string => argv[argv.indexOf(option) + 1] ?? "";
      const name = /guest=([^,]+)/.exec(after("-name"))?.[1];
      if (name === undefined) return [];
      return [{ pid: Number(pid), name, uuid: after("-uuid"), cpus: vcpusOf(pid) }];
    } catch {
      return [];
    }
  });
}

function vcpusOf(pid: string): readonly string[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    const text = readFileSync(`/proc/${pid}/task/${thread}/status`, "utf8");
    const list = /^Name:\tCPU \d[\s\S]*^Cpus_allowed_list:\t(\S+)$/m.exec(text)?.[1];
    return list === undefined ? [] : [list];
  });
}

/** Puts a shell script before a program, whose own path is `$real`. */
export function putBefore({ programs }: World, program: string, script: string): void {
  const path = join(programs, program);
  writeFileSync(path, `#!/bin/sh\nreal=${pathOf(program)}\n${script}\n`);
  chmodSync(path, 0o755);
}

function pathOf(program: string): string {
  const folders = (process.env["PATH"] ?? "").split(delimiter).concat("/usr/sbin", "/sbin");
  const found = folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${program} is missing`);
  return found;
}

/** Ends every emulator and waits for that. */
export async function endEmulators(): Promise<void> {
  for (let tries = 0; ; tries++) {
    const left = emulators();
    if (left.length === 0) return;
    if (tries > 100) throw new Error("an emulator does not end");
    for (const { pid } of left) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended meanwhile.
      }
    }
    await sleep(20);
  }
}

/** Ends commands that have not ended by themselves. */
function endCommands(folder: string): void {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (readlinkSync(`/proc/${pid}/cwd`) === folder) process.kill(Number(pid), "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** Removes everything of a world. */
export async function endWorld({ folder, setting: { virsh } }: World): Promise<void> {
  endCommands(folder);
  await endEmulators();
  if (virsh !== null) {
    const names = (await virsh("list", "--all", "--name")).split("\n").filter(Boolean);
    for (const name of names) {
      await virsh("destroy", name).catch(() => {});
      await virsh("undefine", name);
    }
  }
  rmSync(folder, { recursive: true, force: true });
}
