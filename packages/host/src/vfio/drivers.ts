import { existsSync, readlinkSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { DriverBefore } from "@evenkeel/core/instance/instance.ts";

/** The PCI bus in /sys. Tests have one of their own. */
const usualBus = "/sys/bus/pci";

/** The current drivers of functions. A function that does not exist is left out. */
export function readDrivers(
  addresses: readonly string[],
  bus: string = usualBus,
): readonly DriverBefore[] {
  return addresses.flatMap((address) => {
    if (!existsSync(`${bus}/devices/${address}`)) return [];
    return [{ address, driver: driverOf(bus, address), override: overrideOf(bus, address) }];
  });
}

function driverOf(bus: string, address: string): string | null {
  try {
    return basename(readlinkSync(`${bus}/devices/${address}/driver`));
  } catch {
    return null;
  }
}

/** The override of a function. The kernel writes `(null)` for none. */
function overrideOf(bus: string, address: string): string | null {
  try {
    const text = readFileSync(`${bus}/devices/${address}/driver_override`, "utf8").trim();
    return text === "" || text === "(null)" ? null : text;
  } catch {
    return null;
  }
}

/**
 * Binds functions to vfio-pci. `driver_override` names the only driver that may bind to them, so
 * that no other does meanwhile (Documentation/ABI/testing/sysfs-bus-pci).
 *
 * Errors: `device-unbindable`.
 */
export function bindToVfio(addresses: readonly string[], bus: string = usualBus): void {
  for (const address of addresses) {
    if (driverOf(bus, address) === "vfio-pci") continue;
    put(`${bus}/devices/${address}/driver_override`, "vfio-pci", address);
    if (driverOf(bus, address) !== null) {
      put(`${bus}/devices/${address}/driver/unbind`, address, address);
    }
    put(`${bus}/drivers_probe`, address, address);
    const now = driverOf(bus, address);
    if (now !== "vfio-pci") throw unbindable(address, `its driver is ${now ?? "none"} afterwards`);
  }
}

/**
 * Gives functions back to their earlier drivers, the last one first. Functions that have them
 * already are not touched, so it can be repeated. Nor is a function that has neither its earlier
 * driver nor vfio-pci: a start does not leave that, so somebody else has bound it.
 *
 * Errors: `device-unbindable`, after all others were given back.
 */
export function restoreDrivers(before: readonly DriverBefore[], bus: string = usualBus): void {
  const failures: unknown[] = [];
  for (const one of before.toReversed()) {
    try {
      restore(one, bus);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

function restore({ address, driver, override }: DriverBefore, bus: string): void {
  const folder = `${bus}/devices/${address}`;
  // A device that was removed meanwhile cannot be given back.
  if (!existsSync(folder)) return;
  const now = driverOf(bus, address);
  if (now !== null && now !== driver && now !== "vfio-pci") return;
  if (overrideOf(bus, address) !== override) {
    put(`${folder}/driver_override`, `${override ?? ""}\n`, address);
  }
  if (now === driver) return;
  if (now !== null) put(`${folder}/driver/unbind`, address, address);
  if (driver !== null) put(`${bus}/drivers/${driver}/bind`, address, address);
}

function put(path: string, text: string, address: string): void {
  try {
    writeFileSync(path, text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw unbindable(address, why, cause);
  }
}

function unbindable(address: string, why: string, cause?: unknown): EvenkeelError {
  return new EvenkeelError("device-unbindable", `its driver cannot be changed: ${why}`, {
    where: address,
    expected: "a function whose driver the kernel can change",
    remedy: "see the kernel's message in dmesg",
    cause,
  });
}
