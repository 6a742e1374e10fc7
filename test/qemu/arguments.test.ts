import { guestFromPlan } from "@evenkeel/core/guest/from-plan.ts";
import { devicePorts, type Guest } from "@evenkeel/core/guest/guest.ts";
import { qemu72 } from "@evenkeel/core/guest/limits.ts";
import { type PciForm, pciForms } from "@evenkeel/core/guest/ports.ts";
import { type QemuCommand, qemuCommand } from "@evenkeel/core/guest/qemu/command.ts";
import { shellText } from "@evenkeel/core/guest/qemu/shell.ts";
import { generatedPlans } from "@evenkeel/core/testing/guest/generated-plans.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { indices, indexSet } from "@evenkeel/core/set/index-set.ts";
import { formatList, setOf } from "@evenkeel/core/set/list-format.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { linkedDevices, rootPortLinks } from "../libvirt/link-capabilities.ts";
import { type PciFunction, pciFunctions } from "../libvirt/pci-functions.ts";
import { whyNot } from "../libvirt/programs.ts";
import { type Qemu, startQemu, type Value } from "./qemu.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";

if (whyNot !== null) console.warn(`skipping QEMU by itself: ${whyNot}`);

/**
 * A plan's guest as this machine can start it: little memory, on the one node that it surely has.
 * vCPUs are as planned, but no more than a processor in software starts quickly.
 */
function here(plan: Plan): Plan {
  const cells = plan.cells.map((cell) => {
    const pageBytes = Math.min(cell.pageBytes, 2 * MiB);
    const memoryBytes = 4 * MiB;
    return {
      ...cell,
      hostNode: 0,
      pageBytes,
      memoryBytes,
      memoryNodes: "0",
      memoryOnNodes: [{ node: 0, bytes: memoryBytes }],
    };
  });
  return { ...plan, cells };
}

/**
 * Stand-ins for the devices, and huge pages that need not be there yet: all other arguments stay as
 * they are. On aarch64 QEMU writes into the memory before the guest starts, so they become base
 * pages.
 */
function runnableArguments({ program, arguments: args }: QemuCommand): string[] {
  return args.map((text) => {
    if (!text.startsWith("{")) return text;
    const { host, ...value }: Record<string, unknown> = JSON.parse(text);
    if (host !== undefined) return JSON.stringify({ ...value, driver: "edu" });
    // Only with KVM; as many vCPUs as would need it QEMU refuses in software.
    if (value["eim"] === "on") return JSON.stringify({ ...value, eim: "off" });
    if (value["hugetlb"] !== true) return text;
    const hugetlb = !program.endsWith("aarch64");
    if (!hugetlb) delete value["hugetlbsize"];
    return JSON.stringify({ ...value, hugetlb, prealloc: false, reserve: false });
  });
}

async function started(plan: Plan, pci: PciForm, limits = qemu72): Promise<[Guest, Qemu]> {
  const guest = guestFromPlan(plan, { pci, limits });
  const firmware = guest.architecture === "x86_64" ? ("bios" as const) : ("efi" as const);
  const command = qemuCommand(guest, { emulated: true, firmware });
  return [guest, await startQemu(command.program, runnableArguments(command))];
}

/** A field of an object, or of an object within. */
function field(value: Value | undefined, ...names: readonly string[]): Value | undefined {
  const [name, ...deeper] = names;
  if (name === undefined) return value;
  if (value === null || typeof value !== "object" || isList(value)) return undefined;
  return field(value[name], ...deeper);
}

function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

const listOf = (value: Value): readonly Value[] => (isList(value) ? value : []);

async function expectAsPlanned(guest: Guest, { ask }: Qemu): Promise<void> {
  expect(await ask("query-name")).toEqual({ name: guest.name });
  expect(await ask("query-uuid")).toEqual({ UUID: guest.uuid });
  expect(await ask("query-status")).toMatchObject({ running: false });
  const policies = { strict: "bind", preferred: "preferred", interleave: "interleave" };
  // The monitor lists them in no order.
  const memdevs = new Map(
    listOf(await ask("query-memdev")).map((one) => [
      field(one, "id"),
      ["size", "policy", "host-nodes"].map((name) => field(one, name)),
    ]),
  );
  expect(memdevs).toEqual(
    new Map(
      guest.cells.map((cell) => [
        `ram-node${cell.id}`,
        [cell.memoryBytes, policies[cell.memoryPolicy], indices(setOf(cell.memoryNodes))],
      ]),
    ),
  );
  const cpus = listOf(await ask("query-cpus-fast"));
  const onNode = (node: number): string => {
    const own = cpus.filter((cpu) => field(cpu, "props", "node-id") === node);
    return formatList(indexSet(own.map((cpu) => Number(field(cpu, "cpu-index")))));
  };
  expect(guest.cells.map(({ id }) => onNode(id))).toEqual(guest.cells.map(({ cpus: own }) => own));
  const devices = devicePorts(guest.pci).flatMap(({ functions }) => functions);
  for (const [i, { function: fn }] of devices.entries()) {
    const addr = await ask("qom-get", {
      path: `/machine/peripheral/hostdev${i}`,
      property: "addr",
    });
    expect(addr).toBe(fn);
  }
}

const few = generatedPlans
  .map(here)
  .filter(({ cells }) => sumOf(cells, ({ vcpus }) => vcpus.length) <= 64);

test.skipIf(whyNot !== null)(
  "QEMU starts with the list as it is, and has what the plan says",
  async () => {
    await fc.assert(
      fc.asyncProperty(few, fc.constantFrom(...pciForms), async (plan, pci) => {
        const [guest, qemu] = await started(plan, pci);
        try {
          await expectAsPlanned(guest, qemu);
        } finally {
          await qemu.quit();
        }
      }),
      { numRuns: 40 },
    );
  },
  240_000,
);

/** What the guest's firmware has made of the tree once it numbers no more buses. */
async function enumerated({ ask }: Qemu): Promise<readonly PciFunction[]> {
  await ask("cont");
  for (let before = ""; ;) {
    await sleep(500);
    const now = JSON.stringify({ return: await ask("query-pci") });
    const found = pciFunctions(now);
    if (now === before && found.every(({ bridge }) => bridge === null || bridge.bus > 0)) {
      return found;
    }
    before = now;
  }
}

test.skipIf(whyNot !== null).each(["x86_64", "aarch64"])(
  "firmware of %s starts from the list, and finds every device where the guest's tree has it",
  async (architecture) => {
    // Of three devices on each of two cells the first is by itself, and the others share a switch.
    const cells = [1, 2].map((domain) => ({
      cores: 1,
      hostNode: 0,
      memory: [{ node: 0, bytes: 128 * MiB }],
      devices: [0, 1, 2].map((i) => ({
        address: `000${domain}:1${i}:00.0`,
        switches: i === 0 ? [] : [`000${domain}:0f:00.0`],
      })),
    }));
    const [guest, qemu] = await started(
      planOf({ architecture, threadsPerCore: 1, cells }),
      "switches",
    );
    try {
      const found = await enumerated(qemu);
      const planned = devicePorts(guest.pci).flatMap((port) => port.functions);
      const addresses = new Set(found.map(({ address }) => address));
      expect(planned.filter((fn) => !addresses.has(fn.guestAddress))).toEqual([]);
    } finally {
      await qemu.quit();
    }
  },
  120_000,
);

test.skipIf(whyNot !== null)("root ports say the links of their devices", async () => {
  const cells = [{ cores: 1, devices: linkedDevices.map(({ device }) => device) }];
  const [guest, qemu] = await started(here(planOf({ cells })), "ports");
  try {
    const monitor = async (line: string): Promise<string> => {
      const said = await qemu.ask("human-monitor-command", { "command-line": line });
      return typeof said === "string" ? said : "";
    };
    expect(await rootPortLinks(guest, monitor)).toEqual(linkedDevices.map(({ seen }) => seen));
  } finally {
    await qemu.quit();
  }
});

test.skipIf(whyNot !== null)("with interrupts for more vCPUs than 255 too", async () => {
  const plan = here(planOf({ cells: [{ cores: 2 }, { cores: 2 }] }));
  const [guest, qemu] = await started(plan, "ports", { ...qemu72, xapicVcpus: 4 });
  try {
    await expectAsPlanned(guest, qemu);
    const path = "/machine/peripheral/iommu0";
    expect(await qemu.ask("qom-get", { path, property: "intremap" })).toBe("on");
  } finally {
    await qemu.quit();
  }
});

test.skipIf(whyNot !== null)("with KVM, more than 255 vCPUs too", async (context) => {
  const own = process.arch === "x64" && existsSync("/dev/kvm");
  context.skip(!own, "this machine has no KVM for x86_64");
  const guest = guestFromPlan(here(planOf({ cells: [{ cores: 130 }, { cores: 6 }] })));
  const command = qemuCommand(guest, { firmware: "bios" });
  const starting = startQemu(command.program, command.arguments);
  const refused = await starting.then(
    () => "",
    (error: unknown) => String(error),
  );
  // KVM may be there and not able to set a vCPU up, as in some nested machines: QEMU ends by
  // itself.
  const unusable = /access KVM|initialize KVM|failed to set MSR|kvm_buf_set_msrs/i;
  context.skip(unusable.test(refused), "KVM cannot be used here");
  const qemu = await starting;
  try {
    await expectAsPlanned(guest, qemu);
  } finally {
    await qemu.quit();
  }
});

test.skipIf(whyNot !== null)("a shell gives back every argument as it was", async () => {
  for (const vm of ["a", `it's "quoted", $HOME \`id\` & more; \\ *?[~] #! {a,b}`, "Ünïcödé"]) {
    const plan = planOf({ cells: [{ cores: 1 }] });
    const command = qemuCommand(guestFromPlan({ ...plan, vm, host: vm }), {
      contractFile: `/run/${vm}, 1`,
      monitor: "/run/a b",
    });
    const text = shellText(command).replace(command.program, "printf '%s\\0'");
    const { stdout } = await promisify(execFile)("sh", ["-c", text]);
    expect(stdout.split("\0").slice(0, -1)).toEqual(command.arguments);
  }
});
