import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import type { Tree } from "../tree/tree.ts";

/** What a recording holds beside the machine's topology. */
export interface RecordingOptions {
  /**
   * Serial numbers and hardware addresses, which identify one machine in an inventory. A topology
   * does not need them, so they are left out by default.
   */
  readonly withSerials: boolean;
}

/** Documentation/ABI/testing/sysfs-class-dmi; the kernel shows serial numbers only to root. */
const dmiFiles = [
  "product_serial",
  "product_uuid",
  "board_serial",
  "board_asset_tag",
  "chassis_serial",
  "chassis_asset_tag",
];

/** The identifying file of each device, by class. */
const deviceFiles: readonly (readonly [deviceClass: string, file: string])[] = [
  ["net", "address"],
  ["infiniband", "node_guid"],
  ["nvme", "serial"],
];

/** Documentation/ABI/testing/sysfs-bus-cxl: memory devices are `memN`. */
const cxlDevices = "/sys/bus/cxl/devices";

/**
 * Reads a machine's serial numbers through a tree that records them. Only devices on a PCI function
 * count; virtual devices belong to guests. Missing or forbidden files are skipped.
 */
export function readSerials(tree: Tree): void {
  for (const name of dmiFiles) tree.readText(`/sys/class/dmi/id/${name}`);
  for (const name of tree.list(cxlDevices)) {
    if (/^mem\d+$/.test(name)) tree.readText(`${cxlDevices}/${name}/serial`);
  }
  for (const [deviceClass, file] of deviceFiles) {
    for (const name of tree.list(`/sys/class/${deviceClass}`)) {
      const path = `/sys/class/${deviceClass}/${name}`;
      // The link's text is enough; following the link would record its target.
      const link = tree.readLink(path)?.split("/") ?? [];
      if (link.some(isPciAddress)) tree.readText(`${path}/${file}`);
    }
  }
}
