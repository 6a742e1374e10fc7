import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execFileSync } from "node:child_process";
import { afterAll, describe, expect, test } from "vitest";
import { directoryTree, fileBytesMax, liveTree } from "./directory-tree.ts";
import { memoryTree } from "./memory-tree.ts";
import type { Tree } from "./tree.ts";

const files = new Map<string, string>([
  ["/sys/devices/system/cpu/online", "0-3\n"],
  ["/sys/devices/pci0000:15/0000:15:01.0/0000:16:00.0/vendor", "0x10de\n"],
  ["/outside", "within the root"],
  ["/sys/empty", ""],
]);
const links = new Map<string, string>([
  ["/sys/bus/pci/devices/0000:16:00.0", "../../../devices/pci0000:15/0000:15:01.0/0000:16:00.0"],
  ["/sys/devices/pci0000:15/0000:15:01.0/0000:16:00.0/driver", "../../../../bus/pci/drivers/nv"],
  ["/sys/absolute", "/outside"],
  ["/sys/escape", "../../outside"],
  ["/sys/above", "../../../../../../../etc/passwd"],
  ["/sys/out", "/etc/passwd"],
  ["/sys/self", "self"],
  ["/sys/ping", "pong"],
  ["/sys/pong", "ping"],
  ["/sys/down", "down/down"],
  ["/sys/here", "."],
  ["/sys/file-as-directory", "empty/below"],
  ["/sys/nul", "a\u0001b"],
]);
for (let i = 0; i < 45; i++) links.set(`/chain/${i}`, `${i + 1}`);

const scratch = mkdtempSync(join(tmpdir(), "evenkeel-tree-"));
afterAll(() => rmSync(scratch, { recursive: true }));

function written(): string {
  const root = join(scratch, "written");
  const make = (path: string): string => {
    const full = join(root, path);
    mkdirSync(dirname(full), { recursive: true });
    return full;
  };
  for (const [path, text] of files) writeFileSync(make(path), text);
  for (const [path, target] of links) symlinkSync(target, make(path));
  return root;
}

const trees: readonly (readonly [string, Tree])[] = [
  ["a directory", directoryTree(written())],
  ["memory", memoryTree(files, links, "memory")],
];

describe.each(trees)("A tree from %s", (_name, tree) => {
  const device = "/sys/devices/pci0000:15/0000:15:01.0/0000:16:00.0";

  test("reads files, as text and as bytes", () => {
    expect(tree.readText("/sys/devices/system/cpu/online")).toBe("0-3\n");
    expect(tree.readBytes("/sys/empty")).toEqual(new Uint8Array());
    expect([...(tree.readBytes("/sys/devices/system/cpu/online") ?? [])]).toEqual([48, 45, 51, 10]);
    expect(tree.readText("/sys//devices/./system/cpu/../cpu/online")).toBe("0-3\n");
    expect(tree.live).toBe(false);
  });

  test("returns null for absent files and for what is not a file", () => {
    expect(tree.readText("/sys/nothing")).toBeNull();
    expect(tree.readText("/sys/devices")).toBeNull();
    expect(tree.readText("/sys/empty/below")).toBeNull();
    expect(tree.readText("/")).toBeNull();
    expect(tree.list("/sys/empty")).toEqual([]);
    expect(tree.realPath("/sys/nothing")).toBeNull();
    expect(tree.readText(`/sys/${"x".repeat(10_000)}`)).toBeNull();
  });

  test("lists names in code-unit order, links among them", () => {
    expect(tree.list("/sys")).toEqual([
      "above",
      "absolute",
      "bus",
      "devices",
      "down",
      "empty",
      "escape",
      "file-as-directory",
      "here",
      "nul",
      "out",
      "ping",
      "pong",
      "self",
    ]);
    expect(tree.list("/sys/bus/pci/devices/0000:16:00.0")).toEqual(["driver", "vendor"]);
  });

  test("follows links within itself", () => {
    expect(tree.realPath("/sys/bus/pci/devices/0000:16:00.0")).toBe(device);
    expect(tree.readText("/sys/bus/pci/devices/0000:16:00.0/vendor")).toBe("0x10de\n");
    expect(tree.realPath("/sys/bus/pci/devices/0000:16:00.0/..")).toBe(dirname(device));
    expect(tree.readText("/sys/here/here/empty")).toBe("");
  });

  test("takes an absolute link from its own root", () => {
    expect(tree.readText("/sys/absolute")).toBe("within the root");
    expect(tree.readText("/sys/out")).toBeNull();
  });

  test("does not follow a link, or a path, above its root", () => {
    for (const path of ["/sys/escape", "/sys/above", "/../outside", "/sys/../../outside"]) {
      expect(tree.readText(path), path).toBeNull();
      expect(tree.realPath(path), path).toBeNull();
    }
  });

  test("gives up on loops and on chains longer than Linux follows", () => {
    for (const path of ["/sys/self", "/sys/ping", "/sys/down", "/sys/down/x", "/chain/0"]) {
      expect(tree.realPath(path), path).toBeNull();
      expect(tree.readText(path), path).toBeNull();
      expect(tree.list(path), path).toEqual([]);
    }
  });

  test("returns the target of a link, even a dangling one", () => {
    expect(tree.readLink("/sys/bus/pci/devices/0000:16:00.0/driver")).toBe(
      "../../../../bus/pci/drivers/nv",
    );
    expect(tree.realPath("/sys/bus/pci/devices/0000:16:00.0/driver")).toBeNull();
    expect(tree.readLink("/sys/self")).toBe("self");
    expect(tree.readLink("/sys/empty")).toBeNull();
    expect(tree.readLink("/sys/nothing")).toBeNull();
  });
});

test("A directory tree reads only regular files, and never waits for one", () => {
  const root = join(scratch, "odd");
  mkdirSync(root);
  execFileSync("mkfifo", [join(root, "fifo")]);
  const tree = directoryTree(root);
  expect(tree.list("/")).toEqual(["fifo"]);
  expect(tree.readText("/fifo")).toBeNull();
});

test("Names that are not UTF-8 are listed but cannot be opened", () => {
  const root = join(scratch, "latin");
  mkdirSync(root);
  writeFileSync(Buffer.concat([Buffer.from(`${root}/caf`), Buffer.from([0xe9])]), "x");
  writeFileSync(join(root, "ok"), new Uint8Array([0x66, 0xff, 0x66]));
  const tree = directoryTree(root);
  const [name = ""] = tree.list("/");
  expect(tree.list("/")).toHaveLength(2);
  expect(tree.readText(`/${name}`)).toBeNull();
  expect(tree.readText("/a\0b")).toBeNull();
  expect(tree.readText("/ok")).toBe("f\uFFFDf");
});

test("A directory tree reads long files whole and refuses absurd ones", () => {
  const root = join(scratch, "long");
  mkdirSync(root);
  const text = "processor\t: 0\n".repeat(100_000);
  writeFileSync(join(root, "cpuinfo"), text);
  writeFileSync(join(root, "huge"), new Uint8Array(fileBytesMax + 1));
  expect(directoryTree(root).readText("/cpuinfo")).toBe(text);
  expect(() => directoryTree(root).readText("/huge")).toThrow(
    expect.objectContaining({ code: "file-too-large" }),
  );
});

test("A directory that is not there is refused", () => {
  for (const path of ["nowhere", "written/outside"]) {
    expect(() => directoryTree(join(scratch, path))).toThrow(
      expect.objectContaining({ code: "file-missing" }),
    );
  }
});

test("A memory tree keeps named directories and ignores invalid paths", () => {
  const tree = memoryTree(
    new Map([
      ["relative", "x"],
      [`/${"d/".repeat(5000)}`, "x"],
      ["/__proto__/polluted", "yes"],
    ]),
    new Map(),
    "odd",
    ["/sys/devices/system/cpu/cpu7"],
  );
  expect(tree.list("/")).toEqual(["__proto__", "sys"]);
  expect(tree.list("/sys/devices/system/cpu")).toEqual(["cpu7"]);
  expect(tree.readText("/__proto__/polluted")).toBe("yes");
});

test.skipIf(process.platform !== "linux")("The live tree is this machine", () => {
  const tree = liveTree();
  expect(tree.live).toBe(true);
  expect(tree.readText("/proc/cpuinfo")).toMatch(/processor/i);
  expect(tree.list("/sys/devices/system/cpu")).toContain("cpu0");
  // A device and a file that only its owner may read.
  expect(tree.readText("/dev/zero")).toBeNull();
});
