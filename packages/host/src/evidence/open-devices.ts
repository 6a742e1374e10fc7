import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { heldDevices } from "../holding/held-devices.ts";
import { pciDirectory } from "../sysfs/pci.ts";
import { fields, readLine } from "../sysfs/values.ts";
import { nameOf } from "../tree/resolve.ts";
import type { Tree } from "../tree/tree.ts";

/**
 * The PCI functions behind the files that a process has open: those it has by VFIO, GPUs,
 * accelerators and RDMA NICs, by address. Bridges that share an IOMMU group with a device are left
 * out, as nothing is passed through of them.
 *
 * @param files as the kernel names them.
 */
export function openDevices(tree: Tree, files: readonly string[]): readonly string[] {
  const names = [...new Set(files)];
  const found = [
    ...heldDevices(tree, files),
    ...nvidiaDevices(tree, names),
    ...names.flatMap((file) => deviceOfClass(tree, file)),
  ];
  return [...new Set(found)].filter((address) => !isBridge(tree, address)).toSorted();
}

const isBridge = (tree: Tree, address: string): boolean =>
  readLine(tree, `${pciDirectory}/${address}/class`)?.startsWith("0x06") ?? false;

const nvidiaFolder = "/proc/driver/nvidia/gpus";

/** The driver of NVIDIA says which of its files is which GPU. */
function nvidiaDevices(tree: Tree, files: readonly string[]): readonly string[] {
  const minors = new Set(files.flatMap((file) => /^\/dev\/nvidia(\d{1,4})$/.exec(file)?.[1] ?? []));
  if (minors.size === 0) return [];
  return tree.list(nvidiaFolder).flatMap((folder) => {
    const text = tree.readText(`${nvidiaFolder}/${folder}/information`) ?? "";
    const told = new Map(fields(text));
    const address = (told.get("Bus Location") ?? folder).toLowerCase();
    return minors.has(told.get("Device Minor") ?? "") && isPciAddress(address) ? [address] : [];
  });
}

/** The classes of devices with a file of their own, each with the folder that it is in. */
const classes = [
  [/^\/dev\/dri\/((?:renderD|card)\d{1,4})$/, "/sys/class/drm"],
  [/^\/dev\/infiniband\/(uverbs\d{1,4})$/, "/sys/class/infiniband_verbs"],
  [/^\/dev\/accel\/(accel\d{1,4})$/, "/sys/class/accel"],
] as const;

function deviceOfClass(tree: Tree, file: string): readonly string[] {
  return classes.flatMap(([pattern, folder]) => {
    const name = pattern.exec(file)?.[1];
    const device = name === undefined ? null : tree.realPath(`${folder}/${name}/device`);
    const address = device === null ? "" : nameOf(device);
    return isPciAddress(address) ? [address] : [];
  });
}
