import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { renderings } from "@evenkeel/core/render/renderings.ts";
import { beforeAll, expect, test } from "vitest";
import { evenkeel } from "../../../testing/evenkeel.ts";

const folder = scratchFolder();

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

let plan = "";
beforeAll(async () => {
  const vm = file(
    "vm.yaml",
    `apiVersion: evenkeel/v1
kind: VirtualMachine
metadata: { name: llm-a, tenant: acme }
spec: { accelerators: { count: 2 }, nics: { count: 2 }, vcpus: 16, memory: 64Gi }
`,
  );
  const placed = await evenkeel(["place", vm, "--on", "machine:hgx-h100", "--output", "json"]);
  expect(placed.status).toBe(0);
  plan = file("plan.json", placed.stdout);
});

const render = (...args: readonly string[]) => evenkeel(["render", plan, ...args]);

test.each(renderings)(
  "a plan of the catalog is rendered as %s in both forms of its PCI tree",
  async (as) => {
    for (const pci of ["ports", "switches"]) {
      const { stdout, stderr, status } = await render("--as", as, "--pci", pci);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout.length).toBeGreaterThan(100);
    }
  },
);

test("for programs there are QEMU's list with its pins, KubeVirt's manifest, and the contract", async () => {
  const json = async (as: string): Promise<unknown> =>
    JSON.parse((await render("--as", as, "--output", "json")).stdout);
  expect(await json("qemu")).toMatchObject({
    program: "qemu-system-x86_64",
    threads: { vcpus: expect.arrayContaining([expect.objectContaining({ id: 15 })]) },
  });
  expect(await json("kubevirt")).toMatchObject({ virtualMachine: { kind: "VirtualMachine" } });
  expect(await json("contract")).toMatchObject({ kind: "GuestContract", vm: "llm-a" });
  expect(await render("--as", "nccl", "--output", "json")).toMatchObject({ status: 2 });
});

test("a rendered file passes, and what is wrong in another ends with 3", async () => {
  const { stdout } = await render("--as", "nccl");
  const own = file("own.xml", stdout);
  expect(await render("--as", "nccl", "--lint", own)).toEqual({
    stdout: `${own}: as the plan promises\n`,
    stderr: "",
    status: 0,
  });
  // Below the device's own switch there, and not in the form that the file was made for.
  expect(await render("--as", "nccl", "--lint", own, "--pci", "switches")).toMatchObject({
    status: 3,
  });
  const slow = file("slow.xml", stdout.replace('link_speed="32.0', 'link_speed="2.5'));
  const found = await render("--as", "nccl", "--lint", slow, "--output", "json");
  expect(found.status).toBe(3);
  expect(JSON.parse(found.stdout)).toMatchObject({ findings: [{ code: "nccl-link-slow" }] });
});

test.each([
  [["--as", "libvirt", "--lint", "x.xml"], "a rendering as libvirt cannot be linted"],
  [["--as", "qemu", "--for", "qemu=6.2"], "the limits of qemu 6.2 are unknown"],
  [["--as", "libvirt", "--output", "json"], "a rendering as libvirt is plain text"],
])("%j is refused", async (args, message) => {
  const { stdout, stderr, status } = await render(...args);
  expect({ stdout, status }).toEqual({ stdout: "", status: 2 });
  expect(stderr).toContain(message);
});
