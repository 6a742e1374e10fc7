import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { codedError } from "../../testing/expect-error.ts";
import { scratchFolder } from "../../testing/scratch.ts";
import { bindToVfio, readDrivers, restoreDrivers } from "./drivers.ts";

/** A PCI bus of files, which keeps what is written to it and does nothing. */
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

test("drivers are read as they are, with what the kernel is told to bind", () => {
  const folder = bus({ [gpu]: "nvidia", [nic]: null });
  writeFileSync(join(folder, "devices", nic, "driver_override"), "vfio-pci\n");
  expect(readDrivers([gpu, nic, "0000:ff:00.0"], folder)).toEqual([
    { address: gpu, driver: "nvidia", override: null },
    { address: nic, driver: null, override: "vfio-pci" },
  ]);
});

test("whatever is as it was is not touched", () => {
  const folder = bus({ [gpu]: "nvidia", [nic]: null });
  restoreDrivers(readDrivers([gpu, nic], folder), folder);
  restoreDrivers([{ address: "0000:ff:00.0", driver: "nvidia", override: null }], folder);
  expect(text(folder, "drivers/nvidia/unbind")).toBe("");
  expect(text(folder, "drivers/nvidia/bind")).toBe("");
});

test("a function is given back to its driver, and one that had none is let go", () => {
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

test("a function that does not become VFIO's is told, and one that is already is left", async () => {
  const folder = bus({ [gpu]: "vfio-pci", [nic]: null });
  bindToVfio([gpu], folder);
  expect(text(folder, "drivers_probe")).toBe("");
  const error = await codedError("device-unbindable", () => bindToVfio([nic], folder));
  expect(error.where).toBe(nic);
  expect(error.message).toBe("its driver cannot be changed: its driver is none afterwards");
});
