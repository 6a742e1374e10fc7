import { expect, test } from "vitest";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import { memoryTree } from "../tree/memory-tree.ts";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import {
  fields,
  indexedNames,
  linkName,
  memoryField,
  readIndex,
  readInteger,
  readLine,
  readSet,
} from "./values.ts";

test("A value is read without the blanks, newlines and NULs around it", () => {
  const tree = treeOf({ "/a": " x y \n", "/b": "0-3\n\0", "/c": "\n", "/d": "" });
  expect(["/a", "/b", "/c", "/d", "/e"].map((path) => readLine(tree, path))).toEqual([
    "x y",
    "0-3",
    null,
    null,
    null,
  ]);
});

test("A link's name is the last part of its target, or null if that is not a name", () => {
  const links = ["../drivers/nvme", "nvme", "/", "..", "../..", "."];
  const tree = memoryTree(new Map(), new Map(links.map((to, i) => [`/${i}`, to])), "test");
  expect([...links, ""].map((_, i) => linkName(tree, `/${i}`))).toEqual([
    "nvme",
    "nvme",
    null,
    null,
    null,
    null,
    null,
  ]);
});

test("Only decimal numbers are numbers", () => {
  const texts = ["7\n", "-1\n", "0x10", "1 2", "1e3", "", "99999999999999999999", "seven", "٣"];
  const tree = treeOf(Object.fromEntries(texts.map((text, i) => [`/${i}`, text])));
  const read = texts.map((_, i) => [readInteger(tree, `/${i}`), readIndex(tree, `/${i}`)]);
  expect(read.slice(0, 2)).toEqual([
    [7, 7],
    [-1, null],
  ]);
  expect(
    read
      .slice(2)
      .flat()
      .every((value) => value === null),
  ).toBe(true);
});

test("A set comes from the first file that has one", () => {
  const tree = treeOf({
    "/d/cpulist": "0-1,8\n\0",
    "/d/cpumap": "00000000,00000003",
    "/d/emptylist": "",
    "/d/none_list": "\n",
    "/d/wrong_list": "0,4",
  });
  const read = (names: readonly string[], of: number | null = null): string | null => {
    const set = readSet(tree, "/d", names, of);
    return set === null ? null : formatList(set);
  };
  expect(read(["cpulist", "cpumap"])).toBe("0-1,8");
  expect(read(["absent_list", "cpumap"])).toBe("0-1");
  expect(read(["emptylist", "cpumap"])).toBe("0-1");
  expect(read(["none_list", "cpumap"])).toBe("");
  // A CPU's own siblings contain it, or the file is wrong.
  expect(read(["wrong_list", "cpulist"], 8)).toBe("0-1,8");
  expect(read(["wrong_list"], 8)).toBeNull();
  expect(read(["absent"])).toBeNull();
});

test("A text that is neither a list nor a mask is refused, with the file and the expected form", () => {
  for (const text of ["all of them", "3-1", "0-99999999", "-1", "0-3;5", "\u{1F600}"]) {
    const tree = treeOf({ "/sys/devices/system/cpu/online": text });
    expect(() => readSet(tree, "/sys/devices/system/cpu", ["online"]), text).toThrow(
      expect.objectContaining({
        code: "tree-malformed",
        message: "/sys/devices/system/cpu/online is not a set of CPUs",
      }),
    );
  }
  expect(() => readSet(treeOf({ "/m/cpumap": "xyz" }), "/m", ["cpumap"])).toThrow(
    /is not a set of CPUs/,
  );
});

test("Only a name followed by a number is a numbered name", () => {
  const names = [
    "cpu10",
    "cpu2",
    "cpufreq",
    "cpu",
    "cpu007",
    "cpu-1",
    "cpu123456",
    "xcpu3",
    "cpu0",
  ];
  const tree = treeOf(Object.fromEntries(names.map((name) => [`/c/${name}/x`, ""])));
  expect(indexedNames(tree, "/c", "cpu")).toEqual([0, 2, 10]);
  expect(indexedNames(tree, "/absent", "cpu")).toEqual([]);
});

test("Memory is in kB, and a node has its number before the name", () => {
  expect(
    memoryField("\nNode 0 MemTotal:      8386704 kB\nNode 0 MemFree: 1 kB\n", "MemTotal"),
  ).toBe(8_386_704 * 1024);
  expect(memoryField("MemTotal:       16 kB\n", "MemTotal")).toBe(16_384);
  expect(memoryField("HugePages_Total: 5\nMemTotal: lots\n", "MemTotal")).toBeNull();
  expect(memoryField("MemFree: 16 kB", "MemTotal")).toBeNull();
  expect(memoryField(null, "MemTotal")).toBeNull();
});

test("Fields split at the first colon", () => {
  expect([
    ...fields("Model: \t\t NVIDIA H100\nBus Location: \t 0000:1b:00.0\n: x\nnone\n"),
  ]).toEqual([
    ["Model", "NVIDIA H100"],
    ["Bus Location", "0000:1b:00.0"],
  ]);
});
