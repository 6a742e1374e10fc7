import { expect, test } from "vitest";
import { treeOf, within } from "../../testing/sysfs/tree-of.ts";
import { readNetworkPorts } from "./read-network-ports.ts";

const pci = "/sys/bus/pci/devices";
const card = (address: string): Record<string, string> => ({
  [`${pci}/${address}/class`]: "0x020000\n",
});
const root = "/sys/devices/pci0000:00";
const at = (path: string, name: string, of: string) => ({
  [`/sys/class/${of}/${name}`]: `../../devices/pci0000:00/${path}/${of}/${name}`,
});

test("ports by card and name: RDMA devices first, and interfaces of cards that have none", () => {
  const files = {
    ...card("0000:81:00.0"),
    ...card("0000:82:00.0"),
    ...card("0000:83:00.0"),
    [`${pci}/0000:00:14.0/class`]: "0x0c0330\n",
    ...within(`${root}/0000:81:00.0/infiniband/mlx5_0/ports`, {
      "1/state": "4: ACTIVE\n",
      "1/rate": "200 Gb/sec (4X HDR)\n",
      "2/state": "1: DOWN\n",
      "2/rate": "10 Gb/sec (4X SDR)\n",
    }),
    ...within(root, {
      "0000:81:00.0/net/ib0/speed": "200000\n",
      "0000:82:00.0/net/eno1/speed": "10\n",
      "0000:82:00.0/net/eno1/operstate": "up\n",
      "0000:83:00.0/net/eno2/speed": "-1\n",
      "0000:83:00.0/net/eno2/operstate": "down\n",
      "0000:00:14.0/usb1/1-2/net/usb0/speed": "480\n",
    }),
  };
  const links = {
    ...at("0000:81:00.0", "mlx5_0", "infiniband"),
    ...at("0000:81:00.0", "ib0", "net"),
    ...at("0000:82:00.0", "eno1", "net"),
    ...at("0000:83:00.0", "eno2", "net"),
    ...at("0000:00:14.0/usb1/1-2", "usb0", "net"),
    "/sys/class/net/lo": "../../devices/virtual/net/lo",
  };
  expect(readNetworkPorts(treeOf(files, links))).toEqual([
    { address: "0000:81:00.0", name: "mlx5_0", isUp: true, bytesPerSecond: 25e9 },
    { address: "0000:81:00.0", name: "mlx5_0/2", isUp: false, bytesPerSecond: 1.25e9 },
    { address: "0000:82:00.0", name: "eno1", isUp: true, bytesPerSecond: 1.25e6 },
    { address: "0000:83:00.0", name: "eno2", isUp: false, bytesPerSecond: null },
  ]);
});

test("a kernel that shows no network devices tells nothing", () => {
  expect(readNetworkPorts(treeOf({}))).toBeNull();
});
