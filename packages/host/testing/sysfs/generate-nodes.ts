import { knownPools } from "@evenkeel/core/topology/node-facts.ts";
import { indexSet } from "@evenkeel/core/set/index-set.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import type {
  Access,
  HugepagePool,
  MemoryNode,
  Topology,
} from "@evenkeel/core/topology/topology.ts";
import { maskText } from "./generate-cpus.ts";
import { addLine, addLink, type GeneratedTree } from "./generated-tree.ts";

const nodeRoot = "/sys/devices/system/node";

/**
 * `/sys/devices/system/node`: Documentation/ABI/stable/sysfs-devices-node, with HMAT's figures
 * (admin-guide/mm/numaperf.rst), huge pages (admin-guide/mm/hugetlbpage.rst), and devices whose
 * memory is a node's: dax devices with the `kmem` driver, and NVIDIA's GPUs.
 */
export function generateNodes(tree: GeneratedTree, topology: Topology): void {
  const { nodes, distances } = topology;
  const listed = (wanted: (node: MemoryNode) => boolean): string =>
    formatList(indexSet(nodes.filter(wanted).map(({ id }) => id)));
  addLine(
    tree,
    `${nodeRoot}/online`,
    listed(() => true),
  );
  addLine(
    tree,
    `${nodeRoot}/possible`,
    listed(() => true),
  );
  addLine(
    tree,
    `${nodeRoot}/has_cpu`,
    listed(({ cpus }) => cpus !== ""),
  );
  addLine(
    tree,
    `${nodeRoot}/has_memory`,
    listed(({ memoryBytes }) => memoryBytes !== null && memoryBytes > 0),
  );
  for (const [i, node] of nodes.entries()) {
    const at = `${nodeRoot}/node${node.id}`;
    addLine(tree, `${at}/cpulist`, node.cpus ?? "");
    addLine(tree, `${at}/cpumap`, maskText(node.cpus ?? ""));
    const row = distances?.[i];
    if (row !== undefined) addLine(tree, `${at}/distance`, row.join(" "));
    if (node.memoryBytes !== null)
      tree.files.set(`${at}/meminfo`, meminfo(node.id, node.memoryBytes, node.freeBytes));
    if (node.sideCacheBytes !== null) {
      addLine(tree, `${at}/memory_side_cache/index1/size`, node.sideCacheBytes);
      addLine(tree, `${at}/memory_side_cache/index1/line_size`, 64);
      addLine(tree, `${at}/memory_side_cache/index1/write_policy`, 0);
    }
    for (const pool of knownPools(node)) addPool(tree, `${at}/hugepages`, pool);
  }
  addWholeMachine(tree, nodes);
  addDevicesWithMemory(tree, topology);
  for (const { id } of nodes) addInitiators(tree, id, topology.access);
}

function meminfo(id: number, memoryBytes: number, freeBytes: number | null): string {
  const kilobytes = Math.floor(memoryBytes / 1024);
  const line = (name: string, value: number): string =>
    `Node ${id} ${`${name}:`.padEnd(16)}${`${value}`.padStart(8)} kB\n`;
  const free = freeBytes === null ? "" : line("MemFree", freeBytes / 1024);
  return line("MemTotal", kilobytes) + free + line("MemUsed", 4);
}

function addPool(tree: GeneratedTree, directory: string, pool: HugepagePool): void {
  const at = `${directory}/hugepages-${pool.sizeBytes / 1024}kB`;
  addLine(tree, `${at}/nr_hugepages`, pool.total);
  if (pool.free !== null) addLine(tree, `${at}/free_hugepages`, pool.free);
  addLine(tree, `${at}/surplus_hugepages`, 0);
}

/** The machine's total over all nodes, where it is known for each. */
function addWholeMachine(tree: GeneratedTree, nodes: readonly MemoryNode[]): void {
  const bytes = nodes.flatMap(({ memoryBytes }) => memoryBytes ?? []);
  if (bytes.length === nodes.length) {
    const text = `MemTotal:       ${Math.floor(sum(bytes) / 1024)} kB\nMemFree:        8 kB\n`;
    tree.files.set("/proc/meminfo", text);
  }
  const sizes = new Set(nodes.flatMap(knownPools).map((pool) => pool.sizeBytes));
  for (const sizeBytes of sizes) {
    const pools = nodes.flatMap(knownPools).filter((pool) => pool.sizeBytes === sizeBytes);
    const free = pools.flatMap((pool) => pool.free ?? []);
    addPool(tree, "/sys/kernel/mm/hugepages", {
      sizeBytes,
      total: sum(pools.map(({ total }) => total)),
      free: free.length < pools.length ? null : sum(free),
    });
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);

/** The GPUs whose memory may be a node's: NVIDIA's, unless another driver has them. */
export function gpusWithDriver({ accelerators, pci }: Topology): string[] {
  const devices = new Map(pci.map((device) => [device.address, device]));
  return accelerators.flatMap(({ address }) => {
    const device = devices.get(address);
    if (device?.vendor !== "10de") return [];
    return device.driver === null || device.driver === "nvidia" ? [address] : [];
  });
}

function addDevicesWithMemory(tree: GeneratedTree, topology: Topology): void {
  const gpus = gpusWithDriver(topology);
  let region = 0;
  for (const { id, kind } of topology.nodes) {
    if (kind === "gpu") {
      const address = gpus.shift();
      if (address === undefined) continue;
      const at = `/proc/driver/nvidia/gpus/${address}/numa_status`;
      tree.files.set(at, `Node:\t\t ${id}\nStatus:\t\t online\n\nRefcount: 1\n`);
      continue;
    }
    const place =
      kind === "cxl"
        ? `/sys/devices/platform/ACPI0017:00/root0/decoder0.0/region${region}/dax_region${region}`
        : kind === "pmem"
          ? `/sys/devices/LNXSYSTM:00/LNXSYBUS:00/ACPI0012:00/ndbus0/region${region}/dax${region}.0`
          : null;
    if (place === null) continue;
    const name = `dax${region}.0`;
    addLine(tree, `${place}/${name}/target_node`, id);
    addLine(tree, `${place}/${name}/numa_node`, 0);
    addLink(tree, `/sys/bus/dax/devices/${name}`, `${place}/${name}`);
    addLink(tree, `/sys/bus/dax/drivers/kmem/${name}`, `${place}/${name}`);
    addLink(tree, `${place}/${name}/driver`, "/sys/bus/dax/drivers/kmem");
    region++;
  }
}

/** The initiators that the kernel shows: the best of those in HMAT. */
export function bestAccess(access: readonly Access[], target: number): Access[] {
  const known = access.filter((entry) => entry.target === target && entry.basis === "hmat");
  const nearest = best(known, ({ readLatencyNs }) => readLatencyNs, Math.min);
  return best(nearest, ({ readBytesPerSecond }) => readBytesPerSecond, Math.max);
}

/** The initiators with the best figure; all where none has one. */
function best(
  entries: readonly Access[],
  figureOf: (entry: Access) => number | null,
  better: (...figures: readonly number[]) => number,
): Access[] {
  const figures = entries.flatMap((entry) => figureOf(entry) ?? []);
  const found = figures.length === 0 ? null : better(...figures);
  return entries.filter((entry) => figureOf(entry) === found);
}

/** The kernel's text for a figure that HMAT lacks. */
const figureUnknown = 0;

/** `access0` and `access1` alike: all of these initiators are processors. */
function addInitiators(tree: GeneratedTree, target: number, access: readonly Access[]): void {
  for (const { initiator, readLatencyNs, readBytesPerSecond } of bestAccess(access, target)) {
    const megabytes = readBytesPerSecond === null ? null : Math.round(readBytesPerSecond / 1e6);
    for (const name of ["access0", "access1"]) {
      const at = `${nodeRoot}/node${target}/${name}/initiators`;
      addLine(tree, `${at}/read_latency`, readLatencyNs ?? figureUnknown);
      addLine(tree, `${at}/read_bandwidth`, megabytes ?? figureUnknown);
      addLink(tree, `${at}/node${initiator}`, `${nodeRoot}/node${initiator}`);
    }
  }
}
