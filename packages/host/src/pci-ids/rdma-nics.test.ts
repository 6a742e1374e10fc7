import { expect, test } from "vitest";
import { cpuFiles, treeOf } from "../../testing/sysfs/tree-of.ts";
import { readSysfs } from "../sysfs/read.ts";
import { rdmaById } from "./rdma-nics.ts";

test.each([
  ["15b3:1003", "ConnectX-3"],
  ["15b3:1017", "ConnectX-5"],
  ["15b3:101e", "virtual function of ConnectX-6"],
  ["15b3:1021", "ConnectX-7"],
  ["15b3:a2dc", "BlueField-3"],
  ["8086:1592", "E810"],
  ["14e4:1750", "BCM57508"],
  ["1d0f:efa2", "EFA"],
])("%s, %s, does RDMA", (ids) => {
  const [vendor = "", device = ""] = ids.split(":");
  expect(rdmaById({ vendor, device })).toBe(true);
});

test.each([
  ["8086:1572", "X710"],
  ["8086:1889", "virtual function of X710 or E810"],
  ["1af4:1041", "virtio-net"],
  ["14e4:1657", "BCM5719"],
  ["15b3:c2d3", "BlueField's management interface"],
  ["15b3:1979", "a PCIe switch"],
])("the id of %s, %s, does not tell", (ids) => {
  const [vendor = "", device = ""] = ids.split(":");
  expect(rdmaById({ vendor, device })).toBeNull();
  expect(rdmaById({ vendor: null, device })).toBeNull();
});

const address = "0000:01:00.0";
const bus = `/sys/bus/pci/devices/${address}`;
const nic = (device: string, further: Readonly<Record<string, string>> = {}): boolean | null => {
  const { nics } = readSysfs(
    treeOf({
      ...cpuFiles(0, "0", 0),
      [`${bus}/class`]: "0x020000\n",
      [`${bus}/vendor`]: "0x15b3\n",
      [`${bus}/device`]: `0x${device}\n`,
      ...further,
    }),
    "test",
  );
  return nics.map(({ rdma }) => rdma)[0] ?? null;
};

test("the id tells where no driver does, and a driver that tells is right", () => {
  expect(nic("1021")).toBe(true);
  expect(nic("ffff")).toBeNull();
  const network = { [`${bus}/net/eth0/mtu`]: "1500\n" };
  // Without RDMA in the kernel, an interface alone tells nothing.
  expect(nic("1021", network)).toBe(true);
  const elsewhere = { "/sys/class/infiniband/mlx5_7/node_type": "1: CA\n" };
  expect(nic("1021", { ...network, ...elsewhere })).toBe(false);
});
