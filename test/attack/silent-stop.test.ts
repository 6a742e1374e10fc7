import { spawnSync } from "node:child_process";
import { evenkeel } from "@evenkeel/cli/testing/evenkeel.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import {
  deadLibvirt,
  emulatorStandIn,
  jumpingClock,
  qemuInstance,
  testHost,
} from "@evenkeel/host/testing/vm-host.ts";
import { stopVm } from "@evenkeel/host/vm/stop.ts";
import { dirname } from "node:path";
import { expect, test } from "vitest";

/** A guest ignores its power button, and the command that waits for it looks as if it hung. */

const there = qemuInstance(planOf({ vm: "llm-a", tenant: "acme", cells: [{ cores: 1 }] }));

test("a stop that waits says so once, on standard error, with how to force it", async () => {
  const host = await testHost();
  await host.state.write(there);
  await emulatorStandIn(there, host);
  const stop = await evenkeel(
    ["stop", "llm-a", "--timeout", "2", "--state", dirname(host.folder)],
    { env: { LIBVIRT_DEFAULT_URI: deadLibvirt }, terminal: 10_000 },
  );
  expect(stop.stderr).toBe(
    "note: acme_llm-a was asked to shut down; this waits up to 2 s for it, and then it is left " +
      "running; to end it at once, interrupt this and run " +
      "evenkeel stop acme_llm-a --timeout 0 --force\n",
  );
  expect(stop.status).toBe(3);
});

test("it says whether the guest is ended after its time", async () => {
  const host = await testHost();
  await host.state.write(there);
  await emulatorStandIn(there, host);
  const argv = ["stop", "llm-a", "--timeout", "2", "--force", "--state", dirname(host.folder)];
  const { stdout, stderr } = await evenkeel(argv, {
    env: { LIBVIRT_DEFAULT_URI: deadLibvirt },
    terminal: 10_000,
  });
  expect(stderr).toContain("this waits up to 2 s for it, and then it is ended;");
  expect(stdout).toBe("acme_llm-a did not shut down in time and was ended\n");
});

test("one that need not wait says nothing", async () => {
  const host = await testHost();
  await host.state.write(there);
  await stopVm("llm-a", { timeoutMs: 120_000, force: false }, host);
  expect(host.said.filter(({ kind }) => kind === "waiting")).toEqual([]);
});

const testDriver = "test:///default";
const program = "virsh";
const hasLibvirt = spawnSync(program, ["--connect", testDriver, "version"]).status === 0;

test.skipIf(!hasLibvirt)("a VM that runs again after each end does not hold a stop", async () => {
  // libvirt's test driver forgets with each connection that the VM was ended.
  const uuid = spawnSync(program, ["--connect", testDriver, "domuuid", "test"], {
    encoding: "utf8",
  }).stdout.trim();
  const host = await testHost({ libvirtUri: testDriver, clock: jumpingClock() });
  await host.state.write({ ...there, uuid, adopted: true, via: "libvirt", uri: testDriver });
  const stopped = stopVm("llm-a", { timeoutMs: 0, force: true }, host);
  await expect(stopped).rejects.toMatchObject({
    code: "hypervisor-failed",
    message: expect.stringContaining("it is running again"),
  });
});
