import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { untoldSetting } from "@evenkeel/core/prepare/setting.ts";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import { expect, test } from "vitest";
import { liveTree } from "../tree/directory-tree.ts";
import { memoryTree } from "../tree/memory-tree.ts";
import { readSetting, settingOfTopology } from "./read-setting.ts";

const machine = syntheticTopology("core:4 memory:8Gi root[gpu:l40s(driver:nvidia)]");
const via = { via: "qemu", libvirtUri: "test:///default" } as const;

function recorded(files: Readonly<Record<string, string>>) {
  return readSetting(memoryTree(new Map(Object.entries(files)), new Map(), "test"), machine, via);
}

test("a recording tells what its files say, and leaves the rest untold", async () => {
  const told = {
    "/proc/sys/kernel/osrelease": "6.1.0-31-amd64\n",
    "/proc/cmdline": "BOOT_IMAGE=/x intel_iommu=on secret=1 hugepagesz=1G hugepages=0:8\n",
    "/sys/devices/system/cpu/isolated": "2-3\n",
    "/sys/class/iommu/dmar0/name": "dmar0\n",
    "/sys/bus/pci/drivers/vfio-pci/module": "",
    // What a recording has of mounts is the disks alone.
    "/proc/mounts": "/dev/vda1 / ext4 rw 0 0\n",
    "/etc/os-release": "ID=debian\n",
  };
  expect(await recorded(told)).toEqual({
    ...untoldSetting,
    kernelRelease: "6.1.0-31-amd64",
    bootOptions: ["intel_iommu=on", "hugepagesz=1G", "hugepages=0:8"],
    isolatedCpus: "2-3",
    iommu: true,
    vfioPci: true,
    driversTold: true,
  });
  expect(await recorded({})).toEqual({ ...untoldSetting, driversTold: true });
  expect(await recorded({ "/sys/devices/system/cpu/isolated": "\n" })).toMatchObject({
    isolatedCpus: "",
  });
  // The kernel has a folder for IOMMUs also where it uses none.
  const without = treeOf({ "/sys/class/iommu/x": "" }, {});
  expect(await readSetting({ ...without, list: () => [] }, machine, via)).toMatchObject({
    iommu: false,
  });
});

test("this machine tells all of it", async () => {
  const setting = await readSetting(liveTree(), machine, via);
  expect(setting.kvm).not.toBeNull();
  expect(setting.versions).toMatchObject({ libvirt: null, refusal: null });
  expect(setting.hugetlbfsBytes).not.toBeNull();
  expect(setting.lockable).not.toBeNull();
  expect(typeof setting.driverctl).toBe("boolean");
});

test("drivers are told by sources that read them, and not by descriptions of machines", () => {
  expect(settingOfTopology(machine).driversTold).toBe(false);
  expect(settingOfTopology({ ...machine, source: "lspci" }).driversTold).toBe(true);
  expect(settingOfTopology({ ...machine, source: "nccl", pci: [] }).driversTold).toBe(false);
});
