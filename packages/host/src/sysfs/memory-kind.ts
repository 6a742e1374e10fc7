import type { Access, MemoryKind } from "@evenkeel/core/topology/topology.ts";
import { count } from "@evenkeel/core/unit/tally.ts";
import type { Tree } from "../tree/tree.ts";
import { fields, indexedNames, readIndex, readLine } from "./values.ts";

/** The facts about a node that its memory kind depends on. */
export interface NodeMemory {
  readonly id: number;
  readonly hasCpus: boolean;
  readonly memoryBytes: number | null;
}

/**
 * Finds each node's kind of memory where the kernel, a driver or firmware shows it; other nodes'
 * kinds are unknown. A node with CPUs need not have DRAM: the only memory of a Xeon Max may be HBM.
 *
 * - A DAX device that the `kmem` driver has turned into a node's memory: its path shows its bus,
 *   `ndbusN` for NVDIMMs and the CXL root for CXL regions.
 * - A CXL region that firmware set up as ordinary memory: the memory block at its physical address
 *   names the node.
 * - The memory of a coherently attached GPU: NVIDIA's driver names the node.
 * - HBM: HMAT has the bandwidths, see `fastMemory`.
 *
 * https://docs.kernel.org/admin-guide/mm/memory-hotplug.html, include/linux/dax.h,
 * Documentation/ABI/testing/sysfs-bus-cxl, /proc/driver/nvidia/gpus/ADDRESS/numa_status
 */
export function readMemoryKinds(
  tree: Tree,
  nodes: readonly NodeMemory[],
  access: readonly Access[],
): ReadonlyMap<number, MemoryKind> {
  const kinds = new Map<number, MemoryKind>();
  for (const id of fastMemory(nodes, access)) kinds.set(id, "hbm");
  for (const id of cxlMemory(tree, nodes)) kinds.set(id, "cxl");
  for (const device of tree.list("/sys/bus/dax/devices")) {
    const path = `/sys/bus/dax/devices/${device}`;
    const place = tree.realPath(path);
    // Without the kmem driver the device is not memory of a node, whatever its target node.
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

/** HBM is at least this many times as fast as the CPUs' own memory. */
const hbmSpeedup = 2;

/**
 * Nodes without CPUs that CPUs read at least twice as fast as their own memory, by HMAT: only HBM
 * beside DRAM is. This recognizes Xeon Max in flat mode, whose firmware gives both the same kind.
 */
function fastMemory(nodes: readonly NodeMemory[], access: readonly Access[]): number[] {
  const bandwidth = new Map(
    access.map((one) => [`${one.initiator} ${one.target}`, one.readBytesPerSecond]),
  );
  const isFast = (id: number): boolean =>
    access.some(({ initiator, target, readBytesPerSecond: rate }) => {
      const own = bandwidth.get(`${initiator} ${initiator}`) ?? null;
      return target === id && rate !== null && own !== null && rate >= hbmSpeedup * own;
    });
  return nodes.filter(({ hasCpus, id }) => !hasCpus && isFast(id)).map(({ id }) => id);
}

const memoryDirectory = "/sys/devices/system/memory";
const cxlDirectory = "/sys/bus/cxl/devices";

/**
 * Nodes whose memory is entirely in CXL regions. A region is an interleave set of one kind of
 * memory. Persistent memory in a region reaches a node as NVDIMMs do, if at all.
 */
function cxlMemory(tree: Tree, nodes: readonly NodeMemory[]): number[] {
  const sizes = new Map<number, number>();
  const blockBytes = hexadecimal(readLine(tree, `${memoryDirectory}/block_size_bytes`), "");
  if (blockBytes === null || blockBytes === 0) return [];
  for (const region of indexedNames(tree, cxlDirectory, "region")) {
    const path = `${cxlDirectory}/region${region}`;
    const start = hexadecimal(readLine(tree, `${path}/resource`));
    const bytes = hexadecimal(readLine(tree, `${path}/size`));
    const mode = readLine(tree, `${path}/mode`);
    if (start === null || bytes === null || (mode !== null && mode !== "ram")) continue;
    const block = `${memoryDirectory}/memory${Math.floor(start / blockBytes)}`;
    const [node] = indexedNames(tree, block, "node");
    if (node !== undefined) count(sizes, node, bytes);
  }
  return nodes
    .filter(({ id, memoryBytes }) => {
      const bytes = sizes.get(id);
      // A node with more memory than its regions has other memory too.
      return bytes !== undefined && memoryBytes !== null && memoryBytes <= bytes;
    })
    .map(({ id }) => id);
}

/** Parses `0x4080000000`; the block size has no `0x`. Addresses have at most 52 bits. */
function hexadecimal(line: string | null, prefix = "0x"): number | null {
  if (line === null || !line.startsWith(prefix)) return null;
  const digits = line.slice(prefix.length);
  return /^[0-9a-f]{1,13}$/i.test(digits) ? parseInt(digits, 16) : null;
}
