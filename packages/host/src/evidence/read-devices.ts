import type {
  DeviceEvidence,
  GroupMember,
  InterruptEvidence,
} from "@evenkeel/core/evidence/evidence.ts";
import { readVfioInterrupts } from "../irq/read.ts";
import { ownControls } from "../sysfs/pci-config.ts";
import { readLink } from "../sysfs/pci-link.ts";
import { pciDirectory, readIommuGroup } from "../sysfs/pci.ts";
import { linkName, readIndex, readLine } from "../sysfs/values.ts";
import type { Tree } from "../tree/tree.ts";

/** Reads the state of each function: a dozen small files each, and one list of all interrupts. */
export function readDevices(tree: Tree, addresses: readonly string[]): DeviceEvidence[] {
  if (addresses.length === 0) return [];
  const interrupts = readVfioInterrupts(tree);
  return addresses.map((address) => deviceOf(tree, address, interrupts));
}

function deviceOf(
  tree: Tree,
  address: string,
  interrupts: ReadonlyMap<string, InterruptEvidence[]> | null,
): DeviceEvidence {
  const where = `${pciDirectory}/${address}`;
  const iommuGroup = readIommuGroup(tree, where);
  const [vfio] = tree.list(`${where}/vfio-dev`);
  return {
    address,
    where,
    present: tree.realPath(where) !== null,
    driver: linkName(tree, `${where}/driver`),
    node: readIndex(tree, `${where}/numa_node`),
    iommuGroup,
    groupMembers: iommuGroup === null ? null : membersOf(tree, iommuGroup),
    vfioFile: vfio === undefined ? null : `/dev/vfio/devices/${vfio}`,
    link: readLink(tree, where),
    interrupts: interrupts === null ? null : (interrupts.get(address) ?? []),
    iommuDomain: iommuGroup === null ? null : domainOf(tree, iommuGroup),
    ...ownControls(tree.readBytes(`${where}/config`)),
    correctedErrors: correctedErrors(tree, where),
  };
}

/**
 * The sum that AER keeps; null without AER.
 * Documentation/ABI/testing/sysfs-bus-pci-devices-aer_stats
 */
function correctedErrors(tree: Tree, where: string): number | null {
  const text = tree.readText(`${where}/aer_dev_correctable`) ?? "";
  const [, count] = /^TOTAL_ERR_COR (\d{1,15})$/m.exec(text) ?? [];
  return count === undefined ? null : Number(count);
}

/** How a group translates, in one of the kernel's few words. */
function domainOf(tree: Tree, group: number): string | null {
  const line = readLine(tree, `/sys/kernel/iommu_groups/${group}/type`);
  return /^[A-Za-z-]{1,32}$/.exec(line ?? "")?.[0] ?? null;
}

function membersOf(tree: Tree, group: number): GroupMember[] | null {
  const addresses = tree.list(`/sys/kernel/iommu_groups/${group}/devices`);
  if (addresses.length === 0) return null;
  return addresses.map((address) => ({
    address,
    driver: linkName(tree, `${pciDirectory}/${address}/driver`),
    bridge: readLine(tree, `${pciDirectory}/${address}/class`)?.startsWith("0x06") ?? false,
  }));
}
