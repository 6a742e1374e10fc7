import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import type { PciDevice, Topology } from "@evenkeel/core/topology/topology.ts";
import { ownControls, pciControls, withoutSecrets } from "./pci-config.ts";
import { readSysfs } from "./read.ts";
import { generateSysfs } from "../../testing/sysfs/generate-sysfs.ts";
import { inMemory } from "../../testing/sysfs/generated-tree.ts";
import { cpuFiles, treeOf, within } from "../../testing/sysfs/tree-of.ts";

const unknown = { acsRedirect: null, atsEnabled: null };
const neither = { acsRedirect: false, atsEnabled: false };

/** Configuration space of a size with bytes at places. */
function config(size: number, parts: Readonly<Record<number, readonly number[]>> = {}): Uint8Array {
  const bytes = new Uint8Array(4096);
  bytes.set([0xde, 0x10, 0x30, 0x23]);
  for (const [at, values] of Object.entries(parts)) bytes.set(values, Number(at));
  return bytes.slice(0, size);
}

/** With the capability of PCI Express behind another in the ordinary list. */
const express = { 0x06: [0x10], 0x34: [0x40], 0x40: [0x01, 0x60], 0x60: [0x10, 0x00] };
const acsAt100 = { 0x100: [0x0d, 0x00, 0x01, 0x15], 0x104: [0xff, 0x00] };
const atsAt150 = { 0x150: [0x0f, 0x00, 0x01, 0x00], 0x154: [0x00, 0x00] };

describe("ACS and ATS in configuration space", () => {
  test.for([
    ["request and completion redirect", 0x1d, 0x80, { acsRedirect: true, atsEnabled: true }],
    ["request redirect alone", 0x04, 0, { acsRedirect: true, atsEnabled: false }],
    ["completion redirect alone", 0x08, 0, { acsRedirect: true, atsEnabled: false }],
    ["source validation and upstream forwarding", 0x11, 0x7f, neither],
  ] as const)("%s", ([, control, enable, expected]) => {
    const parts = { ...express, ...acsAt100, ...atsAt150, 0x106: [control, 0], 0x156: [0, enable] };
    expect(pciControls(config(4096, parts))).toEqual(expected);
  });

  test.for([
    ["nothing", null, unknown],
    ["the header, as everybody sees it", config(64, express), unknown],
    ["256 bytes of an Express function", config(256, express), unknown],
    ["256 bytes of conventional PCI", config(256), neither],
    ["an extended list without either", config(4096, { ...express, 0x100: [1, 0, 1, 0] }), neither],
    ["no extended list", config(4096, express), neither],
    [
      "an extended space that does not answer",
      config(4096, { ...express, 0x100: Array(16).fill(255) }),
      unknown,
    ],
    ["a function that does not answer", new Uint8Array(4096).fill(255), unknown],
    ["the same of conventional PCI", new Uint8Array(256).fill(255), unknown],
    [
      "a control beyond the end",
      config(264, { ...express, 0x100: [0x01, 0, 0x01, 0x10] }),
      neither,
    ],
  ] as const)("%s", ([, bytes, expected]) => {
    expect(pciControls(bytes)).toEqual(expected);
  });

  test("a control register that was cut off is unknown, not zero", () => {
    const parts = { ...express, ...acsAt100, ...atsAt150, 0x106: [0x1d, 0], 0x156: [0, 0x80] };
    expect(pciControls(config(0x154, parts))).toEqual({ acsRedirect: true, atsEnabled: null });
    expect(pciControls(config(0x104, parts)).acsRedirect).toBeNull();
  });

  test("any tree reads the same directly and from a recording", () => {
    const sizes = fc.constantFrom(0, 12, 64, 65, 255, 256, 257, 264, 4096);
    const listed = fc.array(
      fc.record({
        at: fc.integer({ min: 0, max: 1023 }).map((n) => n * 4),
        id: fc.constantFrom(0, 1, 3, 0x0d, 0x0f, 0x10, 0x15, 0xffff),
        next: fc.integer({ min: 0, max: 1023 }).map((n) => n * 4),
        control: fc.integer({ min: 0, max: 0xffff }),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(sizes, listed, (size, capabilities) => {
        const bytes = config(size, { ...express, 0x100: [0x0d, 0, 0x01, 0x15] });
        const view = new DataView(bytes.buffer);
        for (const { at, id, next, control } of capabilities) {
          if (at + 8 > size) continue;
          view.setUint32(at, (id | (next << 20)) >>> 0, true);
          view.setUint16(at + 6, control, true);
        }
        const kept = withoutSecrets(bytes, false);
        expect(kept.length).toBeLessThanOrEqual(size);
        expect(pciControls(kept)).toEqual(pciControls(bytes));
        expect(ownControls(kept)).toEqual(ownControls(bytes));
        expect(withoutSecrets(kept, false)).toEqual(kept);
      }),
      { numRuns: 2000 },
    );
  });

  test("a loop of lists ends", () => {
    const circle = { ...express, 0x60: [0x10, 0x40], 0x100: [0x01, 0x00, 0x01, 0x10] };
    expect(pciControls(config(4096, circle))).toEqual(neither);
  });

  test("a recording keeps the controls, and the serial number only on request", () => {
    const serial = { 0x150: [0x03, 0x00, 0x01, 0x20], 0x154: [9, 8, 7, 6, 5, 4, 3, 2] };
    const more = { 0x200: [0x0f, 0x00, 0x01, 0x00], 0x206: [0, 0x80], 0x70: [1, 2, 3] };
    const parts = {
      ...express,
      ...acsAt100,
      0x106: [0x1d],
      ...serial,
      ...more,
      0x300: [4, 7, 1, 1],
    };
    const bytes = config(4096, parts);
    const kept = withoutSecrets(bytes, false);
    expect(kept.length).toBe(0x208);
    expect(pciControls(kept)).toEqual({ acsRedirect: true, atsEnabled: true });
    const shown = (from: number, to: number): number[] => [...kept.subarray(from, to)];
    expect(shown(0x154, 0x15c)).toEqual(Array(8).fill(0));
    expect([...shown(0x62, 0x100), ...shown(0x300, 0x304)].every((byte) => byte === 0)).toBe(true);
    const asked = withoutSecrets(bytes, true);
    expect([...asked.subarray(0x154, 0x15c)]).toEqual(serial[0x154]);
    expect(asked.length).toBe(0x208);
    // What is conventional, dead or cut short stays readable as what it is.
    for (const odd of [config(64, express), config(256), config(256, express)]) {
      expect(pciControls(withoutSecrets(odd, false))).toEqual(pciControls(odd));
    }
    const dead = config(4096, { ...express, 0x100: Array(3840).fill(255) });
    expect(pciControls(withoutSecrets(dead, false))).toEqual(unknown);
  });
});

describe("Relaxed ordering and the sizes of BARs", () => {
  const unread = { relaxedOrdering: null, barMaxBytes: null, maxReadBytes: null };
  const GiB = 2 ** 30;
  /** Two BARs of 64 MiB to 32 GiB and of 256 TiB, and a serial number right behind. */
  const resizable = {
    0x100: [0x15, 0, 0x01, 0x11],
    0x104: [0x00, 0xfc, 0x0f, 0x00, 0x41, 0x00, 0, 0],
    0x10c: [0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 1, 0],
    0x114: [0x03, 0, 0x01, 0x00, 9, 8, 7, 6, 5, 4, 3, 2],
  };

  test.for([
    ["nothing", null, unread],
    ["the header", config(64, express), unread],
    ["conventional PCI", config(256), { relaxedOrdering: null, barMaxBytes: [] }],
    ["allowed", config(4096, { ...express, 0x68: [0x10, 0x28] }), { relaxedOrdering: true }],
    ["512 bytes in a read", config(4096, { ...express, 0x68: [0, 0x28] }), { maxReadBytes: 512 }],
    ["4096 bytes in a read", config(4096, { ...express, 0x68: [0, 0x58] }), { maxReadBytes: 4096 }],
    [
      "a reserved size of reads",
      config(256, { ...express, 0x68: [0, 0x68] }),
      { maxReadBytes: null },
    ],
    ["not allowed", config(4096, { ...express, 0x68: [0x0f, 0x28] }), { relaxedOrdering: false }],
    [
      "256 bytes",
      config(256, { ...express, 0x68: [0x10] }),
      { relaxedOrdering: true, barMaxBytes: null },
    ],
    ["no BAR to resize", config(4096, express), { barMaxBytes: [] }],
    ["two BARs", config(4096, { ...express, ...resizable }), { barMaxBytes: [32 * GiB, 2 ** 48] }],
    ["cut short", config(0x10c, { ...express, ...resizable }), { barMaxBytes: null }],
    [
      "as many as there are not",
      config(4096, { ...express, ...resizable, 0x108: [0xff, 0] }),
      { barMaxBytes: null },
    ],
  ] as const)("%s", ([, bytes, expected]) => {
    expect(ownControls(bytes)).toMatchObject(expected);
  });

  test("a recording keeps them, and not the serial number behind", () => {
    const kept = withoutSecrets(config(4096, { ...express, 0x68: [0x10], ...resizable }), false);
    expect(ownControls(kept)).toEqual({
      relaxedOrdering: true,
      barMaxBytes: [32 * GiB, 2 ** 48],
      maxReadBytes: 128,
    });
    expect([...kept.subarray(0x118, 0x120)].every((byte) => byte === 0)).toBe(true);
  });
});

const devices = "/sys/bus/pci/devices";
const nic = within(`${devices}/0000:01:00.0`, {
  class: "0x020000\n",
  vendor: "0x15b3\n",
  device: "0x1021\n",
});

function interruptsOf(
  files: Readonly<Record<string, string>>,
): PciDevice["interrupts"] | undefined {
  const cpus = { ...cpuFiles(0, "0", 0), ...cpuFiles(1, "1", 1), ...cpuFiles(5, "5", 5) };
  return readSysfs(treeOf({ ...cpus, ...nic, ...files })).pci[0]?.interrupts;
}

describe("Interrupts", () => {
  const message = (number: number): Record<string, string> => ({
    [`${devices}/0000:01:00.0/msi_irqs/${number}`]: "msix\n",
  });
  const affinity = (
    number: number,
    allowed: string,
    effective?: string,
  ): Record<string, string> => ({
    [`/proc/irq/${number}/smp_affinity_list`]: allowed,
    ...(effective === undefined
      ? {}
      : { [`/proc/irq/${number}/effective_affinity_list`]: effective }),
  });

  test("the union over all MSIs, on CPUs that are online", () => {
    const files = { ...message(40), ...message(41), ...message(99) };
    const set = { ...affinity(40, "0-7\n", "5\n"), ...affinity(41, "0\n", "0\n") };
    expect(interruptsOf({ ...files, ...set })).toEqual({
      allowedCpus: "0-1,5",
      effectiveCpus: "0,5",
    });
  });

  test("before Linux 4.14 the effective CPUs are unknown", () => {
    expect(interruptsOf({ ...message(40), ...affinity(40, "1\n") })).toEqual({
      allowedCpus: "1",
      effectiveCpus: null,
    });
  });

  test("the interrupt pin's, if there are no MSIs", () => {
    const pin = { [`${devices}/0000:01:00.0/irq`]: "17\n" };
    const read = { allowedCpus: "1", effectiveCpus: "1" };
    expect(interruptsOf({ ...pin, ...affinity(17, "1\n", "1\n") })).toEqual(read);
    const messages = { ...message(40), ...affinity(40, "1\n", "1\n") };
    expect(interruptsOf({ ...pin, ...affinity(17, "0\n", "0\n"), ...messages })).toEqual(read);
  });

  test("unknown where no interrupt is set up, handled or readable", () => {
    const odd = { [`${devices}/0000:01:00.0/irq`]: "0\n" };
    for (const files of [{}, odd, message(40), { ...message(40), ...affinity(40, "lots\n") }]) {
      expect(interruptsOf(files)).toBeNull();
    }
  });

  test("interrupts are read only of accelerators, NICs and drives", () => {
    const machine = syntheticTopology("core:2 root[gpu:l40s nic:cx7 dev:nvme dev:usb]");
    const interrupts = { allowedCpus: "0-1", effectiveCpus: "1" };
    const everywhere = { ...machine, pci: machine.pci.map((one) => ({ ...one, interrupts })) };
    const found = readSysfs(inMemory(generateSysfs(everywhere))).pci;
    const classes = found.flatMap((one) =>
      one.interrupts === null ? [] : [one.class.slice(0, 4)],
    );
    expect(classes.toSorted()).toEqual(["0108", "0207", "0302"]);
  });
});

describe("Caches", () => {
  const index = "/sys/devices/system/cpu/cpu0/cache/index3";
  const shared = { level: "3\n", type: "Unified\n", shared_cpu_list: "0-1\n" };
  const read = (files: Readonly<Record<string, string>>): Topology["l3Caches"] =>
    readSysfs(
      treeOf({
        ...cpuFiles(0, "0", 0),
        ...cpuFiles(1, "1", 1),
        ...within(index, { ...shared, ...files }),
      }),
    ).l3Caches;

  test("size, ways and the kernel's number", () => {
    const files = { size: "32768K\n", ways_of_associativity: "16\n", id: "7\n" };
    expect(read(files)).toEqual([{ id: 0, sizeBytes: 32 << 20, ways: 16, kernelId: 7 }]);
  });

  test("a cache without a size, ways and an id is left out", () => {
    expect(read({ size: "0K\n", ways_of_associativity: "0\n" })).toEqual([]);
    expect(read({})).toEqual([]);
    expect(read({ id: "4294967296\n" })).toEqual([]);
    expect(read({ size: "huge\n", id: "0\n" })).toEqual([
      { id: 0, sizeBytes: null, ways: null, kernelId: 0 },
    ]);
  });

  const l3 = "/sys/fs/resctrl/info/L3";
  const ways = {
    num_closids: "15\n",
    cbm_mask: "7ff\n",
    min_cbm_bits: "1\n",
    shareable_bits: "600\n",
  };
  const allocation = (files: Readonly<Record<string, string>>): Topology["cacheAllocation"] =>
    readSysfs(treeOf({ ...cpuFiles(0, "0", 0), ...files })).cacheAllocation;

  test("how the caches can be partitioned", () => {
    const known = { classes: 15, ways: "0-10", waysMin: 1 };
    expect(allocation(within(l3, ways))).toEqual({
      ...known,
      sharedWays: "9-10",
      bandwidthClasses: null,
    });
    const bandwidth = { "/sys/fs/resctrl/info/MB/num_closids": "8\n" };
    expect(allocation({ ...within(l3, { ...ways, shareable_bits: "0\n" }), ...bandwidth })).toEqual(
      {
        ...known,
        sharedWays: "",
        bandwidthClasses: 8,
      },
    );
    // With code and data apart, each has classes of its own.
    expect(allocation(within(`${l3}CODE`, { ...ways, num_closids: "7\n" }))?.classes).toBe(7);
    const beyond = { ...ways, shareable_bits: "c00\n", num_closids: "15\n" };
    expect(allocation(within(l3, beyond))).toMatchObject({ ways: "0-10", sharedWays: "10" });
    expect(allocation({})).toBeNull();
    expect(allocation(within(l3, { ...ways, num_closids: "999999\n" }))).toBeNull();
    expect(allocation(within(l3, { ...ways, cbm_mask: "0\n" }))).toBeNull();
  });
});
