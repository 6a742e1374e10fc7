import { expect, test } from "vitest";
import { parseMaps, parseNumaMaps, parsePolicy } from "./parse-memory.ts";

test("numa_maps is read as the kernel writes it: base pages, huge pages, files and policies", () => {
  const text = [
    "558d91eca000 default file=/usr/bin/qemu-system-x86_64 anon=303 dirty=303 mapped=304 active=0 N0=304 kernelpagesize_kB=4",
    "7f5e00000000 bind:0 file=/dev/hugepages/qemu_back_mem._objects_ram-node0.Xy12Zz\\040(deleted) huge dirty=4 N0=3 N2=1 kernelpagesize_kB=1048576",
    "7fe40be00000 prefer (many):0-1 anon=512 N1=512 kernelpagesize_kB=4",
    "7fe462a00000 interleave=static:0,2 stack",
    "7fe482a00000 weighted interleave:0-1 anon=2 N0=1 N1=1 kernelpagesize_kB=4",
    "",
  ].join("\n");
  const [binary, huge, many, none, weighted] = parseNumaMaps(text);
  expect(parseNumaMaps(text)).toHaveLength(5);
  expect(weighted?.policy).toEqual({ mode: "weighted-interleave", nodes: "0-1" });
  expect(binary).toMatchObject({
    policy: { mode: "default", nodes: "" },
    file: "/usr/bin/qemu-system-x86_64",
    isHuge: false,
    pageBytes: 4096,
    anonymousBytes: 303 * 4096,
    line: "558d91eca000 default file anon=303 dirty=303 mapped=304 active=0 N0=304 kernelpagesize_kB=4",
    onNodes: [{ node: 0, bytes: 304 * 4096 }],
  });
  expect(huge).toMatchObject({
    start: 0x7f5e00000000,
    policy: { mode: "bind", nodes: "0" },
    isHuge: true,
    pageBytes: 2 ** 30,
    onNodes: [
      { node: 0, bytes: 3 * 2 ** 30 },
      { node: 2, bytes: 2 ** 30 },
    ],
  });
  expect(many?.policy).toEqual({ mode: "prefer-many", nodes: "0-1" });
  expect(none).toMatchObject({
    policy: { mode: "interleave", nodes: "0,2" },
    pageBytes: null,
    onNodes: [],
  });
});

test("cut, hostile and foreign lines are ignored, and no number overflows", () => {
  const lines = [
    "7fe40be00000 bind:0 anon=512 N0=99", // cut before the size of its pages
    "7fe40be00000",
    "xyz default N0=1 kernelpagesize_kB=4",
    "7fe40be00000 bind:0 N0=999999999999 kernelpagesize_kB=999999999",
    `7fe40be00000 default \u001b[2J\u202e N0=1 kernelpagesize_kB=4`,
    `7fe40be00000 default ${"x".repeat(100_000)} N0=1 kernelpagesize_kB=4`,
  ];
  const [cut, overflow, hidden, long, ...rest] = lines.flatMap((line) => parseNumaMaps(line));
  expect(cut).toMatchObject({ pageBytes: null, onNodes: [] });
  expect(overflow?.line).toContain("\uFFFD[2J");
  expect(hidden?.line.length).toBe(400);
  expect([long, rest]).toEqual([undefined, []]);
  expect(parsePolicy("bind:9-1")).toBeNull();
  expect(parsePolicy("Bind")).toBeNull();
});

test("maps gives ranges, and invalid lines are ignored", () => {
  const text = [
    "7fe40bc00000-7fe40bc01000 ---p 00000000 00:00 0 ",
    "7fe40be00000-7fe413e00000 rw-p 00000000 00:00 0 ",
    "7fe413e00000-7fe40be00000 rw-p 00000000 00:00 0 ",
    "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]",
  ].join("\n");
  expect(parseMaps(text)).toEqual([
    { start: 0x7fe40bc00000, end: 0x7fe40bc01000, writable: false, shares: null },
    { start: 0x7fe40be00000, end: 0x7fe413e00000, writable: true, shares: null },
  ]);
  const shared = "7f0000000000-7f0040000000 rw-s 40000000 00:0f 4711 /dev/hugepages/guest";
  const [first, second] = parseMaps(`${shared}\n${shared.replace("rw-s", "rw-p")}`);
  expect(first?.shares).toEqual({ file: "00:0f 4711", offset: 0x40000000 });
  expect(second?.shares).toBeNull();
});
