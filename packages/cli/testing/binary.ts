import { spawn } from "node:child_process";
import type { Outcome } from "./evenkeel.ts";

/** The program as it is installed. */
export const binary: string = new URL("../bin/evenkeel.mjs", import.meta.url).pathname;

export interface Spawned extends Outcome {
  readonly elapsedMs: number;
}

/** For programs that a signal ended: they have no exit status. */
const ENDED_BY_SIGNAL = -1;

/** Runs the real program in a process of its own, for half a minute at most. */
export function spawnEvenkeel(
  argv: readonly string[],
  {
    cwd,
    stdin = "",
    node = process.execPath,
  }: { cwd?: string; stdin?: string; node?: string } = {},
): Promise<Spawned> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(node, [binary, ...argv], { cwd, timeout: 30_000 });
    const printed = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (printed.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (printed.stderr += text));
    child.on("error", reject);
    child.on("close", (code) => {
      resolve({
        ...printed,
        status: code ?? ENDED_BY_SIGNAL,
        elapsedMs: performance.now() - started,
      });
    });
    // A program that refuses its arguments may end before it reads anything.
    child.stdin.on("error", () => {});
    child.stdin.end(stdin);
  });
}
