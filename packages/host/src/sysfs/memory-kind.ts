import type { MemoryKind } from "@evenkeel/core/topology/topology.ts";
import type { Tree } from "../tree/tree.ts";
import { fields, readIndex } from "./values.ts";

/**
 * What kind of memory a node has, where the kernel or a driver tells; for the others it is unknown.
 * That a node has CPUs does not make its memory DRAM: the only memory of a Xeon Max may be HBM.
 *
 * - A DAX device that the `kmem` driver has turned into memory of a node says by its place below
 *   which bus it lies: NVDIMMs below `ndbusN`, CXL regions below the CXL root.
 * - NVIDIA's driver says which node holds the memory of a coherently attached GPU.
 *
 * https://docs.kernel.org/admin-guide/mm/memory-hotplug.html, include/linux/dax.h,
 * /proc/driver/nvidia/gpus/ADDRESS/numa_status
 */
export function readMemoryKinds(tree: Tree): ReadonlyMap<number, MemoryKind> {
  const kinds = new Map<number, MemoryKind>();
  for (const device of tree.list("/sys/bus/dax/devices")) {
    const path = `/sys/bus/dax/devices/${device}`;
    const place = tree.realPath(path);
    // Without the kmem driver it is no memory of a node, whatever node it would become.
    if (place === null || tree.readLink(`/sys/bus/dax/drivers/kmem/${device}`) === null) continue;
    const node = readIndex(tree, `${path}/target_node`);
    const kind = kindByPlace(place);
    if (node !== null && kind !== null) kinds.set(node, kind);
  }
  for (const gpu of tree.list("/proc/driver/nvidia/gpus")) {
    const status = tree.readText(`/proc/driver/nvidia/gpus/${gpu}/numa_status`);
    for (const [key, value] of fields(status ?? "")) {
      if (key === "Node" && /^\d{1,4}$/.test(value)) kinds.set(Number(value), "gpu");
    }
  }
  return kinds;
}

function kindByPlace(place: string): MemoryKind | null {
  if (/\/ndbus\d/.test(place)) return "pmem";
  // …/ACPI0017:00/root0/decoder0.0/region0/dax_region0/dax0.0
  if (place.includes("/ACPI0017:") || place.includes("/dax_region")) return "cxl";
  return null;
}
