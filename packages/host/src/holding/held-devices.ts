import { pciDirectory } from "../sysfs/pci.ts";
import type { Tree } from "../tree/tree.ts";

/** The PCI functions of the IOMMU groups and devices that a process has open by VFIO. */
export function heldDevices(tree: Tree, files: readonly string[] | null): readonly string[] {
  const open = [...new Set(files)];
  const devices = open.flatMap((file) => /^\/dev\/vfio\/devices\/(vfio\d+)$/.exec(file)?.[1] ?? []);
  const groups = open.flatMap((file) => /^\/dev\/vfio\/(\d+)$/.exec(file)?.[1] ?? []);
  return [
    ...groups.flatMap((group) => tree.list(`/sys/kernel/iommu_groups/${group}/devices`)),
    ...(devices.length === 0 ? [] : functionsOfDevices(tree, new Set(devices))),
  ];
}

function functionsOfDevices(tree: Tree, devices: ReadonlySet<string>): readonly string[] {
  const all = tree.list(pciDirectory);
  return all.filter((address) =>
    tree.list(`${pciDirectory}/${address}/vfio-dev`).some((name) => devices.has(name)),
  );
}
