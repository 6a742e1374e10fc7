import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { GiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import { expect, onTestFinished, test } from "vitest";
import { codedError } from "../../testing/expect-error.ts";
import { roomInMemory, scratchFolder } from "../../testing/scratch.ts";
import { readFileBytes, readFileStart, readFileText } from "./read-file.ts";

const folder = scratchFolder();
const demand = { maxBytes: MiB, expected: "a small text" };
const file = (name: string, content: string | Uint8Array = ""): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

test("a file's text is read, through links, without its byte order mark", () => {
  const path = file("text", "\uFEFFnode 0\nnode 1\n");
  symlinkSync(path, join(folder, "link"));
  expect(readFileText(join(folder, "link"), demand)).toBe("node 0\nnode 1\n");
  expect(readFileBytes(file("empty"), demand)).toHaveLength(0);
});

test("the start of a short file is the whole file", async () => {
  expect(Buffer.from(readFileStart(file("start", "abc"), 2, demand)).toString()).toBe("ab");
  expect(readFileStart(file("start", "abc"), 512, demand)).toHaveLength(3);
  await codedError("file-missing", () => readFileStart(join(folder, "no"), 1, demand));
});

test("a file of the kernel with a size of 0 is read to its end", () => {
  expect(readFileText("/proc/self/status", demand)).toMatch(/^Name:/);
});

test("a missing file and an impossible name are reported as missing", async () => {
  const error = await codedError("file-missing", () => readFileBytes(join(folder, "no"), demand));
  expect(error.where).toBe(join(folder, "no"));
  expect(error.expected).toBe("a small text");
  await codedError("file-missing", () => readFileBytes(join(file("plain"), "below"), demand));
  await codedError("file-missing", () => readFileBytes("a\0b", demand));
  await codedError("file-unreadable", () => readFileBytes(join(folder, "x".repeat(300)), demand));
});

test("what is no file of its own is answered with one that is", async () => {
  const inside = mkdtempSync(join(folder, "inside-"));
  const remedyOf = async (path: string): Promise<string | null> => {
    const code = existsSync(path) ? "file-unreadable" : "file-missing";
    return (await codedError(code, () => readFileBytes(path, demand))).remedy;
  };
  expect(await remedyOf(inside)).toBeNull();
  for (const name of ["flavors.yaml", "b.YML", "a.txt"]) writeFileSync(join(inside, name), "");
  expect(await remedyOf(inside)).toBe(`name a file in it, such as ${inside}/b.YML`);
  expect(await remedyOf("/dev/null")).toBe("write its content to a file and name that");
  expect(await remedyOf(`${inside}/flavors.yml`)).toBe(`did you mean ${inside}/flavors.yaml?`);
  expect(await remedyOf(`${inside}/nothing-like-it`)).toBe(`see what is there: ls ${inside}`);
  expect(await remedyOf(`${inside}/no/flavors.yaml`)).toBe(
    `the folder ${inside}/no is not there either`,
  );
  // A file descriptor that nobody passed on, and a file of such a name.
  const notPassed = "sudo and npx pass no <(…) on: pipe it in, and name - for standard input";
  expect(await remedyOf("/dev/fd/731")).toBe(notPassed);
  expect(await remedyOf("/proc/self/fd/731")).toBe(notPassed);
  expect(await remedyOf(`${inside}/dev/fd/731`)).toBe(
    `the folder ${inside}/dev/fd is not there either`,
  );
  // Of very many names none is looked for.
  const many = mkdtempSync(join(roomInMemory(), "evenkeel-test-"));
  onTestFinished(() => rmSync(many, { recursive: true, force: true }));
  for (let i = 1; i < 2000; i++) writeFileSync(join(many, `other-${i}`), "");
  writeFileSync(join(many, "machine.json"), "");
  expect(await remedyOf(join(many, "machin.json"))).toBe(`did you mean ${many}/machine.json?`);
  writeFileSync(join(many, "one-more"), "");
  expect(await remedyOf(join(many, "machin.json"))).toBe(`see what is there: ls ${many}`);
});

test("only regular files are opened", async () => {
  mkdirSync(join(folder, "directory"));
  execFileSync("mkfifo", [join(folder, "fifo")]);
  const server = createServer().listen(join(folder, "socket"));
  await new Promise((resolve) => server.once("listening", resolve));
  const found = ["a directory", "a FIFO", "a socket", "a device"];
  const paths = [...["directory", "fifo", "socket"].map((n) => join(folder, n)), "/dev/zero"];
  for (const [i, path] of paths.entries()) {
    const error = await codedError("file-unreadable", () => readFileBytes(path, demand));
    expect(error.message).toBe(`is ${found[i]}, not a regular file`);
  }
  server.close();
});

test("a file that is too large is refused by its size, before it is read", async () => {
  const path = file("sparse");
  truncateSync(path, GiB);
  const before = process.memoryUsage().rss;
  const error = await codedError("file-too-large", () => readFileBytes(path, demand));
  expect(error.message).toBe("is too large: it has 1 GiB");
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * MiB);
});

test("a file longer than its size is refused while it is read", async () => {
  const read = (): unknown => readFileBytes("/proc/self/status", { ...demand, maxBytes: 10 });
  const error = await codedError("file-too-large", read);
  expect(error.message).toBe("is too large: it has more than 10 B");
  expect(readFileBytes(file("exact", "x".repeat(10)), { ...demand, maxBytes: 10 })).toHaveLength(
    10,
  );
});

test("text that is not UTF-8 is refused with its line", async () => {
  const path = file("latin1", Buffer.from("first\nM\xfcnchen\n", "latin1"));
  const error = await codedError("text-malformed", () => readFileText(path, demand));
  expect(error.message).toBe("line 2 is not UTF-8 text");
});

test("an error of the system is reported in the system's words", async () => {
  const error = await codedError("file-unreadable", () => readFileBytes("/proc/self/mem", demand));
  expect(error.message).toMatch(/^cannot be read: EIO/);
});

test.skipIf(process.getuid?.() === 0)("a file without permission is reported", async () => {
  const path = file("secret", "x");
  chmodSync(path, 0);
  const error = await codedError("file-unreadable", () => readFileBytes(path, demand));
  expect(error.message).toBe("may not be read");
});
