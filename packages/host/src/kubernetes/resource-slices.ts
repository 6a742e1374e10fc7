import { firstKnown } from "../text/first-known.ts";
import { buildTopology, type NodeParts } from "@evenkeel/core/topology/build.ts";
import { checkedTopology } from "@evenkeel/core/topology/check.ts";
import { standInAddress, standInRoot } from "@evenkeel/core/topology/stand-in.ts";
import type { HugepagePool } from "@evenkeel/core/topology/topology.ts";
import { coresOf, nodesOf } from "./cpu-records.ts";
import { fabricPartitions } from "./fabric-partitions.ts";
import { wholeDevices } from "./gpu-parts.ts";
import { countOf, type KubernetesObject, listAt, textAt, valueAt } from "./objects.ts";
import { functionAt, GPUS_MAX, type NodeReading } from "./reading.ts";
import { invalid, several } from "./refusals.ts";
import { readSliceDevices, type SliceDevice } from "./slice-devices.ts";

export function isResourceSlice({ apiVersion, kind }: KubernetesObject): boolean {
  return apiVersion.startsWith("resource.k8s.io/") && kind === "ResourceSlice";
}

/**
 * Reads the node whose devices are in ResourceSlices (resource.k8s.io, all versions since
 * v1alpha2): GPUs with models, UUIDs, memory, parts and fabric partitions, NICs, their NUMA nodes
 * and host bridges, the CPUs from the driver for CPUs, and the memory from the driver for memory.
 * Bridges below the host bridges are not in the slices. A driver that groups CPUs by node gives the
 * nodes and, where it is told to, the host bridges next to each, but no CPU's number.
 *
 * Errors: `document-invalid` where there are no devices, or slices of several nodes;
 * `topology-inconsistent`.
 */
export function readResourceSlices(
  objects: readonly KubernetesObject[],
  where: string,
): NodeReading {
  const { slices, missing } = currentSlices(objects.map(({ value }) => value));
  const names = new Set(slices.flatMap(nodeNamesOf));
  if (names.size > 1) throw several(names.size, "nodes", where);
  const [name = "node"] = names;
  const read = slices.map(readSliceDevices);
  const all = withoutRepeats(read.flatMap(({ devices }) => devices));
  if (all.length === 0) throw invalid("has no devices", where, "slices with devices");
  const { devices, partsOf, inMig, offered } = wholeDevices(all);
  const placed = placedDevices(devices);
  const gpus = placed.filter(({ device }) => device.role === "gpu");
  if (gpus.length > GPUS_MAX) {
    throw invalid(`has ${gpus.length} GPUs`, where, `a node with at most ${GPUS_MAX} GPUs`);
  }
  const fabric = fabricPartitions(
    gpus.map(({ device, address }) => ({ address, partitions: device.partitions })),
  );
  const groups = groupedCpus(devices);
  const nodes = nodesFrom(devices, placed);
  const topology = buildTopology({
    name,
    source: "kubernetes",
    nodes,
    cores: coresOf(devices.flatMap(({ cpu }) => cpu ?? [])),
    pci: placed.map(({ device, address, root, node }) => {
      const { vendor, device: id } = device;
      return functionAt({ address, root, class: classOf(device), vendor, device: id, node });
    }),
    accelerators: gpus.map(({ device, address }) => {
      const { model, uuid, memoryBytes, moduleId, profile } = device;
      const instances = partsOf.get(device) ?? [];
      const migEnabled = inMig.has(device) ? true : null;
      return { address, model, uuid, moduleId, memoryBytes, profile, migEnabled, instances };
    }),
    nics: placed
      .filter(({ device }) => device.role === "nic")
      .map(({ device: { name: known, rdma }, address }) => ({ address, name: known, rdma })),
    partitions: fabric.partitions,
  });
  if (nodes.length + placed.length === 0) {
    throw invalid(
      "tells of no NUMA node, no CPU's number and no PCI device",
      where,
      "slices of CPUs by number or by node, of memory, or of devices",
    );
  }
  return {
    topology: checkedTopology(topology, where),
    missing: [...missing, ...fabric.missing, ...(groups ? ["the numbers of CPUs"] : [])],
    unused: [
      ...read.flatMap(({ unused }) => unused),
      ...offered.map((type) => `vGPUs that could be made (${type})`),
      ...(devices.some(isUnplaced) ? ["devices without an address"] : []),
    ],
  };
}

/** PCI classes by role. A GPU has none: some vendors use display controller, others accelerator. */
function classOf({ role }: SliceDevice): string {
  return role === "nic" ? "02" : "";
}

interface Slices {
  readonly slices: readonly unknown[];
  readonly missing: readonly string[];
}

/**
 * The slices of each pool's newest generation: a driver writes a new one and then removes the old.
 * A pool says how many slices it has. A slice without a generation counts as the oldest.
 */
function currentSlices(slices: readonly unknown[]): Slices {
  const generation = (slice: unknown): number =>
    Number(countOf(valueAt(slice, "spec", "pool", "generation")));
  const pools = Map.groupBy(slices, (slice) =>
    [textAt(slice, "spec", "driver"), textAt(slice, "spec", "pool", "name")].join(" "),
  );
  const current: unknown[] = [];
  const missing: string[] = [];
  for (const pool of pools.values()) {
    const newest = pool.reduce<number>((most, slice) => Math.max(most, generation(slice)), 0);
    const own = pool.filter((slice) => generation(slice) === newest);
    current.push(...own);
    const count = countOf(valueAt(own[0], "spec", "pool", "resourceSliceCount"));
    const name = textAt(own[0], "spec", "driver") ?? "a driver";
    if (count !== null && own.length < count)
      missing.push(`${count - own.length} of ${count} slices of ${name}`);
  }
  return { slices: current, missing };
}

/** A slice is of one node, or names the node of each device. */
function nodeNamesOf(slice: unknown): readonly string[] {
  const owners = listAt(slice, "metadata", "ownerReferences");
  const owner = owners.find((reference) => textAt(reference, "kind") === "Node");
  const own =
    textAt(slice, "spec", "nodeName") ?? textAt(slice, "nodeName") ?? textAt(owner, "name");
  const devices = listAt(slice, "spec", "devices").flatMap(
    (device) => textAt(device, "nodeName") ?? textAt(device, "basic", "nodeName") ?? [],
  );
  return own === null ? devices : [own, ...devices];
}

interface Placed {
  readonly device: SliceDevice;
  readonly address: string;
  readonly root: string;
  readonly node: number | null;
}

/**
 * The PCI devices: those with an address, and GPUs without one, which get stand-ins. Other devices
 * without an address are not hardware.
 */
function placedDevices(devices: readonly SliceDevice[]): readonly Placed[] {
  const nodeOf = nodesOfRoots(devices);
  let strangers = 0;
  let roots = 0;
  return devices
    .filter((device) => isPciRole(device) && !isUnplaced(device))
    .map((device) => {
      const address = device.address ?? standInAddress(strangers++);
      const [only, ...others] = device.roots;
      const root = others.length > 0 ? undefined : only;
      const node = device.node ?? nodeOf.get(root ?? "") ?? null;
      return { device, address, root: root ?? standInRoot(roots++), node };
    });
}

function isPciRole({ role }: SliceDevice): boolean {
  return role !== "cpu" && role !== "memory";
}

function isUnplaced(device: SliceDevice): boolean {
  return isPciRole(device) && device.address === null && device.role !== "gpu";
}

/**
 * Each PCI device once. Two devices at one address are two ways to use it, such as by its driver
 * and through vfio-pci, and complete each other; parts of a GPU have its address.
 */
function withoutRepeats(devices: readonly SliceDevice[]): readonly SliceDevice[] {
  const byAddress = new Map<string, number>();
  const found: SliceDevice[] = [];
  for (const device of devices) {
    const { address } = device;
    const isOwn = isPciRole(device) && device.role !== "part" && address !== null;
    const at = isOwn ? byAddress.get(address) : undefined;
    const known = at === undefined ? undefined : found[at];
    if (at === undefined || known === undefined) {
      if (isOwn) byAddress.set(address, found.length);
      found.push(device);
    } else found[at] = completed(known, device);
  }
  return found;
}

/** The first device, with the facts that only the second has; whose part it is stays its own. */
function completed(first: SliceDevice, second: SliceDevice): SliceDevice {
  const { parentUuid, cpu, pageBytes } = first;
  return {
    ...firstKnown(first, second),
    role: first.role === "other" ? second.role : first.role,
    roots: first.roots.length > 0 ? first.roots : second.roots,
    partitions: first.partitions.size > 0 ? first.partitions : second.partitions,
    parentUuid,
    cpu,
    pageBytes,
  };
}

/** The node of each host bridge, from the CPUs next to it; none where two nodes have it. */
function nodesOfRoots(devices: readonly SliceDevice[]): ReadonlyMap<string, number | null> {
  const nodes = new Map<string, number | null>();
  for (const { role, roots, node } of devices) {
    if (role !== "cpu" || node === null) continue;
    for (const root of roots) {
      const known = nodes.get(root);
      nodes.set(root, known === undefined || known === node ? node : null);
    }
  }
  return nodes;
}

function groupedCpus(devices: readonly SliceDevice[]): boolean {
  return devices.some(({ role, cpu }) => role === "cpu" && cpu === null);
}

function nodesFrom(devices: readonly SliceDevice[], placed: readonly Placed[]): NodeParts[] {
  const memory = new Map<number, Pick<NodeParts, "memoryBytes" | "hugepages">>();
  for (const { role, node, memoryBytes, pageBytes, isHuge } of devices) {
    if (role !== "memory" || node === null || memoryBytes === null) continue;
    const known = memory.get(node) ?? { memoryBytes: null, hugepages: null };
    const pools = (known.hugepages ?? []).filter(({ sizeBytes }) => sizeBytes !== pageBytes);
    const isPool = isHuge && pageBytes !== null;
    memory.set(node, {
      memoryBytes: isHuge ? known.memoryBytes : memoryBytes,
      hugepages: isPool ? [...pools, poolOf(memoryBytes, pageBytes)] : known.hugepages,
    });
  }
  return nodesOf(
    memory,
    devices.flatMap(({ cpu }) => cpu ?? []),
    [
      ...devices.flatMap(({ role, node }) => (role === "cpu" ? node : null)),
      ...placed.map(({ node }) => node),
    ],
  );
}

/**
 * A node's huge pages of a size. Drivers count them in bytes or in pages; a number of pages is no
 * multiple of a page's size.
 */
function poolOf(amount: number, sizeBytes: number): HugepagePool {
  const total = amount % sizeBytes === 0 ? amount / sizeBytes : amount;
  return { sizeBytes, total, free: null };
}
