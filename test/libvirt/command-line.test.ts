import { pciForms } from "@evenkeel/core/guest/ports.ts";
import { render, type RenderOptions } from "@evenkeel/core/render/render.ts";
import { generatedPlans } from "@evenkeel/core/testing/guest/generated-plans.ts";
import { type Cell, functionsOf, type Plan } from "@evenkeel/core/plan/plan.ts";
import { indices } from "@evenkeel/core/set/index-set.ts";
import { parseList } from "@evenkeel/core/set/list-format.ts";
import { GiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CommandLine, commandLine } from "./command-line.ts";
import { type Libvirtd, START_TIMEOUT_MS, startLibvirtd } from "./libvirtd.ts";
import { plansToTry } from "./plans-to-try.ts";
import { whyNot } from "./programs.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";

if (whyNot !== null) console.warn(`skipping QEMU's command lines: ${whyNot}`);
/** Some 40 ms each. */
const TIMEOUT_MS = 30_000 + plansToTry(0) * 250;
let libvirtd: Libvirtd | null = null;
beforeAll(async () => {
  // As many nodes as generated plans speak of.
  if (whyNot === null) libvirtd = await startLibvirtd({ hostNodes: 32 });
}, START_TIMEOUT_MS);
afterAll(() => libvirtd?.stop());

/** Huge pages of 2 MiB, the only ones that every machine can mount, in place of larger ones. */
const plans = generatedPlans.map((plan): Plan => ({
  ...plan,
  cells: plan.cells.map((cell) => ({ ...cell, pageBytes: Math.min(cell.pageBytes, 2 * MiB) })),
}));

async function nativeOf(plan: Plan, options: RenderOptions = {}): Promise<CommandLine> {
  if (libvirtd === null) throw new Error("libvirtd is not running");
  const xml = render(plan, "libvirt", { emulated: true, ...options });
  const path = await libvirtd.file("domain.xml", xml);
  return commandLine(await libvirtd.virsh("domxml-to-native", "qemu-argv", path));
}

test.skipIf(whyNot !== null)(
  "QEMU is told what the plan says",
  async () => {
    await fc.assert(
      fc.asyncProperty(plans, fc.constantFrom(...pciForms), async (plan, pci) => {
        const line = await nativeOf(plan, { pci });
        for (const cell of plan.cells) checkCell(cell, line);
        checkDistances(plan, line);
        checkBuses(line);
        for (const device of plan.devices) {
          for (const passed of functionsOf(device)) {
            expect({ passed, cell: cellShown(passed, line) }).toEqual({
              passed,
              cell: device.cell,
            });
          }
        }
        const smp = /^(\d+),sockets=(\d+),dies=1,cores=(\d+),threads=(\d+)$/.exec(
          line.values("-smp")[0] ?? "",
        );
        const [vcpus, sockets = 0, cores = 0, threads = 0] = smp?.slice(1).map(Number) ?? [];
        expect(vcpus).toBe(sumOf(plan.cells, (cell) => cell.vcpus.length));
        expect(sockets * cores * threads).toBe(vcpus);
      }),
      { numRuns: plansToTry(60) },
    );
  },
  TIMEOUT_MS,
);

test.skipIf(whyNot !== null)("the contract reaches QEMU, as a file or as it stands", async () => {
  const [plan] = fc.sample(plans, { numRuns: 1, seed: 3 });
  if (plan === undefined) throw new Error("no plan");
  const given = async (options: RenderOptions): Promise<string | undefined> =>
    (await nativeOf(plan, options))
      .values("-fw_cfg")
      .find((value) => value.startsWith("name=opt/evenkeel/contract,"));
  const text = JSON.stringify(JSON.parse(render(plan, "contract"))).replaceAll(",", ",,");
  expect(await given({})).toBe(`name=opt/evenkeel/contract,string=${text}`);
  const contractFile = "/run/evenkeel/contract.json";
  expect(await given({ contractFile })).toBe(`name=opt/evenkeel/contract,file=${contractFile}`);
  expect(() => render(plan, "libvirt", { contractFile: "/run/a,b" })).toThrow("/run/a,b");
});

const policies = { strict: "bind", preferred: "preferred", interleave: "interleave" } as const;

function checkCell(cell: Cell, line: CommandLine): void {
  const kind = cell.pageBytes > 64 * 1024 ? "memory-backend-file" : "memory-backend-ram";
  const backend = line.objects(kind).find(({ id }) => id === `ram-node${cell.id}`);
  expect(backend).toMatchObject({ policy: policies[cell.memoryPolicy], prealloc: true });
  const bytes = Number(backend?.["size"]);
  expect([bytes % MiB, bytes % cell.pageBytes]).toEqual([0, 0]);
  expect(Math.abs(bytes - cell.memoryBytes)).toBeLessThan(MiB);
  const planned = indices(parseList(cell.memoryNodes) ?? fail(cell.memoryNodes));
  const bound = backend?.["host-nodes"];
  if (cell.memoryPolicy !== "preferred") expect(bound).toEqual(planned);
  else expect(planned.map((node) => [node])).toContainEqual(bound);
  const [first, last] = [cell.vcpus.at(0)?.id, cell.vcpus.at(-1)?.id];
  const cpus = first === last ? `${first}` : `${first}-${last}`;
  const node = `node,nodeid=${cell.id},cpus=${cpus},memdev=ram-node${cell.id}`;
  expect(line.values("-numa")).toContain(node);
}

function fail(text: string): never {
  throw new Error(`no list: ${text}`);
}

function checkDistances({ cells, distances }: Plan, line: CommandLine): void {
  const told = line.values("-numa").filter((value) => value.startsWith("dist,"));
  // libvirt leaves out a table of the values that the guest's kernel assumes without one.
  const isUsual = (row: readonly number[], i: number): boolean =>
    row.every((d, j) => i === j || d === 20);
  if (distances === null || distances.every(isUsual)) {
    expect(told).toEqual([]);
    return;
  }
  expect(told).toHaveLength(cells.length ** 2);
  for (const value of told) {
    const parts = /^dist,src=(\d+),dst=(\d+),val=(\d+)$/.exec(value)?.slice(1).map(Number);
    const [from = 0, to = 0, shown = 0] = parts ?? [];
    const host = at(at(distances, from), to);
    if (from === to) expect(shown).toBe(10);
    else if (host > 10 && host < 255) expect(shown).toBe(host);
    else expect(Math.abs(shown - host)).toBe(1);
  }
}

const bridges = ["pcie-root-port", "x3130-upstream", "xio3130-downstream", "pxb-pcie"];

/**
 * The guest node of the expander that a host's function ends up below, found through the bridges.
 */
function cellShown(hostAddress: string, line: CommandLine): unknown {
  const all = bridges.flatMap((driver) => line.objects(driver));
  let device = line.objects("vfio-pci").find(({ host }) => host === hostAddress);
  for (let steps = 0; steps < 5 && device !== undefined; steps++) {
    if (device["driver"] === "pxb-pcie") break;
    const above = device["bus"];
    device = all.find(({ id }) => id === above);
  }
  return device?.["numa_node"];
}

/** Below an expander, and below that. */
function ports(bus: unknown, line: CommandLine): number {
  const own = bridges
    .slice(0, 3)
    .flatMap((driver) => line.objects(driver))
    .filter((one) => one["bus"] === bus);
  return sumOf(own, ({ id }) => 1 + ports(id, line));
}

const BUSES_MAX = 256;

/** The numbers that an expander and its bridges need end before the next expander's. */
function checkBuses(line: CommandLine): void {
  const expanders = line
    .objects("pxb-pcie")
    .toSorted((a, b) => Number(a["bus_nr"]) - Number(b["bus_nr"]));
  const numbers = expanders.map((expander) => Number(expander["bus_nr"]));
  for (const [i, { id }] of expanders.entries()) {
    expect(ports(id, line)).toBeGreaterThan(0);
    const [own, next] = [at(numbers, i), at([...numbers, BUSES_MAX], i + 1)];
    expect(own + ports(id, line)).toBeLessThan(next);
  }
}

test.skipIf(whyNot !== null)(
  "the PCI window is as wide as the GPUs need, and told twice",
  async () => {
    const [gpu] = fc.sample(
      plans.filter(({ architecture, devices }) => architecture === "x86_64" && devices.length > 0),
      { numRuns: 1, seed: 1 },
    );
    const device = gpu?.devices[0];
    if (gpu === undefined || device === undefined) throw new Error("no plan with a device");
    const wide = { ...gpu, devices: gpu.devices.map((d) => ({ ...d, barBytes: [128 * GiB] })) };
    const line = await nativeOf(wide);
    const hole = /^q35-pcihost\.pci-hole64-size=(\d+)K$/.exec(line.values("-global").join());
    const told = line.values("-fw_cfg").find((value) => value.startsWith("name=opt/ovmf/"));
    const fw = /^name=opt\/ovmf\/X-PciMmio64Mb,string=(\d+)$/.exec(told ?? "");
    expect(Number(hole?.[1]) / 1024).toBe(Number(fw?.[1]));
    expect(Number(fw?.[1]) * MiB).toBeGreaterThanOrEqual(gpu.devices.length * 128 * GiB);
  },
);
