import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { buildTopology } from "@evenkeel/core/topology/build.ts";
import { checkedTopology } from "@evenkeel/core/topology/check.ts";
import { mergeTopologies } from "@evenkeel/core/topology/merge/merge-topologies.ts";
import { standInAddress, standInRoot } from "@evenkeel/core/topology/stand-in.ts";
import type { PciDevice, Topology } from "@evenkeel/core/topology/topology.ts";
import { coresOf, CPU_MAX, type CpuRecord, NODE_MAX, nodesOf } from "./cpu-records.ts";
import { countOf, type KubernetesObject, listAt, readObjects, textAt, valueAt } from "./objects.ts";
import { readSliceDevices, type SliceDevice } from "./slice-devices.ts";
import { wholeDevices } from "./mig-devices.ts";
import { readZones, zoneDistances } from "./zones.ts";
import { unknownSettings } from "@evenkeel/core/topology/unknown-settings.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";

/**
 * Reads what agents in Kubernetes publish about a node: one NodeResourceTopology, the
 * ResourceSlices of one node, or both.
 *
 * Errors: `document-invalid` where the text holds neither, or describes several nodes; and the
 * errors of the two readers.
 */
export function readKubernetes(text: string, where: string): Topology {
  const objects = readObjects(text, where);
  const readings = [
    ...(objects.some(isNodeResourceTopology) ? [nodeResources(objects, where)] : []),
    ...(objects.some(isResourceSlice) ? [resourceSlices(objects, where)] : []),
  ];
  if (readings.length === 0)
    throw unexpected(objects, where, "NodeResourceTopology or ResourceSlice");
  return mergeTopologies(readings).topology;
}

/**
 * Reads the node in a NodeResourceTopology (topology.node.k8s.io v1alpha1 or v1alpha2), as Node
 * Feature Discovery, Koordinator and others publish it: NUMA nodes, their memory and huge pages,
 * distances, and the number of whole GPUs on each node. CPUs are known only from Koordinator's
 * annotation; without it the object has only their count. A Topology has no place for that count,
 * for topology policies, or for devices that are known by a resource's name alone.
 *
 * Errors: `document-invalid` where the text holds no such object, several, or one without zones of
 * type Node; `yaml-malformed`, `json-malformed`, `file-too-large`, `topology-inconsistent`.
 * https://github.com/k8stopologyawareschedwg/noderesourcetopology-api
 */
export function readNodeResourceTopology(text: string, where: string): Topology {
  return nodeResources(readObjects(text, where), where);
}

/**
 * Reads the node whose devices are in ResourceSlices (resource.k8s.io, all versions since
 * v1alpha3): GPUs with models, UUIDs and memory, NICs, their NUMA nodes and host bridges, and the
 * CPUs from the driver for CPUs. Bridges below the host bridges are not in the slices.
 *
 * Errors: `document-invalid` where the text holds no slice, or slices of several nodes; and the
 * other errors above.
 */
export function readResourceSlice(text: string, where: string): Topology {
  return resourceSlices(readObjects(text, where), where);
}

function isNodeResourceTopology({ apiVersion, kind }: KubernetesObject): boolean {
  return apiVersion.startsWith("topology.node.k8s.io/") && kind === "NodeResourceTopology";
}

function isResourceSlice({ apiVersion, kind }: KubernetesObject): boolean {
  return apiVersion.startsWith("resource.k8s.io/") && kind === "ResourceSlice";
}

function nodeResources(objects: readonly KubernetesObject[], where: string): Topology {
  const [first, ...others] = objects.filter(isNodeResourceTopology);
  if (first === undefined) throw unexpected(objects, where, "NodeResourceTopology");
  if (others.length > 0) throw several(others.length + 1, "NodeResourceTopology objects", where);
  const zones = readZones(first.value, where);
  const records = koordinatorCpus(first.value);
  const nodes = nodesOf(new Map(zones.map((zone) => [zone.id, zone])), records, []);
  const gpus = zones
    .toSorted((a, b) => a.id - b.id)
    .flatMap(({ id: node, gpus: offered }) => offered.map((offer) => ({ ...offer, node })));
  if (sumOf(gpus, ({ count }) => count) > GPUS_MAX) {
    throw invalid(`has more than ${GPUS_MAX} GPUs`, where, `a node with at most ${GPUS_MAX} GPUs`);
  }
  const devices = gpus
    .flatMap(({ count, vendor, node }) => Array.from({ length: count }, () => ({ vendor, node })))
    .map(({ vendor, node }, i) => deviceAt(standInAddress(i), standInRoot(i), "", vendor, node));
  const whole = zones.length === nodes.length;
  return checkedTopology(
    buildTopology({
      name: textAt(first.value, "metadata", "name") ?? "node",
      source: "kubernetes",
      nodes,
      distances: whole ? zoneDistances(zones) : null,
      cores: coresOf(records),
      pci: devices,
      accelerators: devices.map(({ address }) => ({
        address,
        model: null,
        uuid: null,
        moduleId: null,
        memoryBytes: null,
      })),
    }),
    where,
  );
}

const GPUS_MAX = 256;

/** The CPUs from the JSON annotation that Koordinator's agent writes. */
function koordinatorCpus(value: unknown): readonly CpuRecord[] {
  const text = textAt(value, "metadata", "annotations", "node.koordinator.sh/cpu-topology");
  if (text === null) return [];
  let topology: unknown;
  try {
    topology = JSON.parse(text);
  } catch {
    // The annotation is optional: a broken one is ignored, and the zones still count.
    return [];
  }
  return listAt(topology, "detail").flatMap((detail): CpuRecord[] => {
    const number = (name: string, max: number): number | null => {
      const count = countOf(valueAt(detail, name));
      return count !== null && count <= max ? count : null;
    };
    const [cpu, node] = [number("id", CPU_MAX), number("node", NODE_MAX)];
    if (cpu === null) return [];
    const [core, socket] = [number("core", CPU_MAX), number("socket", CPU_MAX)];
    return [{ cpu, core, package: socket, node, l3: null }];
  });
}

function resourceSlices(objects: readonly KubernetesObject[], where: string): Topology {
  const slices = objects.filter(isResourceSlice).map(({ value }) => value);
  if (slices.length === 0) throw unexpected(objects, where, "ResourceSlice");
  const names = new Set(slices.map(nodeNameOf).filter((name) => name !== null));
  if (names.size > 1) throw several(names.size, "nodes", where);
  const [name = "node"] = names;
  const { devices, instancesOf } = wholeDevices(slices.flatMap(readSliceDevices));
  if (devices.length === 0) throw invalid("has no devices", where, "slices with devices");
  const placed = placedDevices(devices);
  const records = devices.flatMap(({ cpu }) => cpu ?? []);
  const nodes = nodesOf(
    new Map(),
    records,
    placed.map(({ device }) => device.node),
  );
  return checkedTopology(
    buildTopology({
      name,
      source: "kubernetes",
      nodes,
      cores: coresOf(records),
      pci: placed.map(({ device, address, root }) =>
        deviceAt(address, root, classes[device.role], device.vendor, device.node),
      ),
      accelerators: placed
        .filter(({ device }) => device.role === "gpu")
        .map(({ device, address }) => {
          const { model, uuid, memoryBytes } = device;
          const instances = instancesOf.get(device) ?? [];
          const migEnabled = instances.length > 0 ? true : null;
          return { address, model, uuid, moduleId: null, memoryBytes, migEnabled, instances };
        }),
      nics: placed
        .filter(({ device }) => device.role === "nic")
        .map(({ device: { name: known, rdma }, address }) => ({ address, name: known, rdma })),
    }),
    where,
  );
}

/**
 * PCI classes by role. A GPU has none here: some vendors use display controller, others
 * accelerator.
 */
const classes = { gpu: "", mig: "", nic: "02", other: "" } as const;

function nodeNameOf(slice: unknown): string | null {
  const named = textAt(slice, "spec", "nodeName");
  if (named !== null) return named;
  const owners = listAt(slice, "metadata", "ownerReferences");
  const owner = owners.find((reference) => textAt(reference, "kind") === "Node");
  return textAt(owner, "name");
}

interface Placed {
  readonly device: SliceDevice;
  readonly address: string;
  readonly root: string;
}

/**
 * The PCI devices: each device with an address, once, and GPUs without an address, which get
 * stand-ins. Other devices without an address are not hardware.
 */
function placedDevices(devices: readonly SliceDevice[]): readonly Placed[] {
  const placed = new Map<string, Placed>();
  let strangers = 0;
  let roots = 0;
  for (const device of devices) {
    if (device.cpu !== null) continue;
    if (device.address === null && device.role !== "gpu") continue;
    const address = device.address ?? standInAddress(strangers++);
    const root = device.root ?? standInRoot(roots++);
    if (!placed.has(address)) placed.set(address, { device, address, root });
  }
  return [...placed.values()];
}

function deviceAt(
  address: string,
  root: string,
  code: string,
  vendor: string | null,
  node: number | null,
): PciDevice {
  return {
    address,
    parent: null,
    root,
    class: code,
    vendor,
    device: null,
    node,
    iommuGroup: null,
    driver: null,
    link: null,
    barBytes: null,
    physicalFunction: null,
    ...unknownSettings,
  };
}

function unexpected(
  objects: readonly KubernetesObject[],
  where: string,
  wanted: string,
): EvenkeelError {
  const kinds = [...new Set(objects.map(({ kind }) => kind.slice(0, 40)))].slice(0, 4);
  const held = kinds.length === 0 ? "holds no Kubernetes object" : `holds ${kinds.join(", ")}`;
  const definition = kinds.includes("CustomResourceDefinition");
  return new EvenkeelError("document-invalid", held, {
    where,
    expected: `a ${wanted} object`,
    ...(definition && {
      remedy: "this is the definition of the resource; give an object of it",
    }),
  });
}

function several(count: number, what: string, where: string): EvenkeelError {
  return new EvenkeelError("document-invalid", `holds ${count} ${what}`, {
    where,
    expected: "the objects of one node",
    remedy: "get the objects of one node with kubectl",
  });
}

function invalid(message: string, where: string, expected: string): EvenkeelError {
  return new EvenkeelError("document-invalid", message, { where, expected });
}
