import { expect, test } from "vitest";
import { cpuFiles, treeOf } from "../../testing/sysfs/tree-of.ts";
import { gather } from "../snapshot/gather.ts";
import { memoryTree } from "../tree/memory-tree.ts";
import type { Tree } from "../tree/tree.ts";
import { readSysfs } from "./read.ts";

type Files = Readonly<Record<string, string>>;

/** A function's files, in place of the links in `/sys/bus/pci/devices`. */
function pciFunction(address: string, code: string, driver: string | null = null): Machine {
  const path = `/sys/devices/pci0000:00/${address}`;
  const bus = `/sys/bus/pci/devices/${address}`;
  return {
    files: {
      [`${path}/class`]: `0x${code}\n`,
      [`${path}/vendor`]: "0x10de\n",
      [`${path}/device`]: "0x1c03\n",
    },
    links: {
      [bus]: `../../../devices/pci0000:00/${address}`,
      ...(driver === null ? {} : { [`${path}/driver`]: `../../../bus/pci/drivers/${driver}` }),
    },
  };
}

interface Machine {
  readonly files: Files;
  readonly links: Files;
}

const mib = (...machines: readonly Machine[]): Machine => ({
  files: Object.assign({}, ...machines.map(({ files }) => files)),
  links: Object.assign({}, ...machines.map(({ links }) => links)),
});

/** Two cards, a drive, a SATA controller and a NIC of two ports. */
const machine = mib(
  { files: cpuFiles(0, "0", 0), links: {} },
  pciFunction("0000:00:01.0", "030000", "amdgpu"),
  pciFunction("0000:00:02.0", "030000", "nvidia"),
  pciFunction("0000:00:03.0", "010802", "nvme"),
  pciFunction("0000:00:04.0", "010601", "ahci"),
  pciFunction("0000:00:05.0", "020000", "ixgbe"),
  pciFunction("0000:00:05.1", "020000", "ixgbe"),
);

/** A block device in a place, found by its name and its number. */
function block(
  name: string,
  number: string,
  place: string,
  below: readonly string[] = [],
): Machine {
  const path = `/sys/devices/${place}`;
  return {
    files: { [`${path}/dev`]: `${number}\n` },
    links: {
      [`/sys/class/block/${name}`]: `../../devices/${place}`,
      [`/sys/dev/block/${number}`]: `../../devices/${place}`,
      ...Object.fromEntries(
        below.map((other) => [`${path}/slaves/${other}`, `/sys/class/block/${other}`]),
      ),
    },
  };
}

const disk = (name: string, number: string, function_: string): Machine =>
  block(name, number, `pci0000:00/${function_}/ata1/host0/block/${name}`);
const part = (name: string, number: string, function_: string, of: string): Machine =>
  mib(block(name, number, `pci0000:00/${function_}/ata1/host0/block/${of}/${name}`), {
    files: {
      [`/sys/devices/pci0000:00/${function_}/ata1/host0/block/${of}/${name}/partition`]: "1\n",
    },
    links: {},
  });
const sata = mib(disk("sda", "8:0", "0000:00:04.0"), part("sda2", "8:2", "0000:00:04.0", "sda"));
const nvme = mib(
  disk("nvme0n1", "259:0", "0000:00:03.0"),
  part("nvme0n1p2", "259:2", "0000:00:03.0", "nvme0n1"),
);

const mounted = (...lines: readonly string[]): Machine => ({
  files: { "/proc/self/mountinfo": `${lines.join("\n")}\n` },
  links: {},
});
const proc = (name: string, text: string): Machine => ({
  files: { [`/proc/net/${name}`]: text },
  links: {},
});
const net = (name: string, address: string): Machine => ({
  files: { [`/sys/devices/pci0000:00/${address}/net/${name}/mtu`]: "1500\n" },
  links: { [`/sys/class/net/${name}`]: `../../devices/pci0000:00/${address}/net/${name}` },
});
/** A bridge, bond or VLAN on others. */
const upon = (name: string, ...lower: readonly string[]): Machine => ({
  files: { [`/sys/devices/virtual/net/${name}/mtu`]: "1500\n" },
  links: {
    [`/sys/class/net/${name}`]: `../../devices/virtual/net/${name}`,
    ...Object.fromEntries(
      lower.map((one) => [
        `/sys/devices/virtual/net/${name}/lower_${one}`,
        `/sys/class/net/${one}`,
      ]),
    ),
  },
});
const route4 = (...rows: readonly string[]): Machine =>
  proc(
    "route",
    ["Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask", ...rows].join("\n"),
  );
const usual = (name: string): string =>
  `${name}\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0`;
const own = (name: string): string =>
  `${name}\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0`;
const nics = mib(net("eno1", "0000:00:05.0"), net("eno2", "0000:00:05.1"));

function usesOf(tree: Tree): Record<string, string> {
  const { pci } = readSysfs(tree, "test");
  return Object.fromEntries(
    pci.flatMap(({ address, hostUse }) => (hostUse === null ? [] : [[address.slice(8), hostUse]])),
  );
}

const vga = (...addresses: readonly string[]): Machine => ({
  files: Object.fromEntries(
    ["0000:00:01.0", "0000:00:02.0"].map((address) => [
      `/sys/devices/pci0000:00/${address}/boot_vga`,
      addresses.includes(address) ? "1\n" : "0\n",
    ]),
  ),
  links: {},
});
const route6 = (name: string, flags = "00450003"): string =>
  `${"0".repeat(32)} 00 ${"0".repeat(32)} 00 fe80${"0".repeat(28)} 00000400 00000001 00000000 ${flags} ${name}\n`;

test.each<[what: string, Machine, Record<string, string>]>([
  ["nothing is told", mib(), {}],
  ["the primary display has a driver", vga("0000:00:01.0"), { "01.0": "display" }],
  [
    "a guest may have the primary display",
    mib(vga("0000:00:02.0"), {
      files: {},
      links: { "/sys/devices/pci0000:00/0000:00:02.0/driver": "../../../bus/pci/drivers/vfio-pci" },
    }),
    {},
  ],
  [
    "the root file system is on a partition",
    mib(sata, mounted("22 1 8:2 / / rw shared:1 - ext4 /dev/sda2 rw")),
    { "04.0": "boot-disk" },
  ],
  [
    "data is on a disk of its own",
    mib(
      sata,
      nvme,
      mounted(
        "22 1 259:2 / / rw - ext4 /dev/nvme0n1p2 rw",
        "23 22 8:2 / /srv rw shared:4 master:1 - xfs /dev/sda2 rw",
      ),
    ),
    { "03.0": "boot-disk" },
  ],
  [
    "device mapper is on a RAID of two disks",
    mib(
      sata,
      nvme,
      block("md0", "9:0", "virtual/block/md0", ["sda2", "nvme0n1p2"]),
      block("dm-0", "253:0", "virtual/block/dm-0", ["md0"]),
      mounted("22 1 253:0 / / rw - ext4 /dev/mapper/vg-root rw"),
    ),
    { "03.0": "boot-disk", "04.0": "boot-disk" },
  ],
  [
    "btrfs on an encrypted partition has no number",
    mib(
      nvme,
      block("dm-3", "253:3", "virtual/block/dm-3", ["nvme0n1p2"]),
      { files: { "/sys/devices/virtual/block/dm-3/dm/name": "luks-1\n" }, links: {} },
      mounted("22 1 0:35 /root / rw - btrfs /dev/mapper/luks-1 rw"),
    ),
    { "03.0": "boot-disk" },
  ],
  [
    "an NVMe drive has several controllers",
    mib(
      block("nvme0n1", "259:0", "virtual/nvme-subsystem/nvme-subsys0/nvme0n1"),
      {
        files: {},
        links: {
          "/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0":
            "../../../pci0000:00/0000:00:03.0/nvme/nvme0",
        },
      },
      { files: { "/sys/devices/pci0000:00/0000:00:03.0/nvme/nvme0/dev": "" }, links: {} },
      mounted("22 1 259:0 / / rw - ext4 /dev/nvme0n1 rw"),
    ),
    { "03.0": "boot-disk" },
  ],
  [
    "/boot is elsewhere than a root over the network",
    mib(
      sata,
      mounted(
        "22 1 0:20 / / rw - nfs4 server:/root rw",
        "23 22 8:2 / /boot rw - ext4 /dev/sda2 rw",
      ),
    ),
    { "04.0": "boot-disk" },
  ],
  ["a container has no disk", mib(sata, mounted("22 1 0:50 / / rw - overlay overlay rw")), {}],
  [
    "an older recording has mounts alone",
    mib(sata, { files: { "/proc/mounts": "/dev/sda2 / ext4 rw 0 0\n" }, links: {} }),
    { "04.0": "boot-disk" },
  ],
  [
    "a NIC has the default route",
    mib(nics, route4(usual("eno2"), own("eno1"))),
    { "05.1": "default-route" },
  ],
  [
    "a bridge on a bond of both has it",
    mib(
      nics,
      upon("br0", "bond0.7"),
      upon("bond0.7", "bond0"),
      upon("bond0", "eno1", "eno2"),
      route4(usual("br0")),
    ),
    { "05.0": "default-route", "05.1": "default-route" },
  ],
  ["it is of IPv6", mib(nics, proc("ipv6_route", route6("eno1"))), { "05.0": "default-route" }],
  [
    "a tunnel has it, which lies on no device",
    mib(nics, upon("wg-tenant-a"), route4(usual("wg-tenant-a"))),
    {},
  ],
  [
    "the kernel's route to nowhere is none",
    mib(nics, proc("ipv6_route", route6("lo", "00200200") + route6("eno1", "00200200"))),
    {},
  ],
  [
    "everything at once",
    mib(
      vga("0000:00:01.0"),
      sata,
      nics,
      mounted("22 1 8:2 / / rw - ext4 /dev/sda2 rw"),
      upon("br-tenant-a", "eno1"),
      route4(usual("br-tenant-a")),
    ),
    { "01.0": "display", "04.0": "boot-disk", "05.0": "default-route" },
  ],
])("what the host uses, where %s, is found, also in a snapshot", (_, more, uses) => {
  const { files, links } = mib(machine, more);
  const tree = treeOf(files, links);
  expect(usesOf(tree)).toEqual(uses);
  const recording = gather(tree);
  const again = memoryTree(recording.files, recording.links, "again", recording.directories);
  expect(usesOf(again)).toEqual(uses);
  const kept = [
    ...[...recording.files].flatMap(([path, bytes]) => [path, new TextDecoder().decode(bytes)]),
    ...[...recording.links].flat(),
    ...recording.directories,
  ].join("\n");
  expect(kept).not.toMatch(/tenant|vg-root|luks-1|server|0101A8C0|fe80/);
});
