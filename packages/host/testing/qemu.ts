import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { withMonitor } from "../src/qmp/client.ts";
import { scratchFolder } from "./scratch.ts";

const program = "qemu-system-x86_64";

/** The reason why no emulator can be started here; null where it can. */
export const whyNoQemu: string | null =
  process.platform !== "linux"
    ? "its /proc is Linux's"
    : spawnSync(program, ["--version"]).status === 0
      ? null
      : `${program} missing, which "npm test" installs as root on Debian`;

export interface RunningQemu {
  readonly pid: number;
  readonly socket: string;
}

/**
 * Starts an emulator that stops before its first instruction, with threads, memory and a monitor as
 * in a running one, and ends it with the test.
 */
export async function startQemu(args: readonly string[]): Promise<RunningQemu> {
  const socket = join(scratchFolder(), "q.sock");
  const fixed = [
    "-machine",
    "q35,accel=tcg",
    "-cpu",
    "max",
    "-S",
    "-nodefaults",
    "-display",
    "none",
  ];
  const child = spawn(program, [...fixed, "-qmp", `unix:${socket},server=on,wait=off`, ...args], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  onTestFinished(() => end(child));
  for (let waitedMs = 0; !existsSync(socket); waitedMs += 50) {
    if (child.exitCode !== null || waitedMs > 20_000)
      throw new Error(`QEMU did not start: ${errors}`);
    await sleep(50);
  }
  // The socket exists before the threads, and answers commands after them.
  await withMonitor(socket, async () => {}, { timeoutMs: 20_000 });
  if (child.pid === undefined) throw new Error("QEMU answers and has no process");
  return { pid: child.pid, socket };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}
