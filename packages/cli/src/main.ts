import { isatty } from "node:tty";
import { systemClock } from "@evenkeel/host/clock/clock.ts";
import { exitStatus } from "./command/exit-status.ts";
import { sayNow } from "./command/say-now.ts";
import { ownFailureOf, runCli } from "./run.ts";
import type { Stream, Surroundings } from "./command/surroundings.ts";

/** Runs the command line of this process and sets its exit status. */
export async function main(version: string): Promise<void> {
  const surroundings: Surroundings = {
    stdout: streamOf(1, () => process.stdout),
    stderr: streamOf(2, () => process.stderr),
    sayNow,
    readStdin,
    env: process.env,
    version,
    clock: systemClock,
    isOwnProcess: true,
    interrupted,
  };
  process.exitCode = await runCli(process.argv.slice(2), surroundings);
}

/**
 * An output of this process. Node's stream for it is made with the first text: making one sets a
 * pipe to non-blocking, for every process that has it open.
 */
function streamOf(file: 1 | 2, made: () => NodeJS.WriteStream): Stream {
  let stream: NodeJS.WriteStream | null = null;
  const isTTY = isatty(file);
  const ready = (): NodeJS.WriteStream => {
    if (stream !== null) return stream;
    stream = made();
    // The reader may stop reading, as `head` does. That is no failure.
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") return;
      process.exitCode = ownFailureOf(process.argv.slice(2)) ?? exitStatus.unusable;
      if (file === 1) sayNow(unwritable(error.message));
    });
    return stream;
  };
  return {
    // An empty text is none: nothing is made for it.
    write: (text) => {
      if (text !== "") ready().write(text);
    },
    isTTY,
    get columns() {
      return isTTY ? ready().columns : null;
    },
  };
}

const unwritable = (why: string): string =>
  `evenkeel: standard output: cannot be written: ${why}\n` +
  "  expected  a place for all of the answer\n" +
  "  try       make room there, or write it elsewhere\n" +
  "  code      file-unwritable\n";

/** For commands that can be interrupted in an orderly way. */
function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => controller.abort());
  }
  return controller.signal;
}

async function readStdin(maxBytes: number): Promise<Uint8Array | null> {
  if (process.stdin.isTTY) process.stderr.write("note: reading what you type; Ctrl-D ends it\n");
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    if (length > maxBytes) return null;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
