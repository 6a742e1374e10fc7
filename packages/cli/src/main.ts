import { systemClock } from "@evenkeel/host/clock/clock.ts";
import { exitStatus } from "./command/exit-status.ts";
import { runCli } from "./run.ts";
import type { Stream, Surroundings } from "./command/surroundings.ts";

/** Runs the command line of this process and sets its exit status. */
export async function main(version: string): Promise<void> {
  const surroundings: Surroundings = {
    stdout: streamOf(process.stdout),
    stderr: streamOf(process.stderr),
    readStdin,
    env: process.env,
    version,
    clock: systemClock,
    interrupted,
  };
  process.exitCode = await runCli(process.argv.slice(2), surroundings);
}

function streamOf(stream: NodeJS.WriteStream): Stream {
  // The reader may stop reading, as `head` does. That is no failure.
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") return;
    process.exitCode = exitStatus.unusable;
    if (stream !== process.stdout) return;
    process.stderr.write(
      `evenkeel: standard output: cannot be written: ${error.message}\n` +
        "  expected  a place for all of the answer\n" +
        "  try       make room there, or write it elsewhere\n" +
        "  code      file-unwritable\n",
    );
  });
  return {
    write: (text) => void stream.write(text),
    isTTY: stream.isTTY,
    columns: stream.isTTY ? stream.columns : null,
  };
}

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
