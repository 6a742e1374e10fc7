import { buildTopology, type AcceleratorParts } from "@evenkeel/core/topology/build.ts";
import { checkedTopology } from "@evenkeel/core/topology/check.ts";
import {
  acceleratorPatterns,
  matchingDevices,
  nicPatterns,
} from "@evenkeel/core/topology/device-pattern.ts";
import { standInAddress, standInRoot } from "@evenkeel/core/topology/stand-in.ts";
import type { PciDevice } from "@evenkeel/core/topology/topology.ts";
import { acceleratorModel } from "../pci-ids/accelerator-models.ts";
import { rdmaById } from "../pci-ids/rdma-nics.ts";
import { quantityOf } from "./attributes.ts";
import { countOf, type KubernetesObject, listAt, textAt, valueAt } from "./objects.ts";
import { functionAt, GPUS_MAX, type NodeReading } from "./reading.ts";
import { invalid, several } from "./refusals.ts";

export function isNodeObject({ apiVersion, kind }: KubernetesObject): boolean {
  const isFeature = apiVersion.startsWith("nfd.k8s-sigs.io/") && kind === "NodeFeature";
  return isFeature || (apiVersion === "v1" && kind === "Node");
}

/**
 * Reads the Node object, whose labels come from Node Feature Discovery and the GPU operators, and
 * NodeFeature objects, which have the features themselves: the architecture, the number and the
 * model of GPUs, and PCI devices by class and id. Neither has addresses, so devices get stand-ins,
 * on no known node. That there are several NUMA nodes does not tell their numbers; that there is
 * one tells that it is node 0.
 *
 * Errors: `document-invalid` where there are objects of several nodes, or they tell of nothing that
 * a topology holds; `topology-inconsistent`.
 * https://kubernetes-sigs.github.io/node-feature-discovery/stable/usage/features.html
 */
export function readNodeObjects(objects: readonly KubernetesObject[], where: string): NodeReading {
  const names = new Set(objects.flatMap(nameOf));
  if (names.size > 1) throw several(names.size, "nodes", where);
  const facts = objects.map(({ value }) => factsOf(value));
  const listed = facts.flatMap(({ pci }) => pci).map(placedFunction);
  const counted = facts.find(({ gpus }) => gpus.count > 0)?.gpus ?? noGpus;
  const known = matchingDevices(listed, acceleratorPatterns);
  if (Math.max(known.length, counted.count) > GPUS_MAX) {
    throw invalid(`has more than ${GPUS_MAX} GPUs`, where, `a node with at most ${GPUS_MAX} GPUs`);
  }
  // A GPU bound to vfio-pci is a PCI device, and no resource.
  const pci = known.length > 0 ? listed : [...listed, ...madeFunctions(counted, listed.length)];
  const gpus = known.length > 0 ? known : pci.slice(listed.length);
  const architecture = facts.find((fact) => fact.architecture !== null)?.architecture ?? null;
  const product = facts.find((fact) => fact.product !== null)?.product ?? null;
  const nodeCount = facts.find((fact) => fact.nodeCount !== null)?.nodeCount ?? null;
  if (pci.length === 0 && architecture === null && nodeCount !== 1) {
    throw invalid("tells of no device", where, "a Node with labels, or a NodeFeature");
  }
  const isOneModel = known.length === 0 || known.length === counted.count;
  const topology = buildTopology({
    name: [...names][0] ?? "node",
    source: "kubernetes",
    machine: { architecture, product },
    nodes:
      nodeCount === 1
        ? [{ id: 0, cpus: null, memoryBytes: null, kind: null, hugepages: null }]
        : [],
    pci,
    accelerators: gpus.map(({ address, vendor, device }): AcceleratorParts => {
      const own = isOneModel ? counted : noGpus;
      const model = own.model ?? acceleratorModel(vendor, device);
      return { address, model, uuid: null, moduleId: null, memoryBytes: own.memoryBytes };
    }),
    nics: matchingDevices(listed, nicPatterns).map((device) => ({
      address: device.address,
      name: null,
      rdma: rdmaById(device),
    })),
  });
  const many = nodeCount !== null && nodeCount > 1;
  return {
    topology: checkedTopology(topology, where),
    missing: [
      ...(pci.length > 0 ? ["the addresses and NUMA nodes of devices"] : []),
      ...(many ? [`the numbers of its ${nodeCount} NUMA nodes`] : []),
    ],
    unused: ["other labels, features and resources"],
  };
}

function nameOf({ kind, value }: KubernetesObject): readonly string[] {
  const labelled = textAt(value, "metadata", "labels", "nfd.node.kubernetes.io/node-name");
  const name = kind === "Node" ? textAt(value, "metadata", "name") : labelled;
  return name === null ? [] : [name];
}

interface Gpus {
  readonly count: number;
  readonly vendor: string | null;
  readonly model: string | null;
  readonly memoryBytes: number | null;
}

const noGpus: Gpus = { count: 0, vendor: null, model: null, memoryBytes: null };

interface Facts {
  readonly architecture: string | null;
  readonly product: string | null;
  readonly nodeCount: number | null;
  readonly gpus: Gpus;
  readonly pci: readonly unknown[];
}

function factsOf(value: unknown): Facts {
  const labels = valueAt(value, "metadata", "labels");
  const own = valueAt(value, "spec", "labels");
  const label = (name: string): string | null => textAt(labels, name) ?? textAt(own, name);
  const features = valueAt(value, "spec", "features");
  const element = (feature: string, name: string): string | null =>
    textAt(features, "attributes", feature, "elements", name);
  const arch = textAt(value, "status", "nodeInfo", "architecture") ?? label("kubernetes.io/arch");
  const machine = label("nvidia.com/gpu.machine");
  return {
    architecture: architectures.get(arch ?? "") ?? null,
    product: machine?.replaceAll("-", " ") ?? null,
    nodeCount: countOf(element("memory.numa", "node_count")),
    gpus: gpusOf(value, label),
    pci: listAt(features, "instances", "pci.device", "elements").map((one) =>
      valueAt(one, "attributes"),
    ),
  };
}

/** Go's names of architectures, in those of `uname -m`. */
const architectures: ReadonlyMap<string, string> = new Map([
  ["amd64", "x86_64"],
  ["arm64", "aarch64"],
  ["ppc64le", "ppc64le"],
  ["s390x", "s390x"],
  ["riscv64", "riscv64"],
]);

/**
 * The GPUs in the labels of NVIDIA's and AMD's operators, and in the node's resources. A label has
 * no blanks: `NVIDIA-H100-80GB-HBM3`, `AMD_Instinct_MI300X_OAM`.
 */
function gpusOf(value: unknown, label: (name: string) => string | null): Gpus {
  const capacity = valueAt(value, "status", "capacity");
  const makers = [
    {
      vendor: "10de",
      count: label("nvidia.com/gpu.count") ?? valueAt(capacity, "nvidia.com/gpu"),
      model: label("nvidia.com/gpu.product")?.replace(/-SHARED$/, ""),
      memory: quantityOf(`${label("nvidia.com/gpu.memory")}Mi`),
    },
    {
      vendor: "1002",
      count: valueAt(capacity, "amd.com/gpu"),
      model: label("amd.com/gpu.product-name"),
      // `192G` is in binary units.
      memory: quantityOf(label("amd.com/gpu.vram")?.replace(/([GM])$/, "$1i")),
    },
  ];
  for (const { vendor, count, model, memory } of makers) {
    const number = countOf(count);
    if (number === null || number === 0) continue;
    return {
      count: number,
      vendor,
      model: model?.replaceAll(/[-_]/g, " ").replace(/^(NVIDIA|AMD) /, "") ?? null,
      memoryBytes: memory === 0 ? null : memory,
    };
  }
  return noGpus;
}

/** A device of a NodeFeature: `{ class: "0302", vendor: 10de, device: "2330" }`. */
function placedFunction(attributes: unknown, ordinal: number): PciDevice {
  const hex = (name: string, digits: RegExp): string | null => {
    const text = textAt(attributes, name)?.toLowerCase() ?? "";
    return digits.test(text) ? text : null;
  };
  return functionAt({
    address: standInAddress(ordinal),
    root: standInRoot(ordinal),
    class: hex("class", /^[0-9a-f]{4}$/) ?? "",
    vendor: hex("vendor", /^[0-9a-f]{4}$/),
    device: hex("device", /^[0-9a-f]{4}$/),
    node: null,
  });
}

function madeFunctions({ count, vendor }: Gpus, from: number): PciDevice[] {
  return Array.from({ length: count }, (_, i) =>
    functionAt({
      address: standInAddress(from + i),
      root: standInRoot(from + i),
      class: "",
      vendor,
      device: null,
      node: null,
    }),
  );
}
