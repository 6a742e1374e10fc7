import type { AcceleratorParts, NicParts } from "@evenkeel/core/topology/build.ts";
import {
  acceleratorPatterns,
  matchingAccelerators,
  matchingDevices,
  nicPatterns,
} from "@evenkeel/core/topology/device-pattern.ts";
import { attribute } from "@evenkeel/core/xml/element.ts";
import { rdmaById } from "../pci-ids/rdma-nics.ts";
import { acceleratorModel } from "../pci-ids/accelerator-models.ts";
import { above, type HwlocExport, type HwlocObject, objectsOf, readCount } from "./object.ts";
import type { HwlocPci } from "./pci.ts";

/**
 * The operating system's devices of each PCI function, by its address: `nvml0`, `cuda0`, `mlx5_0`,
 * `eth0`.
 */
export type OsDevices = ReadonlyMap<string, readonly HwlocObject[]>;

/** Groups the OS devices by the PCI function that they belong to. */
export function osDevices(hwloc: HwlocExport, pci: readonly HwlocPci[]): OsDevices {
  const addresses = new Map(pci.map(({ object, device }) => [object, device.address]));
  const byAddress = new Map<string, HwlocObject[]>();
  for (const object of objectsOf(hwloc, "OSDev")) {
    const owner = above(object, (candidate) => addresses.has(candidate));
    const address = owner === null ? undefined : addresses.get(owner);
    if (address === undefined) continue;
    const known = byAddress.get(address) ?? [];
    byAddress.set(address, [...known, object]);
  }
  return byAddress;
}

/**
 * The accelerators: functions that match the accelerator patterns, and functions for which one of
 * hwloc's compute libraries reported a device. The memory is what the library offers for use, a
 * little less than what the board has.
 */
export function readAccelerators(pci: readonly HwlocPci[], devices: OsDevices): AcceleratorParts[] {
  const functions = pci.map(({ device }) => device);
  const matching = new Set(matchingAccelerators(functions, acceleratorPatterns));
  return pci.flatMap(({ object, device }) => {
    const known = (devices.get(device.address) ?? []).filter(isComputeDevice);
    if (!matching.has(device) && known.length === 0) return [];
    return {
      address: device.address,
      model: acceleratorModel(device.vendor, device.device) ?? reportedModel(object, known),
      uuid: firstInfo(known, ["NVIDIAUUID", "AMDUUID"]),
      moduleId: null,
      memoryBytes: readKibibytes(firstInfo(known, memoryInfos)),
    };
  });
}

/** The model's name from a library or, without one, from hwloc's PCI ID database. */
function reportedModel({ infos }: HwlocObject, known: readonly HwlocObject[]): string | null {
  const name = firstInfo(known, ["GPUModel"]) ?? infos.get("PCIDevice") ?? null;
  return name?.replace(/^NVIDIA /, "") ?? null;
}

/** The libraries through which hwloc finds compute devices; its other libraries find displays. */
const computeBackends: ReadonlySet<string> = new Set([
  "CUDA",
  "NVML",
  "RSMI",
  "LevelZero",
  "OpenCL",
]);

function isComputeDevice({ element, infos }: HwlocObject): boolean {
  return computeBackends.has(attribute(element, "subtype") ?? infos.get("Backend") ?? "");
}

const memoryInfos = ["CUDAGlobalMemorySize", "RSMIVRAMSize", "OpenCLGlobalMemorySize"];

/** The NICs, named by their RDMA device where they have one. */
export function readNics(
  hwloc: HwlocExport,
  pci: readonly HwlocPci[],
  devices: OsDevices,
): NicParts[] {
  const functions = pci.map(({ device }) => device);
  return matchingDevices(functions, nicPatterns).map((device) => {
    const { address } = device;
    const known = devices.get(address) ?? [];
    const fabrics = known.filter((object) => isOf(hwloc, object, "openFabrics"));
    const networks = known.filter((object) => isOf(hwloc, object, "network"));
    const [named] = [...fabrics, ...networks];
    return {
      address,
      name: named === undefined ? null : attribute(named.element, "name"),
      // hwloc looks for both. So a NIC with only a network interface has no RDMA; a NIC with
      // neither may have been filtered, or has no driver; then its ids tell.
      rdma: fabrics.length > 0 ? true : networks.length > 0 ? false : rdmaById(device),
    };
  });
}

/** The type of an OS device: a number up to hwloc 2, a bit mask from 3 on (HWLOC_OBJ_OSDEV_*). */
const osDeviceTypes = {
  network: { number: 2, bit: 1 << 4 },
  openFabrics: { number: 3, bit: 1 << 5 },
} as const;

function isOf(
  { version }: HwlocExport,
  { element }: HwlocObject,
  kind: keyof typeof osDeviceTypes,
): boolean {
  const type = readCount(attribute(element, "osdev_type"));
  const { number, bit } = osDeviceTypes[kind];
  if (type === null) return false;
  return version < 3 ? type === number : (type & bit) !== 0;
}

/** The first of the named infos that any of the objects has. */
function firstInfo(objects: readonly HwlocObject[], names: readonly string[]): string | null {
  for (const name of names) {
    const found = objects.find(({ infos }) => infos.has(name));
    if (found !== undefined) return found.infos.get(name) ?? null;
  }
  return null;
}

/** hwloc counts in KiB, and writes the unit from version 3 on. */
function readKibibytes(text: string | null): number | null {
  const count = readCount(text?.replace(/KiB$/, "").trim() ?? null);
  return count === null ? null : count * 1024;
}
