import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunAnswer, runVm, stopVm, verdictOf } from "../machine/evenkeel.ts";
import { bootHost, type Host } from "../machine/host.ts";
import { guestPages, plannedPages } from "../machine/process.ts";
import { twoByTwo } from "../machine/shape.ts";
import { defaultState, snapshot } from "../machine/snapshot.ts";
import { guestReport } from "../machine/vm.ts";
import { words } from "../machine/words.ts";

/**
 * A VM over two nodes with an accelerator on each, by QEMU without libvirt, which does not run
 * here.
 */
let host: Host;
let answer: RunAnswer;
let before: string;
const vm = { name: "llm-a", accelerators: 2, vcpus: 2, memory: "512Mi" };

beforeAll(async () => {
  host = await bootHost(twoByTwo);
  // Folders that only the first start creates exist before the snapshot.
  await runVm(host, vm, words("--via", "qemu"));
  await stopVm(host, vm.name);
  before = await snapshot(host);
});
afterAll(() => host?.stop());

test("it runs as planned, each cell's memory on its node", async () => {
  answer = await runVm(host, vm, [
    ...words("--via", "qemu", "--kernel", "/guest/vmlinux", "--initrd", "/guest/initrd"),
    ...words("--append", "console=ttyS0 quiet"),
  ]);
  expect(answer).toMatchObject({ phase: "running", verdict: { holds: true, findings: [] } });
  const { plan } = answer;
  expect(plan.cells.map(({ hostNode }) => hostNode)).toEqual([0, 1]);
  const pid = Number(await host.read(`${defaultState}/run/${answer.uuid}/pid`));
  expect(await guestPages(host, pid)).toEqual(plannedPages(plan));
});

test("its guest sees what the plan promises", async () => {
  let printed = "";
  // Each call prints what is new.
  const readConsole = async (): Promise<string> =>
    (printed += (await host.evenkeel("console", vm.name)).stdout);
  await host.write("/tmp/report.txt", await guestReport(readConsole, 900_000));
  const verdict = await verdictOf(host, answer.plan, ["--guest-report", "/tmp/report.txt"]);
  // No cloud-init puts NCCL's file into this guest, and that is the only finding.
  expect(verdict).toMatchObject({
    scope: "guest",
    holds: true,
    findings: [{ code: "nccl-file", severity: "info" }],
  });
});

test("when it is stopped the host is as it was", async () => {
  await stopVm(host, vm.name);
  expect(await snapshot(host)).toBe(before);
});
