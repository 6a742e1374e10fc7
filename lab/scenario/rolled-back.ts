import { afterAll, beforeAll, expect, test } from "vitest";
import { runVm, stopVm, tryRun } from "../machine/evenkeel.ts";
import { bootHost, type Host } from "../machine/host.ts";
import { restartLibvirt, startLibvirt } from "../machine/libvirt.ts";
import { twoByTwo } from "../machine/shape.ts";
import { snapshot } from "../machine/snapshot.ts";
import { whenStarting } from "../machine/upset.ts";
import { words } from "../machine/words.ts";

/** A start that fails halfway, with devices bound and memory taken, leaves the host as it was. */
let host: Host;
const vm = { name: "llm-a", accelerators: 2, vcpus: 2, memory: "128Mi" };
const smallDisk = "/mnt/small";

beforeAll(async () => {
  host = await bootHost(twoByTwo);
  await startLibvirt(host);
  await host.ok("mkdir", ["-p", smallDisk]);
  await host.ok("mount", [...words("-t", "tmpfs", "-o", "size=1M,mode=0700"), "small", smallDisk]);
  // Files that only the first start creates, such as the state folder, exist before the snapshot.
  for (const more of [[], ["--state", smallDisk]]) {
    await runVm(host, vm, more);
    await stopVm(host, vm.name, more);
  }
});
afterAll(() => host?.stop());

/** Starts the VM, runs the command in the middle, and returns the start's result. */
async function upset(command: string, more: readonly string[] = []) {
  const [outcome, done] = await Promise.all([
    tryRun(host, vm, more),
    whenStarting(host, vm.name, command),
  ]);
  expect([done.status, done.stderr]).toEqual([0, ""]);
  const { error } = JSON.parse(
    outcome.stderr.split("\n").find((line) => line.startsWith("{")) ?? "{}",
  );
  return { status: outcome.status, code: error?.code };
}

test.each(["libvirt", "qemu"])("QEMU killed while %s starts it", async (via) => {
  const before = await snapshot(host);
  const { status, code } = await upset('kill -KILL "$pid"', ["--via", via]);
  expect([status, code]).toEqual([2, "hypervisor-failed"]);
  expect(await snapshot(host)).toBe(before);
});

test("libvirt killed while it starts a VM, and restarted", async () => {
  const before = await snapshot(host);
  const { code } = await upset('kill -KILL "$(cat /run/libvirtd.pid)"');
  expect(code).toBe("hypervisor-failed");
  // Without libvirt nothing can be undone; once it runs again, a command that changes VMs does it.
  await restartLibvirt(host);
  const listed = await host.evenkeel("list", "--output", "json");
  expect(listed.stderr).toContain(vm.name);
  await stopVm(host, vm.name);
  const after = await host.evenkeel("list", "--output", "json");
  expect(JSON.parse(after.stdout)).toMatchObject({ vms: [] });
  expect(await snapshot(host)).toBe(before);
});

test("a state folder on a disk that fills up", async () => {
  const before = await snapshot(host, smallDisk);
  const fill = `dd if=/dev/zero of=${smallDisk}/fill bs=4k 2>/dev/null; true`;
  const { code } = await upset(fill, ["--state", smallDisk]);
  await host.ok("rm", [`${smallDisk}/fill`]);
  expect(code).toBe("state-unusable");
  expect(await snapshot(host, smallDisk)).toBe(before);
});

test("undisturbed it runs, and stops", async () => {
  const before = await snapshot(host);
  const { verdict } = await runVm(host, vm);
  expect(verdict).toMatchObject({ holds: true, findings: [] });
  await stopVm(host, vm.name);
  expect(await snapshot(host)).toBe(before);
});
