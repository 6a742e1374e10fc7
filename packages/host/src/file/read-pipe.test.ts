import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { KiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import { expect, test } from "vitest";
import { codedError } from "../../testing/expect-error.ts";
import { scratchFolder } from "../../testing/scratch.ts";
import { readFileBytes } from "./read-file.ts";
import { isPipe, isStdinName, readPipe } from "./read-pipe.ts";

const folder = scratchFolder();
const demand = { maxBytes: MiB, expected: "a small text" };
const soon = { writerMs: 100, silenceMs: 300, wholeMs: 900 };

/** A FIFO, and a shell that writes into it. */
function fifo(name: string, writes: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  execFileSync("mkfifo", [path]);
  if (writes !== "") {
    // The shell ends by itself once nobody reads any more.
    spawn("timeout", ["5", "bash", "-c", `exec > "$1"; ${writes}`, "bash", path], {
      stdio: "ignore",
    });
  }
  return path;
}

test("what is written in pieces is read to its end", () => {
  const path = fifo("pieces", "printf one; sleep 0.1; printf two");
  const bytes = readPipe(path, demand, { ...soon, writerMs: 5000, silenceMs: 5000, wholeMs: 9000 });
  expect(Buffer.from(bytes).toString()).toBe("onetwo");
  const large = fifo("large", "head -c 300000 /dev/zero");
  expect(readFileBytes(large, { ...demand, pipes: true })).toHaveLength(300_000);
});

test("a pipe into which nobody writes, or writes no more, or writes for ever, is given up", async () => {
  const waits: readonly (readonly [string, string, string])[] = [
    // No shell has opened this one, whatever its name looks like.
    ["dev/fd/3", "", "nobody wrote into this pipe within 0.1 s"],
    ["nobody", "", "nobody wrote into this pipe within 0.1 s"],
    ["silent", "printf x; exec sleep 5", "nothing more came through this pipe for 0.3 s"],
    ["drip", "while printf x; do sleep 0.05; done", "this pipe did not end within 0.9 s"],
  ];
  for (const [name, writes, message] of waits) {
    const path = fifo(name, writes);
    const patience = writes === "" ? soon : { ...soon, writerMs: 5000 };
    const { message: told, where } = await codedError("file-unreadable", () =>
      readPipe(path, demand, patience),
    );
    expect([told, where]).toEqual([message, path]);
  }
});

test("a pipe that never ends is refused at its bound", async () => {
  const path = fifo("endless", "exec yes");
  const endless = { ...demand, maxBytes: 200 * KiB };
  const error = await codedError("file-too-large", () =>
    readPipe(path, endless, { ...soon, writerMs: 5000, wholeMs: 9000 }),
  );
  expect(error.message).toBe("more than 200 KiB came through this pipe");
});

test("pipes are read only where the caller takes them", async () => {
  const path = fifo("unwanted", "");
  const error = await codedError("file-unreadable", () => readFileBytes(path, demand));
  expect(error.message).toBe("is a FIFO, not a regular file");
  writeFileSync(join(folder, "plain"), "text");
  expect([isPipe(path), isPipe(join(folder, "plain")), isPipe(folder), isPipe("a\0b")]).toEqual([
    true,
    false,
    false,
    false,
  ]);
  expect(["-", "/dev/stdin", "/dev/fd/0", "-x", "/dev/fd/3"].map(isStdinName)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});
