import type {
  DeviceEvidence,
  GroupMember,
  InterruptEvidence,
} from "@evenkeel/core/evidence/evidence.ts";
import { readVfioInterrupts } from "../irq/read.ts";
import { readLink } from "../sysfs/pci-link.ts";
import { readIndex, readLine } from "../sysfs/values.ts";
import { nameOf } from "../tree/resolve.ts";
import type { Tree } from "../tree/tree.ts";

const pciFolder = "/sys/bus/pci/devices";

/** What the host says of each function: a dozen small files each, and one list of all interrupts. */
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
  const where = `${pciFolder}/${address}`;
  const group = linkName(tree, `${where}/iommu_group`);
  const iommuGroup = group !== null && /^\d{1,9}$/.test(group) ? Number(group) : null;
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
  };
}

function membersOf(tree: Tree, group: number): GroupMember[] | null {
  const addresses = tree.list(`/sys/kernel/iommu_groups/${group}/devices`);
  if (addresses.length === 0) return null;
  return addresses.map((address) => ({
    address,
    driver: linkName(tree, `${pciFolder}/${address}/driver`),
    bridge: readLine(tree, `${pciFolder}/${address}/class`)?.startsWith("0x06") ?? false,
  }));
}

/** What a link of sysfs names: its target's last name. */
function linkName(tree: Tree, path: string): string | null {
  const link = tree.readLink(path);
  return link === null ? null : nameOf(link);
}
