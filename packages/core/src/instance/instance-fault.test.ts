import { expect, test } from "vitest";
import { planOf } from "../../testing/guest/plan-of.ts";
import { guestUuid } from "../guest/name.ts";
import { functionsOf } from "../plan/plan.ts";
import type { Instance } from "./instance.ts";
import { instanceFault } from "./instance-fault.ts";

const [address, more] = ["0000:1b:00.0", "0000:1c:00.0"];
const plan = planOf({ vm: "llm-a", cells: [{ cores: 1, devices: [{ address }] }] });
const driver = { address, driver: "nvidia", override: null };
const process = { pid: 7, startTicks: 7, uid: 0, executable: "/usr/bin/qemu-system-x86_64" };

const alone: Instance = {
  apiVersion: "evenkeel/v1",
  kind: "Instance",
  name: "llm-a",
  uuid: guestUuid("llm-a", null),
  plan,
  via: "qemu",
  uri: null,
  phase: "running",
  process,
  adopted: false,
  startedAt: "2026-01-31T12:00:00.000Z",
  drivers: [driver],
};
const ofLibvirt: Instance = { ...alone, via: "libvirt", uri: "qemu:///system", process: null };
const uuid = "00000000-0000-4000-8000-000000000000";
const adopted: Instance = { ...ofLibvirt, adopted: true, uuid, drivers: [] };

test.each([
  ["of QEMU alone", alone],
  ["of QEMU alone that is starting", { ...alone, process: null }],
  ["of libvirt", ofLibvirt],
  ["that is adopted", adopted],
])("an instance %s has no fault", (_, instance) => {
  expect(functionsOf(plan.devices[0] ?? expect.fail())).toEqual([address]);
  expect(instanceFault(instance)).toBeNull();
});

test.each<readonly [string, Instance, string]>([
  ["another name", { ...alone, name: "llm-b" }, "name or UUID"],
  ["another UUID", { ...alone, uuid }, "name or UUID"],
  ["another name, adopted", { ...adopted, name: "llm-b" }, "name or UUID"],
  ["a process of libvirt", { ...ofLibvirt, process }, "a process of libvirt"],
  ["an adopted VM of QEMU alone", { ...alone, adopted: true, drivers: [] }, "adopted and runs by"],
  ["a libvirt of QEMU alone", { ...alone, uri: "qemu:///system" }, "names a libvirt"],
  ["a driver of no device", { ...alone, drivers: [{ ...driver, address: more }] }, more],
  ["a driver of an adopted VM", { ...adopted, drivers: [driver] }, address],
  ["two drivers of a device", { ...alone, drivers: [driver, driver] }, "two drivers"],
])("%s is a fault", (_, instance, words) => {
  expect(instanceFault(instance)?.message).toContain(words);
});
