import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readDocument } from "@evenkeel/contract/read-document.ts";
import { contractOf } from "@evenkeel/core/guest/contract/from-guest.ts";
import { guestFromPlan } from "@evenkeel/core/guest/from-plan.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { contractFile } from "@evenkeel/host/guest-check/contract-file.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";
import { evenkeel } from "../../../testing/evenkeel.ts";

const plan = planOf({
  cells: [{ cores: 1, devices: [{ address: "0000:1b:00.0" }] }, { cores: 1 }],
  distances: [
    [10, 21],
    [21, 10],
  ],
});
const contract = contractOf(guestFromPlan(plan));
const [device] = contract.devices;

/** A guest that sees what its contract promises, but for what is given otherwise. */
function guest(otherwise: Readonly<Record<string, string | null>> = {}): string {
  const folder = scratchFolder();
  const files: Record<string, string | null> = { [contractFile]: JSON.stringify(contract) };
  for (const { id, vcpus, memoryBytes, distances } of contract.cells) {
    const node = `/sys/devices/system/node/node${id}`;
    files[`${node}/cpulist`] = `${vcpus}\n`;
    files[`${node}/distance`] = `${distances?.join(" ")}\n`;
    files[`${node}/meminfo`] = `Node ${id} MemTotal: ${memoryBytes / 1024 - 70_000} kB\n`;
  }
  const pci = `/sys/bus/pci/devices/${device?.address}`;
  Object.assign(files, {
    [`${pci}/class`]: "0x030200\n",
    [`${pci}/vendor`]: "0x10de\n",
    [`${pci}/device`]: "0x2330\n",
    [`${pci}/numa_node`]: "0\n",
    ...otherwise,
  });
  for (const [path, text] of Object.entries(files)) {
    if (text === null) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

test("a guest that sees what it was promised says so", async () => {
  const { stdout, stderr, status } = await evenkeel(["guest", "check", "--root", guest()]);
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("The plan of llm-a holds");
  // NCCL's file is not there, and that is told without counting.
  expect(stdout).toContain("info nccl-file");
});

const pci = `/sys/bus/pci/devices/${device?.address}`;

test.each([
  ["device-node", { [`${pci}/numa_node`]: "-1\n" }],
  ["device-missing", { [`${pci}/class`]: null }],
  ["vnuma-distances", { "/sys/devices/system/node/node1/distance": "20 10\n" }],
  ["vnuma-cells", { "/sys/devices/system/node/node1/cpulist": "2\n" }],
] as const)("%s is found from within", async (code, otherwise) => {
  const argv = ["guest", "check", "--output", "json", "--root", guest(otherwise)];
  const { stdout, status } = await evenkeel(argv);
  const { findings, holds } = readDocument(stdout, "stdout", "Verdict");
  expect([status, holds]).toEqual([3, false]);
  expect(findings[0]).toMatchObject({ code, layer: "guest", severity: "error" });
});

test("without a contract there is nothing to check, unless it comes as a file", async () => {
  const root = guest({ [contractFile]: null });
  const none = await evenkeel(["guest", "check", "--root", root]);
  expect(none.status).toBe(2);
  expect(none.stderr).toContain("modprobe qemu_fw_cfg");
  const given = ["guest", "check", "--root", root, "--contract", "-"];
  expect((await evenkeel(given, { stdin: JSON.stringify(contract) })).status).toBe(0);
});

test("a report is a document, and the script is one that shells take", async () => {
  const { stdout, status } = await evenkeel(["guest", "report", "--root", guest()]);
  expect([status, readDocument(stdout, "stdout", "GuestReport").nodes?.length]).toEqual([0, 2]);
  expect((await evenkeel(["guest", "script"])).stdout).toMatch(/^#!\/bin\/sh\n/);
  const wrong = await evenkeel(["guest", "chek"]);
  expect([wrong.status, wrong.stderr.includes("did you mean check?")]).toEqual([2, true]);
});
