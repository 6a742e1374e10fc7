import * as fc from "fast-check";
import { expect, test } from "vitest";
import { GiB, MiB, TiB } from "../unit/bytes.ts";
import { deviceGroups } from "./device-groups.ts";
import { qemu72 } from "./limits.ts";
import { mmioWindow } from "./mmio-window.ts";
import { generatedPlans } from "../../testing/guest/generated-plans.ts";
import { type DeviceShape, planOf } from "../../testing/guest/plan-of.ts";
import { limitsFor, parseVersions } from "./versions.ts";

const late = limitsFor(parseVersions("qemu=10.0"));

const H100 = [16 * MiB, 128 * GiB, 32 * MiB];

function gpus(count: number, barBytes: readonly number[] | null): DeviceShape[] {
  return Array.from({ length: count }, (_, i) => ({ address: `0000:${i + 10}:00.0`, barBytes }));
}

function windowOf(
  devices: readonly (readonly DeviceShape[])[],
  memoryBytes: number,
  architecture: "x86_64" | "aarch64" = "x86_64",
  limits = qemu72,
): { bytes: number | null; addressBits: number; notes: string[] } {
  const notes: string[] = [];
  const cells = devices.map((own, i) => ({
    cores: 1,
    devices: own.map((d) => ({ ...d, address: d.address.replace("0000", `000${i}`) })),
  }));
  const note = (text: string): void => void notes.push(text);
  return { ...mmioWindow(planOf({ cells }), memoryBytes, architecture, limits, note), notes };
}

test("GPUs take twice their BAR for alignment's sake", () => {
  const window = windowOf([gpus(4, H100), gpus(4, H100)], 960 * GiB);
  expect(window).toEqual({ bytes: 2 * TiB, addressBits: 42, notes: [] });
});

test("small devices fill the gaps that large ones leave", () => {
  const nics = gpus(4, [32 * MiB]).map((nic) => ({
    ...nic,
    address: nic.address.replace("1", "2"),
  }));
  const paired = [...gpus(4, H100), ...nics];
  expect(windowOf([paired, paired], 960 * GiB).bytes).toBe(2 * TiB);
});

test("without devices the machine's own window serves", () => {
  expect(windowOf([[]], 4 * GiB)).toEqual({ bytes: null, addressBits: 36, notes: [] });
});

test("small devices get the firmware's usual window", () => {
  expect(windowOf([gpus(1, [32 * MiB])], 4 * GiB).bytes).toBe(32 * GiB);
});

test("unknown BARs are said, and have room for the largest GPU there is", () => {
  const { bytes, notes } = windowOf([gpus(1, null)], 4 * GiB);
  expect(bytes).toBe(256 * GiB);
  expect(notes).toEqual(["the BARs of 0000:10:00.0 are unknown: its window has room for 256 GiB"]);
});

test("companions in other slots are taken to be as large as the device", () => {
  const [gpu] = gpus(1, H100);
  const beside = windowOf([[{ ...gpu, address: "0000:10:00.0", companions: ["0000:11:00.0"] }]], 0);
  const within = windowOf([[{ ...gpu, address: "0000:10:00.0", companions: ["0000:10:00.1"] }]], 0);
  expect([beside.bytes, within.bytes]).toEqual([512 * GiB, 256 * GiB]);
});

test("aarch64 has one size of window, but in later hypervisors", () => {
  const one = windowOf([gpus(1, H100)], GiB, "aarch64");
  expect(one).toMatchObject({ bytes: 512 * GiB, addressBits: 40 });
  expect(() => windowOf([gpus(5, H100)], GiB, "aarch64")).toThrow(
    "the devices' memory needs a PCI window of 1.3 TiB",
  );
  expect(windowOf([gpus(5, H100)], GiB, "aarch64", late).bytes).toBe(2 * TiB);
});

test("what firmware cannot address is refused with the bits it would take", () => {
  expect(windowOf([gpus(16, [512 * GiB])], 16 * TiB)).toMatchObject({ addressBits: 45 });
  expect(() => windowOf([gpus(17, [2 * TiB])], 8 * TiB)).toThrow(
    "8 TiB of memory and a PCI window of 64 TiB need 47 physical address bits",
  );
});

/** Where BARs of these sizes end when they are placed one after another, each at its alignment. */
function end(start: number, order: readonly { size: number; alignment: number }[]): number {
  return order.reduce(
    (at, { size, alignment }) => Math.ceil(at / alignment) * alignment + size,
    start,
  );
}

/**
 * Firmware by its specifications rather than by our formula: BARs by falling size, ports by falling
 * alignment, expanders in any order, the window at a multiple of its size.
 */
test("whatever the order of the expanders, everything finds its place in the window", () => {
  const order = fc.infiniteStream(fc.nat());
  fc.assert(
    fc.property(generatedPlans, order, (plan, choices) => {
      fc.pre(plan.architecture === "x86_64");
      const window = mmioWindow(plan, 4 * GiB, "x86_64", qemu72, () => {}).bytes;
      if (window === null) {
        expect(plan.devices).toEqual([]);
        return;
      }
      const bars = new Map(plan.devices.map((d) => [d.address, d.barBytes ?? [64 * MiB]]));
      const expanders = [...Map.groupBy(deviceGroups(plan), ({ cell }) => cell).values()].map(
        (own) => {
          const ports = own.map(({ functions }) => {
            const sizes = functions
              .flatMap((f) => bars.get(f.hostAddress) ?? [64 * 1024])
              .toSorted((a, b) => b - a);
            const used = end(
              0,
              sizes.map((size) => ({ size, alignment: size })),
            );
            const alignment = Math.max(MiB, ...sizes);
            return { size: Math.max(1, Math.ceil(used / MiB)) * MiB, alignment };
          });
          const sorted = ports.toSorted((a, b) => b.alignment - a.alignment);
          return { size: end(0, sorted), alignment: sorted[0]?.alignment ?? MiB };
        },
      );
      const shuffled = expanders
        .map((expander) => ({ expander, key: choices.next().value }))
        .toSorted((a, b) => a.key - b.key)
        .map(({ expander }) => expander);
      expect(end(window * 3, shuffled)).toBeLessThanOrEqual(window * 4);
    }),
    { numRuns: 500 },
  );
});
