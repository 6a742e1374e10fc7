import { spawn } from "node:child_process";
import { closeSync, constants, fstatSync, lstatSync } from "node:fs";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { systemEnvironment } from "../machine/child-environment.ts";
import { isSameFile } from "../file/same-file.ts";
import { openTrusted } from "./trusted.ts";

/** A file lock that this process itself holds. */
export interface Lock {
  readonly release: () => Promise<void>;
  /**
   * Refuses if the file at the lock's path is no longer the locked one, because another command
   * may then hold a lock on the new file. Call it before a change. Errors: `state-unusable`.
   */
  readonly requireHeld: () => void;
}

/** `flock` ends with this status if another holder has kept the lock. */
const conflict = 75;

/**
 * Takes a file lock that the kernel releases when this process ends, however it ends. A lock of
 * flock(2) belongs to an open file, not to a process. Node has no call for it, so `flock` of
 * util-linux locks the file that this process has open, and ends. No other program inherits that
 * open file, since Node opens files with O_CLOEXEC.
 *
 * @param waitSeconds how long to wait for another holder; 0 does not wait.
 * @returns null if another holder kept it.
 *
 * Errors: `state-untrusted`, `state-unusable`.
 */
export async function takeLock(path: string, waitSeconds: number): Promise<Lock | null> {
  const until = performance.now() + waitSeconds * 1000;
  for (;;) {
    const file = openLock(path);
    let isKept = false;
    try {
      const left = Math.max(0, until - performance.now()) / 1000;
      if (!(await lockFile(file, path, "--exclusive", left))) return null;
      // The holder before may have removed the file, and then another command locks a new one.
      if (isAt(path, file)) {
        isKept = true;
        return { release: async () => closeSync(file), requireHeld: () => requireAt(path, file) };
      }
    } finally {
      if (!isKept) closeSync(file);
    }
  }
}

/**
 * Whether nobody holds the lock. This takes a shared lock for a few milliseconds, so it does not
 * make the file, and does not wait. False if the file may not be read.
 *
 * Errors: `state-untrusted`, `state-unusable`.
 */
export async function isUnlocked(path: string): Promise<boolean> {
  let file: number;
  try {
    file = openTrusted(path, constants.O_RDONLY);
  } catch (cause) {
    if (cause instanceof EvenkeelError) throw cause;
    return cause instanceof Error && "code" in cause && cause.code === "ENOENT";
  }
  try {
    return await lockFile(file, path, "--shared", 0);
  } finally {
    closeSync(file);
  }
}

/** Opens the lock file, or makes it. It neither follows a link nor waits at a FIFO. */
function openLock(path: string): number {
  try {
    return openTrusted(path, constants.O_RDONLY | constants.O_CREAT, 0o600);
  } catch (cause) {
    if (cause instanceof EvenkeelError) throw cause;
    throw cannotLock(path, cause instanceof Error ? cause.message : String(cause));
  }
}

/** Locks an open file. False if another holder kept it. */
async function lockFile(
  file: number,
  path: string,
  kind: "--exclusive" | "--shared",
  waitSeconds: number,
): Promise<boolean> {
  const wait = waitSeconds === 0 ? ["--nonblock"] : ["--timeout", waitSeconds.toFixed(3)];
  const options = [kind, "--conflict-exit-code", `${conflict}`, ...wait];
  // In a process group of its own, no signal from the terminal ends it before this process.
  const child = spawn("flock", [...options, "3"], {
    env: systemEnvironment(process.env),
    stdio: ["ignore", "ignore", "pipe", file],
    detached: true,
  });
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const status = await new Promise<number | null>((resolve) => {
    child.once("error", (error) => {
      said += error.message;
      resolve(null);
    });
    child.once("close", (code) => resolve(code));
  });
  if (status === 0) return true;
  if (status === conflict) return false;
  throw cannotLock(path, said.trim() || "flock was ended");
}

/** Whether an open file is the one at the path. */
function isAt(path: string, file: number): boolean {
  const [here, there] = [fstatSync(file), lstatSync(path, { throwIfNoEntry: false })];
  return there !== undefined && isSameFile(here, there);
}

function requireAt(path: string, file: number): void {
  if (isAt(path, file)) return;
  throw new EvenkeelError("state-unusable", "the lock file was removed or replaced meanwhile", {
    where: path,
    expected: "the file that this command has locked",
    remedy: "leave the files of the state folder alone while a command runs, and run it again",
  });
}

function cannotLock(path: string, why: string): EvenkeelError {
  return new EvenkeelError("state-unusable", `the lock cannot be taken: ${why}`, {
    where: path,
    expected: "a folder that may be written to, and flock of util-linux",
    remedy: "run it as root, or choose a folder with --state",
  });
}
