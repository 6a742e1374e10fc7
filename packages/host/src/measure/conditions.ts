import type { CalibrationConditions } from "@evenkeel/core/calibration/calibration.ts";
import type { Tree } from "../tree/tree.ts";

/**
 * Whether this machine is a guest, and whether its CPUs are emulated, as far as it tells: the flag
 * `hypervisor` of x86, which every hypervisor sets, and elsewhere what firmware says who made it.
 * QEMU's emulation names itself in the CPU's model; a clock that only a hypervisor with real CPUs
 * has says the opposite.
 */
export function machineConditions(
  tree: Tree,
): Pick<CalibrationConditions, "isInGuest" | "isEmulated"> {
  const cpuinfo = tree.readText("/proc/cpuinfo") ?? "";
  const flags = /^flags\s*: (.*)$/m.exec(cpuinfo)?.[1]?.split(" ") ?? null;
  const maker = tree.readText("/sys/class/dmi/id/sys_vendor") ?? "";
  const isInGuest =
    flags === null ? (virtualMakers.test(maker) ? true : null) : flags.includes("hypervisor");
  const model = /^model name\s*: (.*)$/m.exec(cpuinfo)?.[1] ?? "";
  if (/\bTCG\b/.test(model)) return { isInGuest: true, isEmulated: true };
  const clocks =
    tree.readText("/sys/devices/system/clocksource/clocksource0/available_clocksource") ?? "";
  const isReal = isInGuest === false || /kvm-clock|hyperv|xen/.test(clocks);
  return {
    isInGuest,
    isEmulated: isReal ? false : isInGuest === null ? null : unknownIfQemu(maker),
  };
}

const virtualMakers = /QEMU|KVM|VMware|Xen|Microsoft|Amazon EC2|Google|innotek|Parallels/i;

/** QEMU alone emulates CPUs; it may also run real ones without a clock of their own. */
function unknownIfQemu(maker: string): false | null {
  return maker !== "" && !/QEMU/i.test(maker) ? false : null;
}
