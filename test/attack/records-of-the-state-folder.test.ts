import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { evenkeel } from "@evenkeel/cli/testing/evenkeel.ts";
import { parseInstance } from "@evenkeel/contract/instance.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { openState } from "@evenkeel/host/state/state-folder.ts";
import { codedError } from "@evenkeel/host/testing/expect-error.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import {
  deadLibvirt,
  emulatorStandIn,
  qemuInstance,
  testHost,
} from "@evenkeel/host/testing/vm-host.ts";
import { restoreDrivers } from "@evenkeel/host/vfio/drivers.ts";
import { symlinkSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

/**
 * A record in the state folder names what root commands act on: a libvirt, a process, PCI functions
 * and their drivers. A fault of the disk, of another program or of an older version may have
 * changed any of it.
 */

const gpu = "ffff:1b:00.0";
const audio = "ffff:1b:00.1";
const nic = "ffff:2b:00.0";
const devices = [{ address: gpu, companions: [audio] }];
const plan = planOf({ vm: "llm-a", cells: [{ cores: 1, devices }] });
const good = qemuInstance(plan, {
  drivers: [gpu, audio].map((address) => ({ address, driver: "nvidia", override: null })),
});
const beside = qemuInstance(planOf({ vm: "llm-b", cells: [{ cores: 1 }] }));
const uuid = "0f0e0d0c-0b0a-4908-8706-050403020100";
const adopted: Instance = { ...good, via: "libvirt", adopted: true, drivers: [], uuid };
const driverOf = (address: string, driver: string | null, override: string | null = null) => ({
  ...good,
  drivers: [{ address, driver, override }],
});

/** A state folder with records that nothing has checked before they were written. */
function place(...records: readonly Instance[]) {
  const folder = join(scratchFolder(), "state");
  mkdirSync(join(folder, "vms"), { recursive: true, mode: 0o700 });
  for (const record of records) {
    writeFileSync(join(folder, "vms", `${record.name}.json`), JSON.stringify(record));
  }
  const run = (libvirtUri: string, ...argv: readonly string[]) =>
    evenkeel([...argv, "--state", folder], { env: { LIBVIRT_DEFAULT_URI: libvirtUri } });
  return { folder, run };
}

test("a record as a start or an adoption makes it is taken", async () => {
  const { run } = place(good, beside);
  expect(await run(deadLibvirt, "list")).toMatchObject({ stderr: "", status: 0 });
  expect(await place(adopted).run(deadLibvirt, "list")).toMatchObject({ status: 0 });
  // Records from before adoption and processes were recorded lack these.
  const { adopted: _, process: __, ...old } = good;
  expect(parseInstance(JSON.stringify(old), "old")).toEqual(good);
});

const faulty: Readonly<Record<string, Instance>> = {
  "a function that is not in the plan": driverOf(nic, "nvme"),
  "a function twice": { ...good, drivers: [...good.drivers, ...good.drivers.slice(0, 1)] },
  "a driver with a dot": driverOf(gpu, "a..b"),
  "a driver that is a path": driverOf(gpu, "../../../etc"),
  "a driver of 65 characters": driverOf(gpu, "a".repeat(65)),
  "an override that is a path": driverOf(gpu, null, "vfio/pci"),
  "an override of two lines": driverOf(gpu, null, "vfio-pci\nnvidia"),
  "another VM's name": { ...good, name: "llm-b" },
  "another VM's UUID": { ...good, uuid: beside.uuid },
  "a libvirt although it runs by QEMU alone": { ...good, uri: "qemu:///system" },
  "an adopted VM of QEMU alone, with any UUID": { ...adopted, via: "qemu" },
  "drivers of an adopted VM": { ...adopted, drivers: good.drivers },
  "a process of a VM of libvirt": {
    ...adopted,
    process: { pid: 1, startTicks: 1, uid: 0, executable: "/sbin/init" },
  },
};

describe.each(Object.entries(faulty))("%s", (_, record) => {
  test("is a damaged record: named, not acted on, and it hides no other", async () => {
    const { folder, run } = place({ ...record, name: "llm-a" }, beside);
    if (record.name !== "llm-a") {
      writeFileSync(join(folder, "vms", "llm-a.json"), JSON.stringify(record));
    }
    const path = join(folder, "vms", "llm-a.json");
    const listed = await run(deadLibvirt, "list");
    expect(listed.stdout).toContain("llm-b");
    expect(listed.stdout).not.toContain("llm-a");
    expect(listed.stderr).toContain(`${path}: cannot be used: `);
    expect(listed.status).toBe(2);
    const stopped = await run(deadLibvirt, "stop", "llm-a", "--timeout", "0", "--force");
    expect(stopped.status).toBe(2);
    expect(existsSync(path)).toBe(true);
    expect(await run(deadLibvirt, "stop", "llm-b")).toMatchObject({ status: 0 });
  });
});

test("a record that could not be read back is not written", async () => {
  const folder = scratchFolder();
  const state = await openState(folder, parseInstance);
  await codedError("document-invalid", () => state.write(driverOf(gpu, "a..b")));
  expect(readdirSync(join(folder, "vms"))).toEqual([]);
});

describe("the libvirt of a record", () => {
  const at = (uri: string): Instance => ({ ...good, drivers: [], via: "libvirt", uri });

  test("is never a program or another machine", async () => {
    const marks = scratchFolder();
    const [program, ran] = [join(marks, "program"), join(marks, "ran")];
    writeFileSync(program, `#!/bin/sh\n: > ${ran}\n`, { mode: 0o755 });
    for (const uri of [
      `qemu+ext:///system?command=${program}`,
      "qemu+ssh://elsewhere/system",
      "qemu:///system?socket=/tmp/other",
      "qemu+unix:///system",
      "test:///default",
      "QEMU:///system",
      " qemu:///system",
    ]) {
      const { run } = place(at(uri), beside);
      for (const argv of [["list"], ["verify", "llm-a"], ["stop", "llm-a", "--timeout", "0"]]) {
        const { stdout, stderr } = await run(deadLibvirt, ...argv);
        expect(stderr, uri).toContain("it names the libvirt ");
        expect(stdout, uri).not.toContain("llm-a");
      }
    }
    expect(existsSync(ran)).toBe(false);
  });

  test("is one that the caller has chosen by the same text", async () => {
    const { run } = place(at("test:///default"));
    expect(await run("test:///default", "list")).toMatchObject({ status: 0 });
    expect((await run("test:///default", "list")).stdout).toContain("llm-a");
    const { stderr, status } = await run("test:///default?", "list");
    expect(stderr).toContain("or the same URI in LIBVIRT_DEFAULT_URI");
    expect(status).toBe(2);
  });

  test("is libvirt's own on this machine", async () => {
    const folder = join(scratchFolder(), "state");
    const state = await openState(folder, parseInstance);
    for (const uri of ["qemu:///system", "qemu:///session", null]) {
      await state.write({ ...at(""), uri });
      expect(state.read()).toMatchObject({ instances: [{ uri }], damaged: [] });
    }
  });
});

test("an adopted VM with the UUID of another is damaged, and the other is not", async () => {
  const { folder, run } = place({ ...adopted, uuid: beside.uuid }, beside);
  const { stdout, stderr } = await run(deadLibvirt, "list");
  expect(stdout).toContain("llm-b");
  expect(stderr).toContain(`${join(folder, "vms", "llm-a.json")}: cannot be used`);
  expect(stderr).toContain("it has the UUID of llm-b");
});

test("a process that is recorded for a VM and does not name its UUID is not ended", async () => {
  const host = await testHost();
  const emulator = await emulatorStandIn(good, host);
  const [recorded] = host.state.read().instances;
  if (recorded === undefined) throw new Error("the stand-in is not recorded");
  await host.state.remove(recorded);
  const { folder, run } = place({ ...beside, process: recorded.process });
  expect(await run(deadLibvirt, "stop", "llm-b", "--timeout", "0", "--force")).toMatchObject({
    stdout: "llm-b is stopped\n",
  });
  expect(readdirSync(join(folder, "vms"))).toEqual([]);
  expect([emulator.exitCode, emulator.signalCode]).toEqual([null, null]);
});

test("a function that somebody bound to a third driver meanwhile is left alone", () => {
  const bus = scratchFolder();
  const device = join(bus, "devices", gpu);
  mkdirSync(device, { recursive: true });
  writeFileSync(join(device, "driver_override"), "nouveau\n");
  for (const driver of ["nouveau", "nvidia"]) {
    mkdirSync(join(bus, "drivers", driver), { recursive: true });
    for (const file of ["bind", "unbind"]) writeFileSync(join(bus, "drivers", driver, file), "");
  }
  symlinkSync(join(bus, "drivers", "nouveau"), join(device, "driver"));
  restoreDrivers(good.drivers.slice(0, 1), bus);
  expect(readFileSync(join(bus, "drivers", "nouveau", "unbind"), "utf8")).toBe("");
  expect(readFileSync(join(bus, "drivers", "nvidia", "bind"), "utf8")).toBe("");
  expect(readFileSync(join(device, "driver_override"), "utf8")).toBe("nouveau\n");
});
