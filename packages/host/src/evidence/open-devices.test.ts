import { expect, test } from "vitest";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import { openDevices } from "./open-devices.ts";

const bus = "/sys/bus/pci/devices";
const gpu = (minor: number, where: string): string =>
  `Model: \t\t NVIDIA H100\nIRQ:   \t\t 42\nBus Location: \t ${where}\nDevice Minor: \t ${minor}\n`;
const tree = treeOf(
  {
    "/proc/driver/nvidia/gpus/0000:1b:00.0/information": gpu(1, "0000:1B:00.0"),
    "/proc/driver/nvidia/gpus/0000:3b:00.0/information": gpu(10, "0000:3b:00.0"),
    "/sys/devices/pci0000:40/0000:41:00.0/drm/renderD128/dev": "226:128\n",
    "/sys/devices/pci0000:40/0000:42:00.0/infiniband_verbs/uverbs0/dev": "231:192\n",
    "/sys/devices/pci0000:40/0000:43:00.0/accel/accel0/dev": "261:0\n",
    "/sys/devices/platform/gpu/drm/renderD129/dev": "226:129\n",
    "/sys/kernel/iommu_groups/7/devices/0000:51:00.0": "",
    "/sys/kernel/iommu_groups/7/devices/0000:50:01.0": "",
    [`${bus}/0000:50:01.0/class`]: "0x060400\n",
    [`${bus}/0000:51:00.0/class`]: "0x030200\n",
  },
  {
    "/sys/class/drm/renderD128": "../../devices/pci0000:40/0000:41:00.0/drm/renderD128",
    "/sys/devices/pci0000:40/0000:41:00.0/drm/renderD128/device": "../../../0000:41:00.0",
    "/sys/class/infiniband_verbs/uverbs0":
      "../../devices/pci0000:40/0000:42:00.0/infiniband_verbs/uverbs0",
    "/sys/devices/pci0000:40/0000:42:00.0/infiniband_verbs/uverbs0/device": "../../../0000:42:00.0",
    "/sys/class/accel/accel0": "../../devices/pci0000:40/0000:43:00.0/accel/accel0",
    "/sys/devices/pci0000:40/0000:43:00.0/accel/accel0/device": "../../../0000:43:00.0",
    "/sys/class/drm/renderD129": "../../devices/platform/gpu/drm/renderD129",
    "/sys/devices/platform/gpu/drm/renderD129/device": "../../../gpu",
  },
);

test.each([
  ["a GPU of NVIDIA, by its minor", ["/dev/nvidia1", "/dev/nvidiactl", "/dev/nvidia-uvm"], "1b"],
  ["another whose minor begins alike", ["/dev/nvidia10"], "3b"],
  ["a GPU that renders", ["/dev/dri/renderD128", "/dev/dri/renderD128"], "41"],
  ["an RDMA NIC", ["/dev/infiniband/uverbs0"], "42"],
  ["an accelerator of the kernel's own class", ["/dev/accel/accel0"], "43"],
  ["a group of VFIO, without the bridge in it", ["/dev/vfio/vfio", "/dev/vfio/7"], "51"],
])("%s is behind its file", (_what, files, number) => {
  expect(openDevices(tree, files)).toEqual([`0000:${number}:00.0`]);
});

test("other files have no device", () => {
  const others = [
    "/dev/nvidia2",
    "/dev/nvidia1 (deleted)",
    "/dev/dri/renderD129",
    "/dev/dri/renderD130",
    "/tmp/dev/nvidia1",
    "socket:[1]",
  ];
  expect(openDevices(tree, others)).toEqual([]);
});
