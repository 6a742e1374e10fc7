import type { Access, MemoryKind } from "@evenkeel/core/topology/topology.ts";
import { count } from "@evenkeel/core/unit/tally.ts";
import type { Tree } from "../tree/tree.ts";
import { fields, indexedNames, readIndex, readLine } from "./values.ts";

/** A node as far as its kind depends on it. */
export interface NodeMemory {
  readonly id: number;
  readonly hasCpus: boolean;
  readonly memoryBytes: number | null;
}

/**
 * What kind of memory a node has, where the kernel, a driver or firmware tells; for the others it is
 * unknown. That a node has CPUs does not make its memory DRAM: the only memory of a Xeon Max may be
 * HBM.
 *
 * - A DAX device that the `kmem` driver has turned into memory of a node says by its place below
 *   which bus it lies: NVDIMMs below `ndbusN`, CXL regions below the CXL root.
 * - A CXL region that firmware handed over as ordinary memory is found by where it lies in physical
 *   memory: the block there names its node.
 * - NVIDIA's driver says which node holds the memory of a coherently attached GPU.
 * - HMAT says how fast memory is: see `fastMemory`.
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

/** How much faster than the memory beside the CPUs must be what is called HBM. */
const fast = 2;

/**
 * Nodes without CPUs that CPUs read at least twice as fast as their own memory, by HMAT: nothing but
 * HBM beside DRAM is. Xeon Max in flat mode is told so, whose firmware calls both the same.
 */
function fastMemory(nodes: readonly NodeMemory[], access: readonly Access[]): number[] {
  const bandwidth = new Map(
    access.map((one) => [`${one.initiator} ${one.target}`, one.readBytesPerSecond]),
  );
  const isFast = (id: number): boolean =>
    access.some(({ initiator, target, readBytesPerSecond: rate }) => {
      const own = bandwidth.get(`${initiator} ${initiator}`) ?? null;
      return target === id && rate !== null && own !== null && rate >= fast * own;
    });
  return nodes.filter(({ hasCpus, id }) => !hasCpus && isFast(id)).map(({ id }) => id);
}

const memoryDirectory = "/sys/devices/system/memory";
const cxlDirectory = "/sys/bus/cxl/devices";

/**
 * Nodes all of whose memory is in CXL regions. A region is an interleave set of one kind of memory;
 * what it has as persistent memory reaches a node as NVDIMMs' does, if at all.
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
      // A node with more memory than that has other memory too.
      return bytes !== undefined && memoryBytes !== null && memoryBytes <= bytes;
    })
    .map(({ id }) => id);
}

/** `0x4080000000`; the size of a block has no `0x`. Addresses have at most 52 bits. */
function hexadecimal(line: string | null, prefix = "0x"): number | null {
  if (line === null || !line.startsWith(prefix)) return null;
  const digits = line.slice(prefix.length);
  return /^[0-9a-f]{1,13}$/i.test(digits) ? parseInt(digits, 16) : null;
}
