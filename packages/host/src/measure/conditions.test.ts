import { expect, test } from "vitest";
import { memoryTree } from "../tree/memory-tree.ts";
import { machineConditions } from "./conditions.ts";

const clocks = "/sys/devices/system/clocksource/clocksource0/available_clocksource";

test.each([
  ["flags\t\t: fpu sse2\nmodel name\t: AMD EPYC 9654\n", "tsc hpet acpi_pm\n", "", false, false],
  ["flags\t\t: fpu hypervisor\nmodel name\t: AMD EPYC\n", "kvm-clock tsc\n", "QEMU", true, false],
  [
    "flags\t\t: fpu hypervisor\nmodel name\t: QEMU TCG CPU version 2.5+\n",
    "tsc\n",
    "QEMU",
    true,
    true,
  ],
  ["flags\t\t: fpu hypervisor\nmodel name\t: QEMU Virtual CPU\n", "tsc\n", "QEMU", true, null],
  ["flags\t\t: fpu hypervisor\nmodel name\t: Xeon\n", "tsc\n", "Amazon EC2", true, false],
  ["CPU implementer\t: 0x41\n", "arch_sys_counter\n", "", null, null],
  ["CPU implementer\t: 0x41\n", "arch_sys_counter\n", "QEMU", true, null],
])("%j with clocks %j of %j", (cpuinfo, clock, maker, isInGuest, isEmulated) => {
  const files = new Map([
    ["/proc/cpuinfo", cpuinfo],
    [clocks, clock],
    ["/sys/class/dmi/id/sys_vendor", maker],
  ]);
  const tree = memoryTree(files, new Map(), "test");
  expect(machineConditions(tree)).toEqual({ isInGuest, isEmulated });
});
