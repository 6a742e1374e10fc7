import { expect, test } from "vitest";
import { hostWith } from "../../testing/emulated-host.ts";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import { heldDevices } from "./held-devices.ts";
import { readHoldings } from "./read-holdings.ts";

const groups = "/sys/kernel/iommu_groups";
const devices = "/sys/bus/pci/devices";
const tree = treeOf({
  [`${groups}/40/devices/0000:41:00.0`]: "",
  [`${groups}/40/devices/0000:41:00.1`]: "",
  [`${groups}/4/devices/0000:42:00.0`]: "",
  [`${devices}/0000:51:00.0/vfio-dev/vfio1/dev`]: "",
  [`${devices}/0000:52:00.0/vfio-dev/vfio12/dev`]: "",
  [`${devices}/0000:53:00.0/class`]: "0x030200\n",
});

const held = (...files: readonly string[]): readonly string[] => heldDevices(tree, files);

test("a process has the functions of its IOMMU groups and of its single devices", () => {
  expect(held("/dev/null", "/dev/vfio/vfio", "/dev/vfio/40", "/dev/vfio/40")).toEqual([
    "0000:41:00.0",
    "0000:41:00.1",
  ]);
  // With iommufd a file is of one device, whatever its group is.
  expect(held("/dev/iommu", "/dev/vfio/devices/vfio12")).toEqual(["0000:52:00.0"]);
  expect(held("/dev/vfio/devices/vfio1", "/dev/vfio/4")).toEqual(["0000:42:00.0", "0000:51:00.0"]);
  expect(held("/dev/vfio/devices/vfio3", "/dev/vfio/5", "/tmp/dev/vfio/40")).toEqual([]);
});

test.each([
  ["/dev/vfio/40", true],
  ["/dev/vfio/devices/vfio1", true],
  ["anon_inode:kvm-vm", true],
  ["/dev/vfio/vfio", false],
  ["/dev/kvm", false],
  ["/tmp/dev/vfio/40", false],
])("a program that has %s open runs a VM: %s", (file, runs) => {
  const uuid = "3f0e6d3a-91a4-4a27-9d0b-5c2b1f6e7a88";
  const vmm = { pid: 400, name: "vm", uuid, vcpus: ["4"], program: "/opt/vmm/cloud-hypervisor" };
  const host = hostWith([vmm]);
  const readLink = (path: string): string | null =>
    path === "/proc/400/fd/0" ? file : host.readLink(path);
  expect(readHoldings({ ...host, readLink }, [], []).held).toHaveLength(runs ? 1 : 0);
});
