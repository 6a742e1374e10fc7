import { setTimeout as sleep } from "node:timers/promises";
import { devicePorts, type Guest } from "@evenkeel/core/guest/guest.ts";
import { qemu72 } from "@evenkeel/core/guest/limits.ts";
import { pciForms } from "@evenkeel/core/guest/ports.ts";
import type { RenderOptions } from "@evenkeel/core/render/render.ts";
import { type DeviceShape, planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { GiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Libvirtd, START_TIMEOUT_MS, startLibvirtd } from "./libvirtd.ts";
import { type PciFunction, pciFunctions } from "./pci-functions.ts";
import { whyNot } from "./programs.ts";
import { runnable, type StandIn } from "./stand-ins.ts";

if (whyNot !== null) console.warn(`skipping guests under real firmware: ${whyNot}`);
let libvirtd: Libvirtd | null = null;
beforeAll(async () => {
  if (whyNot === null) libvirtd = await startLibvirtd();
}, START_TIMEOUT_MS);
afterAll(() => libvirtd?.stop());

const FIRMWARE_TIMEOUT_MS = 300_000;

/**
 * Runs a plan's guest until its firmware has numbered all buses and placed all windows, and gives
 * what the guest then finds. Firmware does it in passes: it is done when every port has a bus and
 * a second look finds the same.
 */
async function enumerated(
  plan: Plan,
  options: RenderOptions,
  standIn: StandIn,
): Promise<{ guest: Guest; found: readonly PciFunction[] }> {
  if (libvirtd === null) throw new Error("libvirtd is not running");
  const { virsh, file } = libvirtd;
  const [guest, xml] = runnable(plan, options, standIn);
  await virsh("create", await file(`${guest.name}.xml`, xml));
  const deadline = Date.now() + FIRMWARE_TIMEOUT_MS - 10_000;
  try {
    const command = JSON.stringify({ execute: "query-pci" });
    let before = "";
    while (Date.now() < deadline) {
      const found = pciFunctions(await virsh("qemu-monitor-command", guest.name, command));
      const bridges = found.flatMap(({ bridge }) => bridge ?? []);
      const now = JSON.stringify(found);
      if (now === before && bridges.every(({ bus }) => bus > 0)) return { guest, found };
      before = now;
      await sleep(500);
    }
    throw new Error(`the firmware left buses without a number: ${before}`);
  } finally {
    await virsh("destroy", guest.name);
  }
}

const small = { memory: [{ node: 0, bytes: 192 * MiB }] };
const H100 = 128 * GiB;

/**
 * Two cells with as many GPUs each, the first of which has companions in its slot and beside it.
 * The second and third of a cell share a switch, and what comes after them has none.
 */
function gpuPlan(vm: string, architecture: "x86_64" | "aarch64", each: number, bar: number): Plan {
  const gpus = (cell: number): DeviceShape[] =>
    Array.from({ length: each }, (_, i) => ({
      address: `0000:${cell * 8 + 1}${i}:00.0`,
      barBytes: [bar, MiB],
      companions: i === 0 ? [`0000:${cell * 8 + 1}${i}:00.1`] : [],
      switches: i === 1 || i === 2 ? [`0000:${cell * 8 + 1}f:00.0`] : [],
    }));
  return planOf({
    vm,
    architecture,
    threadsPerCore: 1,
    cells: [0, 1].map((cell) => ({ ...small, hostNode: cell, cores: 1, devices: gpus(cell) })),
  });
}

/** A function with one 64-bit prefetchable BAR, the size of a GPU's, with nothing behind it. */
const gpuOf =
  (bar: number): StandIn =>
  (hostAddress) =>
    hostAddress.endsWith(".0") ? { driver: "pci-testdev", membar: bar } : { driver: "edu" };

/** That firmware found everything where the guest's tree says, and gave each GPU its window. */
function expectAsPlanned(guest: Guest, found: readonly PciFunction[], bar: number): void {
  const bridges = new Map(found.map(({ id, bridge }) => [id, bridge]));
  const top = guest.pci.expanders.flatMap((expander) => expander.ports);
  const switches = top.flatMap((port) => port.switch ?? []);
  const ports = devicePorts(guest.pci);
  const numbered = [...top, ...switches, ...ports];
  expect(numbered.map(({ index }) => bridges.get(`pci.${index}`)?.bus)).toEqual(
    numbered.map(({ bus }) => bus),
  );
  const planned = ports.flatMap((port) => port.functions.map((fn) => fn.guestAddress));
  const behindPorts = found.filter(({ address }) => planned.includes(address));
  expect(behindPorts.map(({ address }) => address).toSorted()).toEqual(planned.toSorted());
  const windows = ports
    .flatMap(({ index }) => bridges.get(`pci.${index}`) ?? [])
    .toSorted((a, b) => a.start - b.start);
  for (const [i, { start, end }] of windows.entries()) {
    expect(start % bar).toBe(0);
    expect(end - start).toBeGreaterThanOrEqual(bar);
    const next = windows[i + 1];
    if (next !== undefined) expect(end).toBeLessThanOrEqual(next.start);
  }
}

const machines = [
  { title: "SeaBIOS", architecture: "x86_64", firmware: "bios", bar: H100 },
  { title: "OVMF", architecture: "x86_64", firmware: "efi", bar: H100 },
  { title: "AAVMF", architecture: "aarch64", firmware: "efi", bar: 16 * GiB },
] as const;

test.skipIf(whyNot !== null).each(machines)(
  "$title numbers the buses as the guest's tree does, and finds room for eight GPUs",
  async ({ title, architecture, firmware, bar }) => {
    // With switches some devices are on root ports too, and OVMF takes its time.
    for (const pci of title === "OVMF" ? (["switches"] as const) : pciForms) {
      const plan = gpuPlan(`${title.toLowerCase()}-${pci}`, architecture, 4, bar);
      const { guest, found } = await enumerated(plan, { firmware, pci }, gpuOf(bar));
      expectAsPlanned(guest, found, bar);
    }
  },
  FIRMWARE_TIMEOUT_MS,
);

test.skipIf(whyNot !== null)(
  "QEMU and firmware take as many ports and expanders as we allow",
  async () => {
    const most = qemu72.buses - qemu72.rootBuses;
    const shapes = [
      { cells: 7, each: most / 7 - 1, pci: "ports" },
      { cells: qemu72.expanders, each: 1, pci: "ports" },
      { cells: 1, each: qemu72.portsPerExpander, pci: "ports" },
      { cells: 1, each: qemu72.portsPerExpander, pci: "switches" },
      { cells: 7, each: most / 7 - 3, pci: "switches" },
    ] as const;
    for (const { cells, each, pci } of shapes) {
      const plan = planOf({
        vm: `edge-${cells}-${pci}`,
        threadsPerCore: 1,
        cells: Array.from({ length: cells }, (_, cell) => ({
          cores: 1,
          memory: [{ node: 0, bytes: 32 * MiB }],
          devices: Array.from({ length: each }, (_device, i) => ({
            address: `00${cell.toString(16).padStart(2, "0")}:${(i + 16).toString(16)}:00.0`,
            switches: [`00${cell.toString(16).padStart(2, "0")}:01:00.0`],
          })),
        })),
      });
      const edu: StandIn = () => ({ driver: "edu" });
      const { guest, found } = await enumerated(plan, { firmware: "bios", pci }, edu);
      const ports = devicePorts(guest.pci);
      expect(ports).toHaveLength(cells * each);
      const buses = new Map(found.map(({ id, bridge }) => [id, bridge?.bus]));
      expect(ports.map(({ index }) => buses.get(`pci.${index}`))).toEqual(ports.map((p) => p.bus));
    }
  },
  FIRMWARE_TIMEOUT_MS,
);
