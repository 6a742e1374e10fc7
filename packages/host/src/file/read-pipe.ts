import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { formatBytes, KiB } from "@evenkeel/core/unit/bytes.ts";
import { statsOf } from "./stats-of.ts";
import { pause } from "../clock/pause.ts";

/**
 * Reads pipes that a user names in place of a file: `<(lscpu)` of a shell, a FIFO, `/dev/stdin`. A
 * pipe may never end, and nobody may ever write into it, so each wait is bounded, and so is the
 * length. The descriptor never blocks: between two looks the thread sleeps, so an interrupt ends
 * the program as it would anywhere else.
 */

/** How long a pipe is waited for, in milliseconds. */
export interface PipePatience {
  /** Until somebody opens a FIFO to write into it. */
  readonly writerMs: number;
  /** Between two pieces of what is written. */
  readonly silenceMs: number;
  /** In all. */
  readonly wholeMs: number;
}

const patience: PipePatience = { writerMs: 10_000, silenceMs: 30_000, wholeMs: 300_000 };

const PIECE_BYTES = 64 * KiB;
const SLEEP_MS = 5;

/** What to call standard input in errors. */
export const STANDARD_INPUT = "standard input";

/** The ways to name standard input. */
const stdinNames: ReadonlySet<string> = new Set([
  "-",
  "/dev/stdin",
  "/dev/fd/0",
  "/proc/self/fd/0",
]);

/** Whether a path names standard input. */
export function isStdinName(path: string): boolean {
  return stdinNames.has(path);
}

/** Whether a path leads to a pipe. */
export function isPipe(path: string): boolean {
  return statsOf(path)?.isFIFO() === true;
}

/**
 * Reads a pipe to its end, at most `maxBytes`.
 * Errors: `file-too-large`; `file-unreadable` where it is no pipe, or waiting for it took too long.
 */
export function readPipe(
  path: string,
  { maxBytes, expected }: { readonly maxBytes: number; readonly expected: string },
  { writerMs, silenceMs, wholeMs }: PipePatience = patience,
): Uint8Array {
  const unreadable = (message: string, remedy: string): EvenkeelError =>
    new EvenkeelError("file-unreadable", message, { where: path, expected, remedy });
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(file).isFIFO()) throw unreadable("is no pipe any more", "name it again");
    const pieces: Uint8Array[] = [];
    const started = performance.now();
    let total = 0;
    let last = started;
    // Who has passed an open descriptor on has written already, or is writing.
    let hadWriter = isPassedOn(path);
    for (;;) {
      const piece = readPiece(file);
      const now = performance.now();
      if (piece !== null && piece.length > 0) {
        pieces.push(piece);
        total += piece.length;
        last = now;
        if (total > maxBytes) throw tooLarge(path, maxBytes, expected);
      } else if (piece !== null && (hadWriter || total > 0)) {
        return Buffer.concat(pieces);
      } else {
        hadWriter ||= piece === null;
        if (!hadWriter && now - started > writerMs) {
          const message = `nobody wrote into this pipe within ${writerMs / 1000} s`;
          throw unreadable(message, "start what writes into it first, or name a file");
        }
        if (now - last > silenceMs) {
          const message = `nothing more came through this pipe for ${silenceMs / 1000} s`;
          throw unreadable(message, "write it to a file, and name that");
        }
        pause(SLEEP_MS);
      }
      if (now - started > wholeMs) {
        const message = `this pipe did not end within ${wholeMs / 1000} s`;
        throw unreadable(message, "write it to a file, and name that");
      }
    }
  } finally {
    closeSync(file);
  }
}

const isPassedOn = (path: string): boolean => /^\/(?:dev|proc\/self)\/fd\/\d+$/.test(path);

/** What is in the pipe now: null where nothing is and somebody may write, empty at its end. */
function readPiece(file: number): Uint8Array | null {
  const piece = new Uint8Array(PIECE_BYTES);
  try {
    return piece.subarray(0, readSync(file, piece));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") return null;
    throw error;
  }
}

function tooLarge(path: string, maxBytes: number, expected: string): EvenkeelError {
  const most = formatBytes(maxBytes);
  return new EvenkeelError("file-too-large", `more than ${most} came through this pipe`, {
    where: path,
    expected: `${expected}, which has at most ${most}`,
  });
}
