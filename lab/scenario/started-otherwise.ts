import type { Plan } from "@evenkeel/core/plan/plan.ts";
import type { FindingCode } from "@evenkeel/core/verify/verdict/finding-codes.ts";
import type { Verdict } from "@evenkeel/core/verify/verdict/verdict.ts";
import { formatBytes } from "@evenkeel/core/unit/bytes.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { attribute } from "@evenkeel/core/xml/element.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { altered, type Change, withAttributes } from "../machine/altered.ts";
import { keepingCores, planPath, runVm, stopVm, verdictOf } from "../machine/evenkeel.ts";
import { bootHost, type Host } from "../machine/host.ts";
import { startLibvirt } from "../machine/libvirt.ts";
import { twoByTwo } from "../machine/shape.ts";
import { words } from "../machine/words.ts";

/**
 * VMs that are started from an edited definition instead of the one that Evenkeel renders. As
 * rendered each holds, so every finding comes from the edit.
 */
let host: Host;
beforeAll(async () => {
  host = await bootHost(twoByTwo);
  await startLibvirt(host);
});
afterAll(() => host?.stop());

interface Edit {
  readonly name: string;
  /** @param buses the guest's buses that the devices are on. */
  readonly change: (buses: readonly string[]) => Change;
  /** Every finding, by the plan: code, subject, and the part of its text with the numbers. */
  readonly finds: (
    plan: Plan,
  ) => readonly (readonly [code: FindingCode, subject: string, found: string])[];
}

/** CPU 4 is on node 2, which no VM here uses. */
const away = { node: 2, cpus: "4" };

/** A cell's memory as findings write it. */
function memoryOf(
  { cells }: Plan,
  cell: number,
): { readonly size: string; readonly bytes: string } {
  const { memoryBytes } = at(cells, cell);
  return { size: formatBytes(memoryBytes), bytes: `(${memoryBytes} bytes)` };
}

const edits: readonly Edit[] = [
  {
    name: "no memory policy, and memory first touched on another node",
    change: () => (element) => {
      if (element.name === "numatune") return null;
      return element.name === "emulatorpin"
        ? withAttributes(element, { cpuset: away.cpus })
        : element;
    },
    finds: (plan) => [
      ...[0, 1].map((cell) => {
        const { size, bytes } = memoryOf(plan, cell);
        const text = `${size} elsewhere: 100.0 % on node ${away.node} ${bytes}`;
        return ["memory-off-node", `cell ${cell}`, text] as const;
      }),
      ["memory-policy", "cell 0", "default"],
      ["memory-policy", "cell 1", "default"],
      ["cpuset-shrunk", "cgroup ", `CPUs ${away.cpus}; ${plan.emulatorCpus} are missing`],
    ],
  },
  {
    name: "no vNUMA",
    change: () => (element, around) => {
      if (["numa", "memnode"].includes(element.name)) return null;
      return element.name === "page" && around.includes("hugepages") ? null : element;
    },
    finds: () => [["vnuma-missing", "the guest's nodes", "none"]],
  },
  {
    name: "4 KiB pages instead of huge ones",
    change: () => (element) => (element.name === "hugepages" ? null : element),
    finds: (plan) =>
      [0, 1].map((cell) => {
        const { size, bytes } = memoryOf(plan, cell);
        return ["page-size", `cell ${cell}`, `${size} ${bytes} in 4 KiB pages`] as const;
      }),
  },
];

/** Changes the devices' addresses in the guest; their host addresses are inside `source`. */
const replugged =
  (move: (bus: string) => Readonly<Record<string, string>>): Change =>
  (element, around) =>
    element.name === "address" && around.at(-1) === "hostdev"
      ? withAttributes(element, move(attribute(element, "bus") ?? ""))
      : element;

const deviceEdits: readonly Edit[] = [
  {
    name: "devices behind each other's expander buses",
    change: (buses) => replugged((bus) => ({ bus: buses.find((other) => other !== bus) ?? bus })),
    finds: ({ devices }) =>
      devices.map(
        ({ address, cell }) => ["device-node", address, `guest node ${1 - cell}`] as const,
      ),
  },
  {
    name: "a device straight on the root bus",
    change: ([first]) =>
      replugged((bus) => (bus === first ? { bus: "0x00", slot: "0x10" } : { bus })),
    finds: ({ devices }) => [["device-node", at(devices, 0).address, "no node (-1 in the guest)"]],
  },
];

describe.each([
  { vm: { name: "llm-a", accelerators: 0 }, its: edits },
  { vm: { name: "llm-b", accelerators: 2 }, its: deviceEdits },
])("a VM with $vm.accelerators accelerators", ({ vm, its }) => {
  let plan: Plan;
  let xml: string;

  /** Starts the VM from this definition just long enough to verify it. */
  async function verdictBy(definition: string): Promise<Verdict> {
    await host.write(`/tmp/${vm.name}.xml`, definition);
    await host.ok("virsh", ["create", `/tmp/${vm.name}.xml`]);
    try {
      return await verdictOf(host, plan);
    } finally {
      await host.ok("virsh", ["destroy", vm.name]);
    }
  }

  test("the plan holds for the VM that Evenkeel starts", async () => {
    const asked = { ...vm, vcpus: 2, memory: "128Mi" };
    const answer = await runVm(host, asked, await keepingCores(host));
    plan = answer.plan;
    await stopVm(host, vm.name);
    expect(answer.verdict).toMatchObject({ holds: true, findings: [] });
    expect(plan.cells.map(({ hostNode }) => hostNode)).toEqual([0, 1]);
    const as = words("--as", "libvirt", "--emulated", "--firmware", "bios");
    const rendered = await host.evenkeel("render", planPath(plan), ...as);
    expect([rendered.status, rendered.stderr]).toEqual([0, ""]);
    xml = rendered.stdout;
  });

  test.each(its)("$name", async ({ change, finds }) => {
    const buses: string[] = [];
    altered(
      xml,
      replugged((bus) => (buses.push(bus), {})),
    );
    const verdict = await verdictBy(altered(xml, change(buses)));
    const found = verdict.findings.filter(({ severity }) => severity === "error");
    const expected = finds(plan);
    for (const [code, subject, text] of expected) {
      const own = found.find((one) => one.code === code && one.subject.startsWith(subject));
      expect([code, own?.found]).toEqual([code, expect.stringContaining(text)]);
    }
    expect(found).toHaveLength(expected.length);
    expect(verdict.holds).toBe(false);
  });

  test("the plan holds again with the rendered definition", async () => {
    expect(await verdictBy(xml)).toMatchObject({ holds: true, findings: [] });
  });

  test("the VM can then be adopted", async () => {
    await host.write(`/tmp/${vm.name}.xml`, xml);
    await host.ok("virsh", ["create", `/tmp/${vm.name}.xml`]);
    const by = words("--plan", planPath(plan), "--output", "json");
    const adopted = await host.evenkeel("adopt", vm.name, ...by);
    expect([adopted.status, adopted.stderr]).toEqual([0, ""]);
    expect(JSON.parse(adopted.stdout)).toMatchObject({
      adopted: true,
      verdict: { holds: true, findings: [] },
    });
    await stopVm(host, vm.name);
    expect((await host.ok("virsh", words("list", "--all", "--name"))).trim()).toBe("");
  });
});
