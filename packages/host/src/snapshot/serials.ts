import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import type { Tree } from "../tree/tree.ts";

/** What a recording is to hold beside the machine's topology. */
export interface RecordingOptions {
  /**
   * Serial numbers and hardware addresses, by which one machine is told from others of its kind and
   * found in an inventory. Nothing in a topology needs them, so they are left out unless asked for.
   */
  readonly withSerials: boolean;
}

/** Documentation/ABI/testing/sysfs-class-dmi; the kernel shows the serials to root alone. */
const dmiFiles = [
  "product_serial",
  "product_uuid",
  "board_serial",
  "board_asset_tag",
  "chassis_serial",
  "chassis_asset_tag",
];

/** The file of each device of a class that tells it from all others. */
const deviceFiles: readonly (readonly [deviceClass: string, file: string])[] = [
  ["net", "address"],
  ["infiniband", "node_guid"],
  ["nvme", "serial"],
];

/** Documentation/ABI/testing/sysfs-bus-cxl: memory devices are `memN`. */
const cxlDevices = "/sys/bus/cxl/devices";

/**
 * Asks for the serial numbers of a machine, for a tree that records what it is asked for. Devices
 * count that lie on a PCI function; what is virtual belongs to guests. Absent or forbidden files are
 * passed over.
 */
export function askForSerials(tree: Tree): void {
  for (const name of dmiFiles) tree.readText(`/sys/class/dmi/id/${name}`);
  for (const name of tree.list(cxlDevices)) {
    if (/^mem\d+$/.test(name)) tree.readText(`${cxlDevices}/${name}/serial`);
  }
  for (const [deviceClass, file] of deviceFiles) {
    for (const name of tree.list(`/sys/class/${deviceClass}`)) {
      const path = `/sys/class/${deviceClass}/${name}`;
      // The link alone tells: to follow one would record where it leads.
      const link = tree.readLink(path)?.split("/") ?? [];
      if (link.some(isPciAddress)) tree.readText(`${path}/${file}`);
    }
  }
}
