import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import type { AcceleratorInstance, PciDevice } from "@evenkeel/core/topology/topology.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { nameOf } from "../tree/resolve.ts";
import type { Tree } from "../tree/tree.ts";
import { pciDirectory } from "./pci.ts";
import { readIndex, readLine } from "./values.ts";

const mdevDirectory = "/sys/bus/mdev/devices";
/** Far more mediated devices than any machine has. */
const mdevsMax = 4096;

/** The vGPUs of a machine. A function has at most one, since it has one guest. */
export interface VirtualGpus {
  /** The vGPU type of each function that has one. */
  readonly typeOf: ReadonlyMap<string, AcceleratorInstance>;
  /** The mediated devices of each GPU without virtual functions. */
  readonly instancesOf: ReadonlyMap<string, readonly AcceleratorInstance[]>;
}

/**
 * Reads the vGPU types of virtual functions. Since Linux 6.8 NVIDIA's driver shows them as
 * `nvidia/current_vgpu_type` of each function. Before, and on other vendors' GPUs, a function in
 * use has a mediated device (Documentation/ABI/testing/sysfs-bus-vfio-mdev). GPUs without SR-IOV
 * have mediated devices on the GPU itself, several on one.
 *
 * The cost is two small files for each virtual function, and three for each mediated device.
 */
export function readVirtualGpus(tree: Tree, functions: readonly PciDevice[]): VirtualGpus {
  const virtual = new Set(
    functions.filter(({ physicalFunction }) => physicalFunction !== null).map((one) => one.address),
  );
  const typeOf = readVendorTypes(tree, functions);
  const instancesOf = new Map<string, AcceleratorInstance[]>();
  for (const { address, instance } of readMediated(tree)) {
    if (!virtual.has(address)) {
      instancesOf.set(address, [...(instancesOf.get(address) ?? []), instance]);
    } else if (!typeOf.has(address)) typeOf.set(address, instance);
  }
  return { typeOf, instancesOf };
}

/**
 * Reads NVIDIA's own types. A function has the number of its type, 0 for none, and a list of the
 * types that could be set on it, with lines `1414 : NVIDIA H200X-1-18C`. The type in use may be
 * missing from that list; then another function of such a GPU may have its name. If none does, it
 * is named like the types of mediated devices, `nvidia-1414`.
 */
function readVendorTypes(
  tree: Tree,
  functions: readonly PciDevice[],
): Map<string, AcceleratorInstance> {
  const names = new Map<string, string>();
  const set = new Map<string, { readonly key: string; readonly type: number }>();
  for (const { address, vendor, device, physicalFunction } of functions) {
    if (physicalFunction === null || vendor !== "10de") continue;
    const path = `${pciDirectory}/${address}/nvidia`;
    const type = readIndex(tree, `${path}/current_vgpu_type`);
    if (type === null) continue;
    const listed = tree.readText(`${path}/creatable_vgpu_types`) ?? "";
    for (const line of listed.slice(0, 65_536).split("\n")) {
      const match = /^\s{0,8}(\d{1,6})\s{0,8}:\s{0,8}(\S.{0,126})$/.exec(line);
      if (match === null) continue;
      names.set(`${device} ${Number(match[1])}`, (match[2] ?? "").trim());
    }
    if (type !== 0) set.set(address, { key: `${device} ${type}`, type });
  }
  return new Map(
    [...set].map(([address, { key, type }]) => {
      const profile = names.get(key) ?? `nvidia-${type}`;
      return [address, { profile, uuid: null, memoryBytes: null }];
    }),
  );
}

interface Mediated {
  /** The function that it belongs to. */
  readonly address: string;
  readonly instance: AcceleratorInstance;
}

/**
 * Reads the mediated devices: `/sys/bus/mdev/devices/UUID` is a link to a directory below its
 * function.
 */
function readMediated(tree: Tree): Mediated[] {
  return tree
    .list(mdevDirectory)
    .slice(0, mdevsMax)
    .flatMap((uuid): Mediated[] => {
      if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid)) return [];
      const path = `${mdevDirectory}/${uuid}`;
      const address = tree.realPath(path)?.split("/").at(-2) ?? "";
      if (!isPciAddress(address)) return [];
      const type = tree.readLink(`${path}/mdev_type`);
      const id = type === null ? "" : nameOf(`/${type}`);
      const name = readLine(tree, `${path}/mdev_type/name`)?.slice(0, 128) ?? null;
      const profile = name ?? (id === "" ? null : id.slice(0, 128));
      const about = tree.readText(`${path}/mdev_type/description`) ?? "";
      const instance = { profile, uuid, memoryBytes: framebufferBytes(about) };
      return [{ address, instance }];
    });
}

/** NVIDIA: `num_heads=4, frl_config=60, framebuffer=4096M, …`. */
function framebufferBytes(description: string): number | null {
  const match = /(?:^|[ ,])framebuffer=(\d{1,7})M\b/.exec(description.slice(0, 1024));
  return match === null ? null : Number(match[1]) * MiB;
}
