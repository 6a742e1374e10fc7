import { expect, test } from "vitest";
import type { PciDevice, Topology } from "@evenkeel/core/topology/topology.ts";
import { readSysfs } from "./read.ts";
import { cpuFiles, treeOf, within } from "../../testing/sysfs/tree-of.ts";

const devices = "/sys/bus/pci/devices";
const node = "/sys/devices/system/node";
/** Two nodes of one CPU each. */
const machine = {
  ...cpuFiles(0, "0", 0),
  ...cpuFiles(1, "1", 1),
  [`${node}/node0/cpulist`]: "0\n",
  [`${node}/node1/cpulist`]: "1\n",
};
const gpu = { class: "0x030200\n", vendor: "0x10de\n", device: "0x2330\n" };
const bridge = { class: "0x060400\n", vendor: "0x1000\n", device: "0xc030\n" };
const nic = { class: "0x020000\n", vendor: "0x15b3\n", device: "0x1021\n" };

/** A machine with functions at the given places below /sys/devices, and with links. */
function read(
  functions: Readonly<Record<string, Readonly<Record<string, string | Uint8Array>>>>,
  links: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = {},
): Topology {
  const all: Record<string, string | Uint8Array> = { ...machine, ...files };
  const allLinks: Record<string, string> = { ...links };
  for (const [place, values] of Object.entries(functions)) {
    const address = place.slice(place.lastIndexOf("/") + 1);
    allLinks[`${devices}/${address}`] = `../../../devices/${place}`;
    for (const [name, text] of Object.entries(values)) all[`/sys/devices/${place}/${name}`] = text;
  }
  return readSysfs(treeOf(all, allLinks));
}

function one(values: Readonly<Record<string, string | Uint8Array>>): PciDevice | undefined {
  return read({ "pci0000:00/0000:00:01.0": { ...gpu, ...values } }).pci[0];
}

test("A function's path gives its host bridge and the bridge above it", () => {
  const { pci } = read({
    "pci0000:15/0000:15:01.0": bridge,
    "pci0000:15/0000:15:01.0/0000:16:00.0": bridge,
    "pci0000:15/0000:15:01.0/0000:16:00.0/0000:17:00.0": gpu,
    // A switch port that was not recorded is passed over.
    "pci0000:15/0000:15:01.0/0000:16:00.0/0000:17:01.0/0000:18:00.0": nic,
    // Behind Intel's VMD hangs a host bridge of its own, in a domain above 16 bits.
    "pci0000:5d/0000:5d:05.5/pci10000:00/10000:00:02.0": bridge,
    "platform/soc/4000.pcie/pci0001:00/0001:00:00.0": bridge,
  });
  expect(pci.map(({ address, parent, root }) => [address, parent, root])).toEqual([
    ["0000:15:01.0", null, "pci0000:15"],
    ["0000:16:00.0", "0000:15:01.0", "pci0000:15"],
    ["0000:17:00.0", "0000:16:00.0", "pci0000:15"],
    ["0000:18:00.0", "0000:16:00.0", "pci0000:15"],
    ["0001:00:00.0", null, "pci0001:00"],
    ["10000:00:02.0", null, "pci10000:00"],
  ]);
});

test("Contradictory paths give no bridges", () => {
  const { pci } = read({
    "pci0000:00/0000:00:01.0/0000:00:02.0": bridge,
    "pci0000:00/0000:00:02.0/0000:00:01.0": bridge,
  });
  expect(pci.map(({ parent }) => parent)).toEqual([null, null]);
});

test("A function's ids are read from its files, or from its configuration space", () => {
  const config = new Uint8Array(64);
  config.set([0xde, 0x10, 0x30, 0x23, 0, 0, 0, 0, 0xa1, 0x00, 0x02, 0x03]);
  const { pci } = read({
    "pci0000:00/0000:00:01.0": { ...gpu, class: "0x30200" },
    "pci0000:00/0000:00:02.0": { config },
    "pci0000:00/0000:00:03.0": { config: new Uint8Array(64).fill(255) },
    "pci0000:00/0000:00:04.0": { ...gpu, vendor: "NVIDIA" },
    "pci0000:00/0000:00:05.0": {},
    "pci0000:00/not-an-address": gpu,
  });
  const known = { class: "030200", vendor: "10de", device: "2330" };
  expect(pci).toMatchObject([
    { address: "0000:00:01.0", ...known },
    { address: "0000:00:02.0", ...known },
  ]);
  expect(pci).toHaveLength(2);
});

test("A function's node is the kernel's, if that node exists", () => {
  const nodeOf = (values: Readonly<Record<string, string>>): number | null | undefined =>
    one(values)?.node;
  expect(nodeOf({ numa_node: "1\n" })).toBe(1);
  expect(nodeOf({ numa_node: "-1\n" })).toBeNull();
  expect(nodeOf({ numa_node: "-1\n", local_cpulist: "1\n" })).toBeNull();
  expect(nodeOf({ numa_node: "7\n", local_cpulist: "1\n" })).toBeNull();
  expect(nodeOf({ numa_node: "near\n", local_cpulist: "1\n" })).toBeNull();
});

test("Where the kernel gives no node, it is the one whose CPUs are the function's local CPUs", () => {
  expect(one({ local_cpulist: "1\n" })?.node).toBe(1);
  expect(one({ local_cpus: "00000002\n" })?.node).toBe(1);
  expect(one({ local_cpulist: "0-1\n" })?.node).toBeNull();
  expect(one({ local_cpulist: "\n" })?.node).toBeNull();
  const uma = treeOf(
    {
      ...cpuFiles(0, "0", 0),
      ...within("/sys/devices/pci0000:00/0000:00:01.0", { ...gpu, local_cpulist: "0" }),
    },
    { [`${devices}/0000:00:01.0`]: "../../../devices/pci0000:00/0000:00:01.0" },
  );
  expect(readSysfs(uma).pci[0]?.node).toBeNull();
});

test("on a machine with one node every device is on it, whatever the firmware says", () => {
  const place = "/sys/devices/pci0000:00/0000:00:01.0";
  const alone = {
    ...cpuFiles(0, "0", 0),
    [`${node}/node0/cpulist`]: "0\n",
    [`${node}/node0/meminfo`]: "Node 0 MemTotal: 1024 kB\n",
    ...within(place, { ...gpu, numa_node: "-1\n" }),
  };
  expect(readSysfs(treeOf(alone)).pci[0]?.node).toBe(0);
  const two = { ...alone, [`${node}/node1/cpulist`]: "\n" };
  expect(readSysfs(treeOf(two)).pci[0]?.node).toBeNull();
});

test("Driver, IOMMU group and physical function are read from links, dangling or not", () => {
  const place = "pci0000:00/0000:00:01.0";
  const linksOf = (links: Readonly<Record<string, string>>): PciDevice | undefined =>
    read(
      { [place]: gpu },
      Object.fromEntries(
        Object.entries(links).map(([name, link]) => [`/sys/devices/${place}/${name}`, link]),
      ),
    ).pci[0];
  expect(
    linksOf({
      driver: "../../../bus/pci/drivers/vfio-pci",
      iommu_group: "../../../kernel/iommu_groups/40",
      physfn: "../0000:00:00.1",
    }),
  ).toMatchObject({ driver: "vfio-pci", iommuGroup: 40, physicalFunction: "0000:00:00.1" });
  expect(linksOf({ driver: "/", iommu_group: "../forty", physfn: ".." })).toMatchObject({
    driver: null,
    iommuGroup: null,
    physicalFunction: null,
  });
});

test("A link's speed and width, in the words of kernels old and new", () => {
  const link = (current: string, width: string): PciDevice["link"] | undefined =>
    one({ current_link_speed: current, current_link_width: width })?.link;
  const known = (speedGTs: number | null, width: number | null): PciDevice["link"] => ({
    speedGTs,
    width,
    maxSpeedGTs: null,
    maxWidth: null,
  });
  expect(link("32.0 GT/s PCIe\n", "16\n")).toEqual(known(32, 16));
  expect(link("8 GT/s\n", "4\n")).toEqual(known(8, 4));
  expect(link("2.5 GT/s PCIe\n", "255\n")).toEqual(known(2.5, null));
  expect(link("Unknown\n", "1\n")).toEqual(known(null, 1));
  expect(link("Unknown speed\n", "0\n")).toBeNull();
  expect(one({})?.link).toBeNull();
  expect(one({ max_link_speed: "64.0 GT/s PCIe", max_link_width: "16" })?.link).toEqual({
    speedGTs: null,
    width: null,
    maxSpeedGTs: 64,
    maxWidth: 16,
  });
});

test("Only memory BARs are counted, not I/O ports, the ROM and a bridge's windows", () => {
  const none = "0x0000000000000000 0x0000000000000000 0x0000000000000000";
  const lines = [
    "0x0000000092000000 0x0000000092ffffff 0x0000000000040200",
    "0x0000038000000000 0x0000039fffffffff 0x000000000014220c",
    none,
    "0x000003a002000000 0x000003a003ffffff 0x000000000014220c",
    none,
    "0x0000000000003000 0x000000000000307f 0x0000000000040101",
    "0x0000000093000000 0x000000009307ffff 0x0000000000046200",
    "0x0000000094000000 0x00000000941fffff 0x0000000000040200",
  ];
  expect(one({ resource: `${lines.join("\n")}\n` })?.barBytes).toEqual([
    16_777_216, 137_438_953_472, 33_554_432,
  ]);
  expect(one({ resource: `${none}\n` })?.barBytes).toEqual([]);
  for (const text of ["", "garbage\n", "0x1 0x0 0x200\n", `0x0 0x${"f".repeat(16)} 0x200\n`]) {
    expect(one({ resource: text })?.barBytes, text).toBeNull();
  }
  expect(one({})?.barBytes).toBeNull();
});

test("An accelerator's model is known by its id or by NVIDIA's driver, and otherwise unknown", () => {
  const uuid = "GPU-0b1c2d3e-1111-2222-3333-0123456789ab";
  const information = (address: string, text: string): Record<string, string> => ({
    [`/proc/driver/nvidia/gpus/${address}/information`]: text,
  });
  const { accelerators } = read(
    {
      "pci0000:00/0000:00:01.0": gpu,
      "pci0000:00/0000:00:02.0": { ...gpu, device: "0xfff0" },
      "pci0000:00/0000:00:03.0": { ...gpu, device: "0xfff1" },
      "pci0000:00/0000:00:04.0": {
        class: "0x120000",
        vendor: "0x1002",
        device: "0x74a1",
        mem_info_vram_total: "206141652992\n",
      },
      "pci0000:00/0000:00:05.0": { class: "0x00ff00", vendor: "0x1234", device: "0x11e8" },
      "pci0000:00/0000:00:06.0": nic,
    },
    {},
    {
      ...information("0000:00:01.0", `Model: \t\t NVIDIA H100 80GB HBM3\nGPU UUID: \t ${uuid}\n`),
      ...information(
        "0000:00:02.0",
        "Model: NVIDIA X900\nGPU UUID: GPU-????????-????-????-????-????????????\n",
      ),
    },
  );
  const found = accelerators.map((each) => [each.address, each.model, each.uuid, each.memoryBytes]);
  expect(found).toEqual([
    ["0000:00:01.0", "H100 SXM5 80GB", uuid, null],
    ["0000:00:02.0", "X900", null, null],
    ["0000:00:03.0", null, null, null],
    ["0000:00:04.0", "Instinct MI300X", null, 206_141_652_992],
    ["0000:00:05.0", "QEMU edu", null, null],
  ]);
});

test("NICs are named by their RDMA device, or by their first interface", () => {
  const at = (i: number): string => `pci0000:00/0000:00:0${i}.0`;
  const functions = Object.fromEntries([1, 2, 3, 4, 5].map((i) => [at(i), nic]));
  const links = {
    "/sys/class/net/ib0": `../../devices/${at(1)}/net/ib0`,
    "/sys/class/infiniband/mlx5_0": `../../devices/${at(1)}/infiniband/mlx5_0`,
    "/sys/class/net/eth1": `../../devices/${at(2)}/net/eth1`,
    "/sys/class/net/eth0": `../../devices/${at(2)}/net/eth0`,
    "/sys/class/net/eth2": `../../devices/${at(3)}/virtio0/net/eth2`,
    "/sys/class/net/lo": "../../devices/virtual/net/lo",
  };
  const files = { [`/sys/devices/${at(4)}/net/eth9/mtu`]: "1500" };
  const rdmaKnown = read(functions, links, files).nics;
  expect(rdmaKnown.map(({ name, rdma }) => [name, rdma])).toEqual([
    ["mlx5_0", true],
    ["eth0", false],
    ["eth2", false],
    ["eth9", false],
    [null, true],
  ]);
  const { "/sys/class/infiniband/mlx5_0": _rdma, ...others } = links;
  // Then their ids tell: all are ConnectX.
  const unknown = read(functions, others, files).nics;
  expect(unknown.map(({ name, rdma }) => [name, rdma])).toEqual([
    ["ib0", true],
    ["eth0", true],
    ["eth2", true],
    ["eth9", true],
    [null, true],
  ]);
});
