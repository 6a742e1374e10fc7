import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import type { HostUse, PciDevice } from "@evenkeel/core/topology/topology.ts";
import { nameOf, parentOf } from "../tree/resolve.ts";
import type { Tree } from "../tree/tree.ts";
import { pciDirectory } from "./pci.ts";
import { readLine } from "./values.ts";

/** Drivers that only keep a device from others. */
const placeholders: ReadonlySet<string | null> = new Set([null, "vfio-pci", "pci-stub"]);

/**
 * Adds to each function what the host itself needs it for:
 *
 * - its display: the primary one (`boot_vga`), while a driver of the host's drives it;
 * - the disk that it boots from: the controllers of the disks below its root file system and /boot;
 * - its default route: the NICs below the interfaces of all default routes.
 *
 * The last two are followed through device mapper, RAID and NVMe multipath, and through bonds,
 * bridges and VLANs. A root file system without a disk (of a container, or over the network) has no
 * controller. Cost: one small file for each display controller, and some twenty others.
 */
export function withHostUse(tree: Tree, pci: readonly PciDevice[]): PciDevice[] {
  const uses = new Map<string, HostUse>();
  for (const name of defaultRouteInterfaces(tree)) {
    for (const address of addressesIn(tree.realPath(`${netDirectory}/${name}`))) {
      uses.set(address, "default-route");
    }
  }
  for (const disk of bootDisks(tree)) {
    for (const address of controllersOf(tree, disk)) uses.set(address, "boot-disk");
  }
  for (const { address, class: code, driver } of pci) {
    if (!code.startsWith("03") || placeholders.has(driver)) continue;
    if (readLine(tree, `${pciDirectory}/${address}/boot_vga`) === "1") uses.set(address, "display");
  }
  return pci.map((device) => ({ ...device, hostUse: uses.get(device.address) ?? null }));
}

/** The nearest PCI function on the path of a device; none where it is virtual. */
function addressesIn(path: string | null): readonly string[] {
  return path?.split("/").filter(isPciAddress).slice(-1) ?? [];
}

const netDirectory = "/sys/class/net";
/** Bridges on bonds of VLANs are three deep. */
const layersMax = 8;

/**
 * The physical interfaces below those of the default routes, by name: what a bridge, a bond or a
 * VLAN lies on is linked in its folder as `lower_NAME`.
 */
export function defaultRouteInterfaces(tree: Tree): readonly string[] {
  const found = new Set<string>();
  const visit = (name: string, layers: number): void => {
    const folder = `${netDirectory}/${name}`;
    const lower = tree.list(folder).filter((entry) => entry.startsWith("lower_"));
    if (lower.length === 0 && addressesIn(tree.realPath(folder)).length > 0) found.add(name);
    if (layers > 0) for (const entry of lower) visit(entry.slice("lower_".length), layers - 1);
  };
  for (const name of routedInterfaces(tree)) visit(name, layersMax);
  return [...found].toSorted();
}

/** Flags of a route in both tables (include/uapi/linux/route.h). */
const routeUp = 0x1;
const routeReject = 0x200;
const zeroes6 = "0".repeat(32);

/**
 * The interfaces of the routes to everywhere: of IPv4 with destination and mask 0, of IPv6 with a
 * prefix of no bits (net/ipv4/fib_trie.c, net/ipv6/route.c).
 */
function routedInterfaces(tree: Tree): ReadonlySet<string> {
  const rows = (file: string): string[][] =>
    (tree.readText(`/proc/net/${file}`) ?? "").split("\n").map((line) => line.trim().split(/\s+/));
  const isUsed = (flags = ""): boolean => {
    const bits = Number.parseInt(flags, 16);
    return (bits & routeUp) !== 0 && (bits & routeReject) === 0;
  };
  const v4 = rows("route")
    .filter(([, to, , flags, , , , mask]) => to === "00000000" && mask === to && isUsed(flags))
    .flatMap(([name = ""]) => name);
  const v6 = rows("ipv6_route")
    .filter(([to, bits, , , , , , , flags]) => to === zeroes6 && bits === "00" && isUsed(flags))
    .flatMap((row) => row.at(-1) ?? "");
  return new Set([...v4, ...v6].filter((name) => name !== "lo" && isFileName(name)));
}

/** Where a host has what it boots from. */
const bootPoints: ReadonlySet<string> = new Set(["/", "/boot", "/boot/efi"]);

interface Mount {
  /** The kernel's number of the block device, `8:2`; of file systems over several, `0:35`. */
  readonly number: string | null;
  /** The name of the block device: `sda2`, `mapper/vg-root`. */
  readonly device: string | null;
}

/** The disks of the mounts that a host boots from, by the kernel's name: `nvme0n1`. */
export function bootDisks(tree: Tree): readonly string[] {
  const found = new Set<string>();
  const visit = (path: string | null, layers: number): void => {
    if (path === null || layers < 0) return;
    // Read, so that recordings contain it.
    if (readLine(tree, `${path}/partition`) !== null) return visit(parentOf(path), layers - 1);
    const below = tree.list(`${path}/slaves`);
    if (below.length === 0) found.add(nameOf(path));
    for (const name of below) visit(tree.realPath(`${path}/slaves/${name}`), layers - 1);
  };
  for (const mount of bootMounts(tree)) visit(blockDeviceOf(tree, mount), layersMax);
  return [...found].toSorted();
}

/** https://docs.kernel.org/filesystems/proc.html, 3.5; older recordings have `mounts` alone. */
function bootMounts(tree: Tree): readonly Mount[] {
  const named = (source: string): string | null =>
    source.startsWith("/dev/") ? source.slice("/dev/".length) : null;
  const info = tree.readText("/proc/self/mountinfo");
  if (info !== null) {
    return info.split("\n").flatMap((line) => {
      const [, , number = "", , point = "", ...rest] = line.split(" ");
      const [, source = ""] = rest.slice(rest.indexOf("-") + 1);
      return bootPoints.has(point) ? [{ number, device: named(source) }] : [];
    });
  }
  return (tree.readText("/proc/mounts") ?? "").split("\n").flatMap((line) => {
    const [source = "", point = ""] = line.split(" ");
    return bootPoints.has(point) ? [{ number: null, device: named(source) }] : [];
  });
}

const blockDirectory = "/sys/class/block";

/** The folder of a mount's block device; null where it has none, or it cannot be found. */
function blockDeviceOf(tree: Tree, { number, device }: Mount): string | null {
  if (number !== null && /^[1-9]\d*:\d+$/.test(number)) {
    const path = tree.realPath(`/sys/dev/block/${number}`);
    if (path !== null) return path;
  }
  if (device === null) return null;
  if (isFileName(device)) return tree.realPath(`${blockDirectory}/${device}`);
  const [, mapped] = /^mapper\/([^/]+)$/.exec(device) ?? [];
  if (mapped === undefined) return null;
  const ofMapper = tree.list(blockDirectory).filter((name) => name.startsWith("dm-"));
  const own = ofMapper.find(
    (name) => readLine(tree, `${blockDirectory}/${name}/dm/name`) === mapped,
  );
  return own === undefined ? null : tree.realPath(`${blockDirectory}/${own}`);
}

/**
 * The PCI functions that a disk hangs below. An NVMe drive with several controllers is below its
 * subsystem, which links them.
 */
function controllersOf(tree: Tree, disk: string): readonly string[] {
  const path = tree.realPath(`${blockDirectory}/${disk}`);
  const own = addressesIn(path);
  if (path === null || own.length > 0 || !path.includes("/nvme-subsystem/")) return own;
  const subsystem = parentOf(path);
  const controllers = tree.list(subsystem).filter((name) => /^nvme\d+$/.test(name));
  return controllers.flatMap((name) => addressesIn(tree.realPath(`${subsystem}/${name}`)));
}

function isFileName(name: string): boolean {
  return /^[^/]{1,255}$/.test(name) && name !== "." && name !== "..";
}
