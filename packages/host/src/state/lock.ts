import { spawn } from "node:child_process";
import { once } from "node:events";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";

export interface Lock {
  readonly release: () => Promise<void>;
}

/**
 * Takes a file lock that the kernel releases when this process ends, however it ends. Node has no
 * call for it, so `flock` of util-linux holds the lock while its standard input is open, which this
 * process closes by releasing or by ending. `cat` only waits for that, and does not inherit the
 * lock.
 *
 * @param waitSeconds how long to wait for another holder; 0 does not wait.
 * @returns null if another holder kept it.
 *
 * Errors: `state-unusable`.
 */
export async function takeLock(path: string, waitSeconds: number): Promise<Lock | null> {
  const wait = waitSeconds === 0 ? ["--nonblock"] : ["--timeout", `${waitSeconds}`];
  const options = ["--exclusive", "--close", "--conflict-exit-code", "75", ...wait];
  // `cat` echoes a byte once the lock is held. In a process group of its own, no signal from the
  // terminal ends it before this process.
  const child = spawn("flock", [...options, path, "cat"], {
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  child.stdin.on("error", () => {});
  const ended = new Promise<number | null>((resolve) => {
    child.once("error", (error) => {
      said += error.message;
      resolve(null);
    });
    child.once("close", (code) => resolve(code));
  });
  child.stdin.write("x");
  const held = once(child.stdout, "data").then(() => "held" as const);
  const outcome = await Promise.race([held, ended]).catch(() => null);
  if (outcome === "held") {
    return {
      release: async () => {
        child.stdin.end();
        await ended;
      },
    };
  }
  if (outcome === 75) return null;
  throw new EvenkeelError("state-unusable", `the lock cannot be taken: ${said.trim()}`, {
    where: path,
    expected: "a folder that may be written to, and flock of util-linux",
    remedy: "run it as root, or choose a folder with --state",
  });
}
