import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { GiB, KiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import { packTar, type TarEntry } from "modern-tar";
import { expect, test } from "vitest";
import { corpus } from "../../testing/corpus.ts";
import { codedError } from "../../testing/expect-error.ts";
import { scratchFolder } from "../../testing/scratch.ts";
import { findRoots } from "../tree/roots.ts";
import { archiveLimits } from "./limits.ts";
import { readArchive } from "./read-archive.ts";

const folder = scratchFolder();
let count = 0;
const written = (content: Uint8Array | string): string => {
  const path = join(folder, `archive-${count++}`);
  writeFileSync(path, content);
  return path;
};

const file = (name: string, body: string | Uint8Array): TarEntry => ({
  header: { name, size: Buffer.byteLength(body), type: "file" },
  body,
});
const directory = (name: string): TarEntry => ({ header: { name, size: 0, type: "directory" } });
const link = (name: string, linkname: string): TarEntry => ({
  header: { name, linkname, size: 0, type: "symlink" },
});
const hardLink = (name: string, linkname: string): TarEntry => ({
  header: { name, linkname, size: 0, type: "link" },
});
const tar = async (...entries: TarEntry[]): Promise<string> => written(await packTar(entries));

const installed = (command: string): boolean => {
  try {
    execFileSync(command, ["--version"], { stdio: ["ignore", "ignore", "ignore"] });
    return true;
  } catch {
    return false;
  }
};
const compressed = (command: string, content: Uint8Array, ...args: string[]): Uint8Array =>
  execFileSync(command, ["-c", ...args], { input: content, maxBuffer: 64 * MiB });

const machine = [
  directory("./sys/"),
  directory("sys/devices/system/node/node7/"),
  file("sys/devices/system/cpu/online", "0-3\n"),
  file("sys/devices/pci0000:00/0000:00:02.0/numa_node", "1\n"),
  link("sys/bus/pci/devices/0000:00:02.0", "../../../devices/pci0000:00/0000:00:02.0"),
  link("sys/devices/gone", "../nowhere"),
  link("etc/mtab", "/proc/self/mounts"),
  hardLink("sys/devices/system/cpu/possible", "sys/devices/system/cpu/online"),
];

async function expectMachine(path: string): Promise<void> {
  const tree = await readArchive(path);
  expect(tree.live).toBe(false);
  expect(tree.where).toBe(path);
  expect(tree.readText("/sys/bus/pci/devices/0000:00:02.0/numa_node")).toBe("1\n");
  expect(tree.readText("/sys/devices/system/cpu/possible")).toBe("0-3\n");
  expect(tree.list("/sys/devices/system/node")).toEqual(["node7"]);
  expect(tree.realPath("/sys/devices/gone")).toBeNull();
  expect(tree.readText("/etc/mtab")).toBeNull();
}

test("entries with absolute names are read if they are below /sys or /proc", async () => {
  const tree = await readArchive(
    await tar(file("/sys/devices/a", "1"), file("/proc/cpuinfo", "2")),
  );
  expect(tree.readText("/sys/devices/a")).toBe("1");
  expect(tree.readText("/proc/cpuinfo")).toBe("2");
});

test("a tar is read plain, and compressed with gzip or zstd, whatever its name", async () => {
  const plain = await packTar(machine);
  for (const bytes of [plain, gzipSync(plain), zstdCompressSync(plain)]) {
    await expectMachine(written(bytes));
  }
});

for (const command of ["bzip2", "xz"]) {
  test.skipIf(!installed(command))(`a tar is read that ${command} has compressed`, async () => {
    await expectMachine(written(compressed(command, await packTar(machine))));
  });
}

test.skipIf(!installed("bzip2"))("several bzip2 streams in a row are one archive", async () => {
  const plain = await packTar([...machine, file("proc/cpuinfo", "x".repeat(300 * KiB))]);
  const parts = [plain.subarray(0, 100_000), plain.subarray(100_000)];
  await expectMachine(written(Buffer.concat(parts.map((part) => compressed("bzip2", part)))));
});

test.skipIf(!installed("tar"))("long names are read, of GNU tar and of POSIX", async () => {
  const long = `sys/${"bridge/".repeat(40)}device-${"x".repeat(120)}`;
  mkdirSync(join(folder, long), { recursive: true });
  writeFileSync(join(folder, long, "numa_node"), "3\n");
  symlinkSync(`${"../".repeat(3)}${"y".repeat(150)}`, join(folder, long, "link"));
  for (const format of ["gnu", "pax"]) {
    const bytes = execFileSync("tar", ["-C", folder, `--format=${format}`, "-cf", "-", "sys"]);
    const tree = await readArchive(written(bytes));
    expect(tree.readText(`/${long}/numa_node`)).toBe("3\n");
    expect(tree.readLink(`/${long}/link`)).toBe(`${"../".repeat(3)}${"y".repeat(150)}`);
  }
});

test("zeros that tar padded a page with are removed, those of binary files stay", async () => {
  const page = new Uint8Array(4096);
  page.set(Buffer.from("10 21\n"));
  const config = new Uint8Array(4096);
  config.set([0xde, 0x10, 0, 0, 7]);
  const tree = await readArchive(
    await tar(file("sys/distance", page), file("sys/config", config), file("sys/short", "a\0")),
  );
  expect(tree.readText("/sys/distance")).toBe("10 21\n");
  expect(tree.readBytes("/sys/config")).toHaveLength(4096);
  expect(tree.readText("/sys/short")).toBe("a\0");
});

test("the later of two entries with one name counts", async () => {
  const tree = await readArchive(
    await tar(file("a", "1"), link("b", "a"), file("b", "2"), link("a", "b")),
  );
  expect([tree.readText("/a"), tree.readText("/b")]).toEqual(["2", "2"]);
});

test("entries may have the names of JavaScript properties", async () => {
  const tree = await readArchive(
    await tar(file("__proto__/polluted", "1"), file("constructor", "2")),
  );
  expect(tree.list("/")).toEqual(["__proto__", "constructor"]);
  expect(tree.readText("/__proto__/polluted")).toBe("1");
  expect({}).not.toHaveProperty("polluted");
});

test("entries and links that lead out of the archive are refused by name", async () => {
  const outward = [
    file("../../etc/cron.d/evil", "x"),
    file("sys/../../evil", "x"),
    file("sys/a/..", "x"),
    file("/etc/evil", "x"),
    directory("../above/"),
    link("sys/evil", "../../etc/passwd"),
    link("sys/evil", "/etc/passwd"),
    link("sys/evil", "/sys/../etc/passwd"),
    link("evil", ".."),
    hardLink("evil", "../../etc/passwd"),
    hardLink("evil", "/etc/passwd"),
  ];
  for (const entry of outward) {
    const path = await tar(...machine, entry);
    const error = await codedError("archive-unsafe", () => readArchive(path));
    expect(error.where).toBe(path);
    expect(error.message).toMatch(/evil|above|a\/\.\./);
  }
});

test("a name cannot write to the terminal through the message", async () => {
  const path = await tar(file("../\x1b]0;owned\x07", "x"));
  const error = await codedError("archive-unsafe", () => readArchive(path));
  expect(error.message).not.toMatch(/\p{Cc}/u);
});

test("a file that is not a tar, empty, cut short or damaged is refused", async () => {
  const plain = await packTar([...machine, file("proc/cpuinfo", "x".repeat(100 * KiB))]);
  const flipped = plain.slice();
  flipped[512 * 2 + 20] = 0xff;
  const bad: [Uint8Array | string, RegExp][] = [
    ["", /^is empty$/],
    ["not a tar", /^is no tar, plain or compressed$/],
    ["<?xml version='1.0'?>".repeat(1000), /^is no tar/],
    [new Uint8Array(2 * MiB).fill(7), /^is no tar/],
    [plain.subarray(0, 300), /^is no tar/],
    [
      plain.subarray(0, plain.length - 60 * KiB),
      /^is damaged or cut short somewhere after its first \d+ entries$/,
    ],
    [flipped, /^is damaged or cut short somewhere after/],
    [gzipSync(plain).subarray(0, 200), /^its gzip data are damaged or cut short$/],
    [gzipSync("no tar"), /^is no tar/],
    [Buffer.concat([gzipSync(plain).subarray(0, 100), Buffer.alloc(200)]), /^its gzip data|^is /],
    [zstdCompressSync(plain).subarray(0, 100), /^its zstd data/],
    ["BZh9", /^its bzip2 data/],
    ["\x1f\x8b\x08", /^(its gzip data|is no tar)/],
  ];
  for (const command of ["bzip2", "xz"].filter(installed)) {
    const whole = compressed(command, plain);
    const damaged = whole.map((byte, i) => (i === whole.length >> 1 ? ~byte : byte));
    const message = new RegExp(`^its ${command} data are damaged or cut short$`);
    bad.push([damaged, message], [whole.subarray(0, whole.length >> 1), message]);
  }
  for (const [content, message] of bad) {
    const path = written(content);
    const error = await codedError("archive-malformed", () => readArchive(path));
    expect(error.message).toMatch(message);
  }
});

test("a dangling hard link and a sparse entry are refused", async () => {
  const missing = await tar(hardLink("a", "b"));
  const error = await codedError("archive-malformed", () => readArchive(missing));
  expect(error.message).toBe('entry "a" is a hard link to "b", which is not in the archive');
  const sparse = await tar({
    header: { name: "sys/x", size: 1, type: "file", pax: { "GNU.sparse.major": "1" } },
    body: "x",
  });
  const refusal = await codedError("archive-malformed", () => readArchive(sparse));
  expect(refusal.remedy).toMatch(/without tar's option --sparse/);
  const bundle = await tar(...machine, {
    header: { name: "var/log/lastlog", size: 1, type: "file", pax: { "GNU.sparse.major": "1" } },
    body: "x",
  });
  await expectMachine(bundle);
});

test("bounds on files, entries, directories, names and sizes hold", async () => {
  const limits = {
    ...archiveLimits,
    entries: 20,
    keptBytes: 10_000,
    pathBytes: 300,
    entryBytes: 500,
  };
  const small = await tar(file("sys/a", "x"), file("sys/large", "x".repeat(501)));
  const tree = await readArchive(small, limits);
  expect(tree.list("/sys")).toEqual(["a"]);
  const many = [...Array(21).keys()].map((i) => file(`f${i}`, ""));
  const full = [...Array(19).keys()].map((i) => file(`f${i}`, "x".repeat(500)));
  const larger: [TarEntry[], string][] = [
    [many, "is too large: it has more than 20 entries"],
    [[file("a/".repeat(30), "x")], "is too large: it has more than 20 entries"],
    [[...full, file("last", "x".repeat(500))], "is too large: it holds more than 9.8 KiB"],
  ];
  for (const [entries, message] of larger) {
    const path = await tar(...entries);
    const error = await codedError("file-too-large", () => readArchive(path, limits));
    expect(error.message).toBe(message);
  }
  const long = await tar(file(`x${"/y".repeat(200)}`, "x"));
  await codedError("archive-malformed", () => readArchive(long, limits));
});

// Entries of zeros without end, some 60 KB each when compressed: an honest tar in all but size.
const entryOfZeros = async (): Promise<Uint8Array> => {
  const body = new Uint8Array(60 * MiB);
  const whole = await packTar([{ header: { name: "sys/zeros", size: body.length }, body }]);
  return whole.subarray(0, 512 + body.length);
};

for (const command of ["gzip", "bzip2", "xz"]) {
  test.skipIf(!installed(command))(`a ${command} bomb is refused soon and cheaply`, async () => {
    const piece = compressed(command, await entryOfZeros(), "-1");
    const path = written(Buffer.concat(Array<Uint8Array>(20).fill(piece)));
    const before = process.memoryUsage().rss;
    const error = await codedError("file-too-large", () => readArchive(path));
    expect(error.message).toMatch(/^is too large: its .* expand to more than/);
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * MiB);
  });
}

test("an entry whose header gives a size above the limit is refused without reading it", async () => {
  const header = (await packTar([file("sys/huge", "x")])).subarray(0, 512);
  const size = Buffer.from((8 * GiB - 1).toString(8).padStart(11, "0"));
  header.set(size, 124);
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
  header.set(Buffer.from(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
  const path = written(gzipSync(Buffer.concat([header, Buffer.alloc(MiB)])));
  const error = await codedError("file-too-large", () => readArchive(path));
  expect(error.message).toBe('is too large: its entry "sys/huge" has 8.0 GiB');
});

test("a file of zeros is refused, by its size or as not a tar", async () => {
  const path = written("");
  truncateSync(path, GiB);
  const error = await codedError("file-too-large", () => readArchive(path));
  expect(error.message).toBe("is too large: it has 1 GiB");
  truncateSync(path, 100 * MiB);
  const empty = await codedError("archive-malformed", () => readArchive(path));
  expect(empty.message).toBe("holds nothing");
});

const recordings = ["sysfs-hwloc", "sysfs-other"].flatMap((name) => {
  const path = corpus(name);
  const names = path === null ? [] : readdirSync(path).filter((n) => /\.(tar\.|tgz)/.test(n));
  return names.map((n) => join(path ?? "", n));
});

test.skipIf(recordings.length === 0)(
  "every recording is read, and has the entries that tar lists",
  async () => {
    for (const path of recordings) {
      const tree = await readArchive(path);
      const listed = execFileSync("tar", ["--quoting-style=literal", "-tf", path], {
        maxBuffer: 64 * MiB,
        encoding: "utf8",
      });
      const names = listed.split("\n").filter((name) => name !== "");
      const missing = names.filter((name) => {
        const at = `/${name}`;
        return tree.readLink(at) === null && tree.realPath(at) === null;
      });
      expect(missing, path).toEqual([]);
      expect(findRoots(tree).length, path).toBeGreaterThan(0);
    }
  },
);
