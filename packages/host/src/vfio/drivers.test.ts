import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { codedError } from "../../testing/expect-error.ts";
import { scratchFolder } from "../../testing/scratch.ts";
import { bindToVfio, readDrivers, restoreDrivers } from "./drivers.ts";

/** A PCI bus made of plain files, which only keep what is written to them. */
function bus(drivers: Readonly<Record<string, string | null>>): string {
  const folder = scratchFolder();
  for (const [address, driver] of Object.entries(drivers)) {
    mkdirSync(join(folder, "devices", address), { recursive: true });
    writeFileSync(join(folder, "devices", address, "driver_override"), "(null)\n");
    if (driver === null) continue;
    mkdirSync(join(folder, "drivers", driver), { recursive: true });
    for (const file of ["bind", "unbind"]) writeFileSync(join(folder, "drivers", driver, file), "");
    symlinkSync(join(folder, "drivers", driver), join(folder, "devices", address, "driver"));
  }
  writeFileSync(join(folder, "drivers_probe"), "");
  return folder;
}

const gpu = "0000:1b:00.0";
const nic = "0000:1c:00.0";
const text = (folder: string, path: string): string => readFileSync(join(folder, path), "utf8");

test("the current driver is read, with the driver override", () => {
  const folder = bus({ [gpu]: "nvidia", [nic]: null });
  writeFileSync(join(folder, "devices", nic, "driver_override"), "vfio-pci\n");
  expect(readDrivers([gpu, nic, "0000:ff:00.0"], folder)).toEqual([
    { address: gpu, driver: "nvidia", override: null },
    { address: nic, driver: null, override: "vfio-pci" },
  ]);
});

test("a driver that is already the original one is not touched", () => {
  const folder = bus({ [gpu]: "nvidia", [nic]: null });
  restoreDrivers(readDrivers([gpu, nic], folder), folder);
  restoreDrivers([{ address: "0000:ff:00.0", driver: "nvidia", override: null }], folder);
  expect(text(folder, "drivers/nvidia/unbind")).toBe("");
  expect(text(folder, "drivers/nvidia/bind")).toBe("");
});

test("a function goes back to its driver, and one without a driver is unbound", () => {
  const folder = bus({ [gpu]: "vfio-pci", [nic]: "vfio-pci", "0000:1d:00.0": "nvidia" });
  for (const address of [gpu, nic]) {
    writeFileSync(join(folder, "devices", address, "driver_override"), "vfio-pci\n");
  }
  restoreDrivers(
    [
      { address: gpu, driver: "nvidia", override: null },
      { address: nic, driver: null, override: null },
    ],
    folder,
  );
  expect(text(folder, `devices/${gpu}/driver_override`)).toBe("\n");
  expect(text(folder, "drivers/nvidia/bind")).toBe(gpu);
  expect(text(folder, "drivers/vfio-pci/unbind")).toBe(gpu);
  expect(text(folder, `devices/${nic}/driver_override`)).toBe("\n");
});

test("a function that somebody has bound to a third driver meanwhile is left to them", () => {
  const folder = bus({ [gpu]: "nouveau", [nic]: "nvidia" });
  const override = join(folder, "devices", gpu, "driver_override");
  writeFileSync(override, "nouveau\n");
  restoreDrivers([{ address: gpu, driver: "nvidia", override: null }], folder);
  expect(readFileSync(override, "utf8")).toBe("nouveau\n");
  expect(text(folder, "drivers/nouveau/unbind")).toBe("");
  expect(text(folder, "drivers/nvidia/bind")).toBe("");
});

test("a function that VFIO does not take is reported, and one that it has is left alone", async () => {
  const folder = bus({ [gpu]: "vfio-pci", [nic]: null });
  bindToVfio([gpu], folder);
  expect(text(folder, "drivers_probe")).toBe("");
  const error = await codedError("device-unbindable", () => bindToVfio([nic], folder));
  expect(error.where).toBe(nic);
  expect(error.message).toBe("its driver cannot be changed: its driver is none afterwards");
});
