import type { HypervisorLimits } from "@evenkeel/core/guest/limits.ts";
import { qemu72 } from "@evenkeel/core/guest/limits.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Libvirtd, START_TIMEOUT_MS, startLibvirtd } from "./libvirtd.ts";
import { whyNot } from "./programs.ts";
import { runnable } from "./stand-ins.ts";

if (whyNot !== null) console.warn(`skipping the hypervisor's own limits: ${whyNot}`);
let libvirtd: Libvirtd | null = null;
beforeAll(async () => {
  if (whyNot === null) libvirtd = await startLibvirtd();
}, START_TIMEOUT_MS);
afterAll(() => libvirtd?.stop());

/** What libvirt or QEMU says of a guest beyond our limits, or null when they run it after all. */
async function refusal(plan: Plan, limits: HypervisorLimits): Promise<string | null> {
  if (libvirtd === null) throw new Error("libvirtd is not running");
  const { virsh, file } = libvirtd;
  const firmware = plan.architecture === "x86_64" ? "bios" : "efi";
  const [guest, xml] = runnable(plan, { firmware, limits }, () => ({ driver: "edu" }));
  const path = await file("domain.xml", xml);
  const failure = await virsh("create", "--paused", path).then(
    () => null,
    (error: unknown) => String(error),
  );
  if (failure === null) await virsh("destroy", guest.name);
  return failure;
}

const cells = (count: number, cores: number, architecture = "x86_64"): Plan =>
  planOf({
    architecture,
    threadsPerCore: 1,
    cells: Array.from({ length: count }, (_, node) => ({
      cores,
      memory: [{ node, bytes: 8 * MiB }],
    })),
  });

const anything: HypervisorLimits = {
  ...qemu72,
  cells: 1000,
  vcpus: { x86_64: 1000, aarch64: 1000 },
  portsPerExpander: 64,
};

test.skipIf(whyNot !== null)(
  "one node more than our limit is refused, and the limit is not",
  async () => {
    expect(await refusal(cells(qemu72.cells, 1), anything)).toBeNull();
    expect(await refusal(cells(qemu72.cells + 1, 1), anything)).toContain(
      "Max number of NUMA nodes",
    );
  },
);

test.skipIf(whyNot !== null)("so is one vCPU more", async () => {
  const { x86_64: q35, aarch64: virt } = qemu72.vcpus;
  const limit = "Maximum CPUs greater than specified machine type limit";
  expect(await refusal(cells(1, q35 + 1), anything)).toContain(`${limit} ${q35}`);
  expect(await refusal(cells(1, virt + 1, "aarch64"), anything)).toContain(`${limit} ${virt}`);
  expect(await refusal(cells(1, qemu72.xapicVcpus), anything)).toBeNull();
  const narrow = { ...qemu72, xapicVcpus: qemu72.vcpus.x86_64 };
  expect(await refusal(cells(1, qemu72.xapicVcpus + 1), narrow)).toContain("more than 255 vCPUs");
});

test.skipIf(whyNot !== null)("so is one port more on a bus", async () => {
  const plan = planOf({
    cells: [
      {
        cores: 1,
        devices: Array.from({ length: qemu72.portsPerExpander + 1 }, (_, i) => ({
          address: `0000:${(i + 16).toString(16)}:00.0`,
        })),
      },
    ],
  });
  expect(await refusal(plan, anything)).toContain(
    "Invalid PCI address slot='0x20', must be <= 0x1F",
  );
});

test.skipIf(whyNot !== null)("a distance that we change is one that libvirt refuses", async () => {
  if (libvirtd === null) throw new Error("libvirtd is not running");
  const plan = planOf({
    cells: [{ cores: 1 }, { cores: 1 }],
    distances: [
      [10, 11],
      [11, 10],
    ],
  });
  const [, xml] = runnable(plan, { firmware: "bios" }, () => ({ driver: "edu" }));
  const path = await libvirtd.file("near.xml", xml.replaceAll("value='11'", "value='10'"));
  // libvirt 9.0 says "'value 10' is invalid for 'sibling id 1' under NUMA 'cell id 0'". Now and
  // then it loses the end of that sentence, or crashes over it: it never takes the definition.
  await expect(libvirtd.virsh("define", path)).rejects.toThrow(
    /'value 10' is invalid|End of file while reading data/,
  );
});
