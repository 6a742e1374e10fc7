import { expect, test } from "vitest";
import type { Machine } from "@evenkeel/core/topology/topology.ts";
import { pageBytesFromAuxv, readMachine } from "./machine.ts";
import { treeOf } from "../../testing/sysfs/tree-of.ts";

const cpu = (cpuinfo: string): Machine => readMachine(treeOf({ "/proc/cpuinfo": cpuinfo }));

test("Every architecture has a form of cpuinfo", () => {
  const forms: readonly (readonly [string, string | null, string | null])[] = [
    [
      "processor\t: 0\ncpu family\t: 26\nmodel name\t: AMD  EPYC 9655\nflags\t\t: fpu lm\n",
      "AMD EPYC 9655",
      "x86_64",
    ],
    ["processor\t: 0\nmodel name\t: Pentium III\nflags\t\t: fpu sse\n", "Pentium III", null],
    ["processor\t: 0\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\n", null, "aarch64"],
    ["model name\t: ARMv7 rev 4\nFeatures\t: neon\nCPU implementer\t: 0x41\n", "ARMv7 rev 4", null],
    ["vendor_id       : IBM/S390\nprocessor 0: version = 00, machine = 2817\n", null, "s390x"],
    ["processor  : 0\narch       : IA-64\nfamily     : Itanium 2\n", "Itanium 2", "ia64"],
    ["processor  : 0\narch       : IA-64\nfamily     : 32\n", null, "ia64"],
    ["processor\t: 0\nhart\t\t: 0\nisa\t\t: rv64imafdc\n", null, "riscv64"],
    ["processor\t: 0\ncpu\t\t: POWER9, altivec supported\n", "POWER9, altivec supported", null],
    ["", null, null],
    ["\0\0\0::::\n:\n", null, null],
  ];
  for (const [text, cpuModel, architecture] of forms) {
    expect(cpu(text), text).toMatchObject({ cpuModel, architecture });
  }
});

test("Only the first processor counts", () => {
  expect(cpu("model name: big\n\nprocessor: 1\nmodel name: little\n").cpuModel).toBe("big");
});

test("A board without a name is unknown", () => {
  const dmi = (vendor: string, product: string, directory: string): Machine =>
    readMachine(
      treeOf({ [`${directory}/sys_vendor`]: vendor, [`${directory}/product_name`]: product }),
    );
  for (const directory of ["/sys/class/dmi/id", "/sys/devices/virtual/dmi/id"]) {
    expect(dmi("Dell Inc.\n", "PowerEdge R750\n", directory)).toMatchObject({
      vendor: "Dell Inc.",
      product: "PowerEdge R750",
    });
  }
  expect(dmi("To Be Filled By O.E.M.\n", "Default string\n", "/sys/class/dmi/id")).toMatchObject({
    vendor: null,
    product: null,
  });
  const board = readMachine(treeOf({ "/proc/device-tree/model": "Raspberry Pi 5\0" }));
  expect(board).toMatchObject({ vendor: null, product: "Raspberry Pi 5" });
});

test("The base page is the one in a process's auxiliary vector, or the only one that the architecture has", () => {
  const auxv = (littleEndian: boolean, key: bigint, value: bigint): Uint8Array => {
    const view = new DataView(new ArrayBuffer(48));
    view.setBigUint64(0, 33n, littleEndian);
    view.setBigUint64(8, 0x7fff_0000n, littleEndian);
    view.setBigUint64(16, key, littleEndian);
    view.setBigUint64(24, value, littleEndian);
    return new Uint8Array(view.buffer);
  };
  expect(pageBytesFromAuxv(auxv(true, 6n, 65_536n))).toBe(65_536);
  expect(pageBytesFromAuxv(auxv(false, 6n, 4096n))).toBe(4096);
  expect(pageBytesFromAuxv(auxv(true, 6n, 5000n))).toBeNull();
  expect(pageBytesFromAuxv(auxv(true, 7n, 4096n))).toBeNull();
  expect(pageBytesFromAuxv(new Uint8Array([6]))).toBeNull();
  expect(pageBytesFromAuxv(null)).toBeNull();
  const arm = "Features\t: asimd\nCPU implementer\t: 0x41\n";
  const pages = (files: Readonly<Record<string, string | Uint8Array>>): number | null =>
    readMachine(treeOf(files)).pageBytes;
  expect(pages({ "/proc/cpuinfo": arm })).toBeNull();
  expect(pages({ "/proc/cpuinfo": arm, "/proc/self/auxv": auxv(true, 6n, 16_384n) })).toBe(16_384);
  expect(pages({ "/proc/cpuinfo": "flags: lm" })).toBe(4096);
  expect(pages({ "/proc/hwloc-nofile-info": "Architecture: aarch64\nPageSize: 65536\n" })).toBe(
    65_536,
  );
});
