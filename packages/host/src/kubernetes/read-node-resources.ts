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

/**
 * What Kubernetes' agents publish of a node: one NodeResourceTopology, the ResourceSlices of one node,
 * or both, whichever a text holds.
 *
 * Errors: `document-invalid` where it holds neither, or those of several nodes; and those of both.
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
 * The node in a NodeResourceTopology (topology.node.k8s.io v1alpha1 or v1alpha2), as the Node Feature
 * Discovery, Koordinator and others publish it: NUMA nodes, their memory and huge pages, distances,
 * and whole GPUs by their number on each node. Koordinator's annotation tells the CPUs too; where
 * it is not there, only their number is known, for which a Topology has no place, as it has none
 * for topology policies and for devices of which only a resource's name is known.
 *
 * Errors: `document-invalid` where the text holds no such object, several, or one without zones that
 * are NUMA nodes; `yaml-malformed`, `json-malformed`, `file-too-large`, `topology-inconsistent`.
 * https://github.com/k8stopologyawareschedwg/noderesourcetopology-api
 */
export function readNodeResourceTopology(text: string, where: string): Topology {
  return nodeResources(readObjects(text, where), where);
}

/**
 * The node whose devices are in ResourceSlices (resource.k8s.io, all versions since v1alpha3): its
 * GPUs with models, UUIDs and memory, its NICs, their NUMA nodes and host bridges, and its CPUs by
 * the driver for them. Bridges between are not told.
 *
 * Errors: `document-invalid` where the text holds none, or those of several nodes; and the same others.
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
  if (gpus.reduce((sum, { count }) => sum + count, 0) > GPUS_MAX) {
    throw invalid(`has more than ${GPUS_MAX} GPUs`, where, "a node that a machine can be");
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

/** Koordinator's agent tells every CPU in an annotation that is JSON. */
function koordinatorCpus(value: unknown): readonly CpuRecord[] {
  const text = textAt(value, "metadata", "annotations", "node.koordinator.sh/cpu-topology");
  if (text === null) return [];
  let topology: unknown;
  try {
    topology = JSON.parse(text);
  } catch {
    // An annotation is nobody's promise: without it the zones still stand.
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
  const { devices: told, instancesOf } = wholeDevices(slices.flatMap(readSliceDevices));
  if (told.length === 0) throw invalid("names no devices", where, "slices with devices");
  const placed = placedDevices(told);
  const records = told.flatMap(({ cpu }) => cpu ?? []);
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

/** A GPU is a display controller to some vendors and an accelerator to others. */
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

/** Devices with addresses, each once, and GPUs without, which get stand-ins; others are no hardware. */
function placedDevices(told: readonly SliceDevice[]): readonly Placed[] {
  const placed = new Map<string, Placed>();
  let strangers = 0;
  let roots = 0;
  for (const device of told) {
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
      remedy: "a definition says what such objects look like; give one of them",
    }),
  });
}

function several(count: number, what: string, where: string): EvenkeelError {
  return new EvenkeelError("document-invalid", `holds ${count} ${what}`, {
    where,
    expected: "what is known of one node",
    remedy: "ask kubectl for the objects of one node",
  });
}

function invalid(message: string, where: string, expected: string): EvenkeelError {
  return new EvenkeelError("document-invalid", message, { where, expected });
}
