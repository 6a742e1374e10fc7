import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { isSubset, unionAll } from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { planPath, stopVm, verdictOf } from "../machine/evenkeel.ts";
import { bootHost, evenkeelProgram, evenkeelWords, type Host } from "../machine/host.ts";
import { pidOf, startLibvirt } from "../machine/libvirt.ts";
import { guestPages, plannedPages, threadsOf } from "../machine/process.ts";
import { twoByTwo } from "../machine/shape.ts";
import { consoleDevice, guestReport, vmDocument } from "../machine/vm.ts";
import { words } from "../machine/words.ts";

/**
 * A VM over two nodes with an accelerator on each: planned, started, and checked against the
 * kernel.
 */
let host: Host;
let plan: Plan;
const console = "/var/log/libvirt/qemu/llm-a-console.log";

beforeAll(async () => {
  host = await bootHost(twoByTwo);
  await startLibvirt(host);
  const vm = { name: "llm-a", accelerators: 2, vcpus: 2, memory: "512Mi" };
  await host.write("/tmp/llm-a.json", vmDocument(vm));
  await host.write("/tmp/console.xml", consoleDevice(console));
});
afterAll(() => host?.stop());

test("it runs as planned, by Evenkeel's own verdict", async () => {
  const { status, stdout, stderr } = await host.run(
    evenkeelProgram,
    [
      ...evenkeelWords,
      ...words("run", "/tmp/llm-a.json", "--emulated", "--firmware", "bios", "--output", "json"),
      ...words("--with", "/tmp/console.xml"),
      ...words("--kernel", "/guest/vmlinux", "--initrd", "/guest/initrd"),
      ...words("--append", "console=ttyS0 quiet"),
    ],
    { timeoutMs: 500_000 },
  );
  // Nobody knows the links of the emulated devices that stand in for accelerators.
  const said = stderr
    .replaceAll(/\s+/g, " ")
    .split("note: ")
    .filter((note) => note !== "");
  expect(said).toEqual([expect.stringMatching(/^how fast or wide the link of .* is unknown: /)]);
  const answer = JSON.parse(stdout);
  plan = answer.plan;
  expect(answer).toMatchObject({
    phase: "running",
    verdict: { holds: true, findings: [] },
  });
  expect(status).toBe(0);
  expect(plan.cells.map(({ hostNode }) => hostNode)).toEqual([0, 1]);
});

test("every page of its memory is on its node, in huge pages", async () => {
  const pages = await guestPages(host, await pidOf(host, plan.vm));
  expect(pages).toEqual(plannedPages(plan));
});

test("every vCPU's thread may run only on its core, the other threads on the host's CPUs", async () => {
  const threads = await threadsOf(host, await pidOf(host, plan.vm));
  const vcpus = plan.cells.flatMap((cell) => cell.vcpus);
  for (const vcpu of vcpus) {
    const thread = threads.find(({ name }) => name.startsWith(`CPU ${vcpu.id}/`));
    expect([vcpu.id, thread?.cpus]).toEqual([vcpu.id, "cpu" in vcpu ? `${vcpu.cpu}` : vcpu.cpus]);
  }
  const kept = unionAll([plan.emulatorCpus, ...plan.iothreads.map(({ cpus }) => cpus)].map(setOf));
  const others = threads.filter(({ name }) => !name.startsWith("CPU "));
  expect(others.filter(({ cpus }) => !isSubset(setOf(cpus), kept))).toEqual([]);
});

test("the guest sees both accelerators on their nodes, the distances and the contract", async () => {
  const report = await guestReport(() => host.read(console).catch(() => ""), 900_000);
  await host.write("/tmp/report.txt", report);
  for (const [id, row] of (plan.distances ?? []).entries()) {
    expect(report).toMatch(new RegExp(`^node ${id} .* distances ${row.join(" ")}$`, "m"));
  }
  const accelerators = report.split("\n").filter((line) => line.includes("0x1234 device 0x11e8"));
  expect(accelerators.map((line) => / node (-?\d+)/.exec(line)?.[1])).toEqual(["0", "1"]);
  await host.write(planPath(plan), JSON.stringify(plan));
  // No cloud-init puts NCCL's file into this guest, and that is the only other finding.
  expect(await verdictOf(host, plan, ["--guest-report", "/tmp/report.txt"])).toMatchObject({
    holds: true,
    findings: [{ code: "nccl-file", severity: "info", found: expect.stringContaining("none") }],
  });
});

test("the line that its devices share may go anywhere, as it was never raised", async () => {
  const lines = (await host.read("/proc/interrupts")).split("\n");
  const own = lines.filter((line) => line.includes("vfio-intx("));
  const names = own.flatMap((line) => line.split(/  |, /).filter((part) => part.includes("vfio-")));
  expect(names.map((name) => name.trim()).toSorted()).toEqual(
    plan.devices.map(({ address }) => `vfio-intx(${address})`).toSorted(),
  );
  for (const line of own) expect(line).toMatch(/^ *\d+:(?: +0){8} /);
});

test("when it is stopped the host is as it was", async () => {
  await stopVm(host, "llm-a");
  expect((await host.ok("virsh", ["list", "--all", "--name"])).trim()).toBe("");
  for (const node of [0, 1]) {
    const folder = `/sys/devices/system/node/node${node}/hugepages/hugepages-2048kB`;
    expect((await host.read(`${folder}/free_hugepages`)).trim()).toBe("160");
  }
});
