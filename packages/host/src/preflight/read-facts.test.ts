import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { GiB, KiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import { expect, test } from "vitest";
import { memoryTree } from "../tree/memory-tree.ts";
import { readOpenFiles } from "../procfs/open-files.ts";
import { readFacts } from "./read-facts.ts";

const plan = planOf({
  cells: [
    { cores: 1, devices: [{ address: "0000:1b:00.0" }, { address: "0000:1c:00.0", kind: "nic" }] },
  ],
});
const uuid = "3f0e6d3a-91a4-4a27-9d0b-5c2b1f6e7a88";
const pci = "/sys/bus/pci/devices";

/** A host where a disk, a NIC and a VM are in the way. */
const files: Readonly<Record<string, string>> = {
  "/sys/devices/system/cpu/online": "0-7\n",
  "/sys/devices/system/node/node0/meminfo": `Node 0 MemTotal: 1048576 kB
Node 0 MemFree:         1000 kB
Node 0 FilePages:        500 kB
Node 0 Shmem:            100 kB
Node 0 SReclaimable:      24 kB
`,
  "/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages": "8\n",
  "/sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages": "3\n",
  "/sys/devices/system/node/node1/meminfo": "Node 1 MemFree: 7 kB\n",
  "/proc/self/mounts": `hugetlbfs /dev/hugepages hugetlbfs rw,pagesize=2M 0 0
none /dev/hugepages1G hugetlbfs rw,relatime,pagesize=1024M 0 0
/dev/nvme0n1p2 / ext4 rw 0 0
`,
  "/sys/fs/cgroup/cpuset.cpus.effective": "0-7\n",
  "/sys/fs/cgroup/cpuset.mems.effective": "0-1\n",
  "/sys/fs/cgroup/machine.slice/cpuset.cpus.effective": "0-3\n",
  "/proc/4711/cmdline": `/usr/bin/qemu-system-x86_64\0-uuid\0${uuid}\0`,
  "/proc/cpuinfo": "address sizes\t: 46 bits physical, 48 bits virtual\n",
  "/proc/sys/kernel/numa_balancing": "1\n",
  "/sys/kernel/mm/ksm/run": "0\n",
  "/proc/self/status": "CapEff:\t0000000000000000\n",
  "/proc/self/limits":
    "Max locked memory         8388608              8388608              bytes\n",
  "/sys/devices/pci0000:1a/0000:1b:00.0/class": "0x030200\n",
  "/sys/devices/pci0000:1a/0000:1b:00.0/nvme/nvme0/nvme0n1/nvme0n1p2/size": "1\n",
  "/sys/devices/pci0000:1a/0000:1c:00.0/class": "0x020000\n",
  "/sys/devices/pci0000:1a/0000:1c:00.0/net/eth0/flags": "0x1003\n",
  "/sys/class/iommu/dmar0/name": "dmar0\n",
  "/sys/bus/pci/drivers/vfio-pci/module": "",
};
const links: Readonly<Record<string, string>> = {
  [`${pci}/0000:1b:00.0`]: "/sys/devices/pci0000:1a/0000:1b:00.0",
  [`${pci}/0000:1c:00.0`]: "/sys/devices/pci0000:1a/0000:1c:00.0",
  "/sys/devices/pci0000:1a/0000:1b:00.0/iommu_group": "/sys/kernel/iommu_groups/40",
  "/sys/devices/pci0000:1a/0000:1b:00.0/driver": "/sys/bus/pci/drivers/nvme",
  "/sys/kernel/iommu_groups/40/devices/0000:1b:00.0": "/sys/devices/pci0000:1a/0000:1b:00.0",
  "/sys/kernel/iommu_groups/40/devices/0000:1c:00.0": "/sys/devices/pci0000:1a/0000:1c:00.0",
  "/sys/class/block/nvme0n1p2": "/sys/devices/pci0000:1a/0000:1b:00.0/nvme/nvme0/nvme0n1/nvme0n1p2",
  "/proc/4711/exe": "/usr/bin/qemu-system-x86_64",
  "/proc/4711/fd/9": "/dev/vfio/40",
};

test("QEMU started by a command stays in the command's cgroups", async () => {
  const own = {
    ...files,
    "/proc/self/cgroup": "1:devices:/a\n0::/user.slice/session-1.scope\n",
    "/sys/fs/cgroup/user.slice/session-1.scope/cpuset.cpus.effective": "4-7\n",
  };
  const tree = memoryTree(new Map(Object.entries(own)), new Map(Object.entries(links)), "test");
  const versions = { libvirt: null, qemu: "7.2.0", refusal: null };
  const facts = await readFacts(tree, {
    plan,
    uuid,
    via: "qemu",
    domains: null,
    holdings,
    open: readOpenFiles(tree),
    versions,
    firmwareFile: null,
  });
  expect(facts.cgroups.map(({ path, cpus }) => `${path} ${cpus}`)).toEqual([
    "/ 0-7",
    "/user.slice/session-1.scope 4-7",
  ]);
});

const holdings = { held: [], unreadable: [] };

test("file pages count as usable only where the amount of shared memory is known", async () => {
  const meminfo = `Node 1 MemFree: 7 kB
Node 1 FilePages: 500 kB
Node 1 SReclaimable: 24 kB
`;
  const own = new Map([
    ...Object.entries(files),
    ["/sys/devices/system/node/node1/meminfo", meminfo] as const,
  ]);
  const tree = memoryTree(own, new Map(Object.entries(links)), "test");
  const versions = { libvirt: null, qemu: "7.2.0", refusal: null };
  const facts = await readFacts(tree, {
    plan,
    uuid,
    via: "qemu",
    domains: null,
    holdings,
    open: readOpenFiles(tree),
    versions,
    firmwareFile: null,
  });
  expect(facts.nodes[1]?.availableBytes).toBe(31 * KiB);
});

test("the facts for a start are read from the kernel's own files", async () => {
  const tree = memoryTree(new Map(Object.entries(files)), new Map(Object.entries(links)), "test");
  const versions = { libvirt: "9.0.0", qemu: "7.2.0", refusal: null };
  const facts = await readFacts(tree, {
    plan,
    uuid,
    via: "libvirt",
    domains: null,
    holdings,
    open: readOpenFiles(tree),
    versions,
    firmwareFile: "/usr/share/OVMF/OVMF_CODE_4M.fd",
  });
  expect(facts).toMatchObject({
    nodes: [
      { id: 0, availableBytes: 1424 * KiB, hugepages: [{ sizeBytes: 2 * MiB, total: 8, free: 3 }] },
      { id: 1, availableBytes: 7 * KiB, hugepages: [] },
    ],
    hugetlbfsBytes: [2 * MiB, GiB],
    onlineCpus: "0-7",
    cgroups: [
      { path: "/", cpus: "0-7", nodes: "0-1" },
      { path: "/machine.slice", folder: "/sys/fs/cgroup/machine.slice", cpus: "0-3", nodes: null },
    ],
    iommu: true,
    vfioPci: true,
    addressBits: 46,
    lockableBytes: 8 * MiB,
    numaBalancing: 1,
    ksmRun: 0,
    emulatorPid: 4711,
    firmware: { file: "/usr/share/OVMF/OVMF_CODE_4M.fd", present: false },
    versions,
  });
  expect(facts.devices).toMatchObject([
    {
      address: "0000:1b:00.0",
      present: true,
      driver: "nvme",
      iommuGroup: 40,
      groupMembers: ["0000:1b:00.0", "0000:1c:00.0"],
      users: ["/dev/nvme0n1p2 is mounted on /", "/dev/vfio/40 is open in process 4711"],
    },
    {
      address: "0000:1c:00.0",
      bridge: false,
      iommuGroup: null,
      users: ["network interface eth0 is up"],
    },
  ]);
});
