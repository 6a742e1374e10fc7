import { pause } from "@evenkeel/host/clock/pause.ts";
import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";

/** How long a pipe may be full before a text is dropped. */
const patienceMs = 500;
const pauseMs = 10;
const standardError = 2;

/**
 * Writes a text to standard error before it returns, without a stream of Node, which would make a
 * pipe non-blocking for everybody who has it open.
 *
 * What cannot be written is dropped: nobody reads the pipe, the disk is full, the reader is gone.
 * The command that this is about is what matters, and it is to start all the same.
 */
export function sayNow(text: string): void {
  try {
    const own = reopened();
    try {
      writeAll(own === null ? standardError : own, Buffer.from(text));
    } finally {
      if (own !== null) closeSync(own);
    }
  } catch {
    // As above.
  }
}

/** A pipe opened once more, not to wait where it is full; null for anything else. */
function reopened(): number | null {
  if (!fstatSync(standardError).isFIFO()) return null;
  try {
    return openSync("/proc/self/fd/2", constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    // Another user's pipe, or there is no /proc.
    return null;
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  const until = performance.now() + patienceMs;
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(file, bytes, written);
    } catch (error) {
      const isFull = error instanceof Error && "code" in error && error.code === "EAGAIN";
      if (!isFull || performance.now() > until) throw error;
      pause(pauseMs);
    }
  }
}
