import { buildTopology } from "@evenkeel/core/topology/build.ts";
import { checkedTopology } from "@evenkeel/core/topology/check.ts";
import { standInAddress, standInRoot } from "@evenkeel/core/topology/stand-in.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";
import { coresOf, CPU_MAX, type CpuRecord, NODE_MAX, nodesOf } from "./cpu-records.ts";
import { countOf, type KubernetesObject, listAt, textAt, valueAt } from "./objects.ts";
import { functionAt, GPUS_MAX, type NodeReading } from "./reading.ts";
import { invalid, several } from "./refusals.ts";
import { readZones, zoneDistances, zoneLeftovers } from "./zones.ts";

export function isResourceTopology({ apiVersion, kind }: KubernetesObject): boolean {
  return apiVersion.startsWith("topology.node.k8s.io/") && kind === "NodeResourceTopology";
}

/**
 * Reads the node in a NodeResourceTopology (topology.node.k8s.io v1alpha1 or v1alpha2), as Node
 * Feature Discovery, Koordinator and others publish it: NUMA nodes, their memory and huge pages,
 * distances, and the number of whole GPUs on each node. CPUs are known only from Koordinator's
 * annotation; without it the object has only their count. A Topology has no place for that count,
 * for topology policies, or for devices that are known by a resource's name alone.
 *
 * Errors: `document-invalid` where there are several such objects, or one has no zones of type
 * Node; `topology-inconsistent`.
 * https://github.com/k8stopologyawareschedwg/noderesourcetopology-api
 */
export function readResourceTopology(
  objects: readonly KubernetesObject[],
  where: string,
): NodeReading {
  const [first, ...others] = objects;
  if (others.length > 0) throw several(others.length + 1, "NodeResourceTopology objects", where);
  const zones = readZones(first?.value, where);
  const records = koordinatorCpus(first?.value);
  const nodes = nodesOf(new Map(zones.map((zone) => [zone.id, zone])), records, []);
  const gpus = zones
    .toSorted((a, b) => a.id - b.id)
    .flatMap(({ id: node, gpus: offered }) => offered.map((offer) => ({ ...offer, node })));
  if (sumOf(gpus, ({ count }) => count) > GPUS_MAX) {
    throw invalid(`has more than ${GPUS_MAX} GPUs`, where, `a node with at most ${GPUS_MAX} GPUs`);
  }
  const devices = gpus
    .flatMap(({ count, vendor, node }) => Array.from({ length: count }, () => ({ vendor, node })))
    .map(({ vendor, node }, i) =>
      functionAt({
        address: standInAddress(i),
        root: standInRoot(i),
        class: "",
        vendor,
        device: null,
        node,
      }),
    );
  const whole = zones.length === nodes.length;
  const topology = buildTopology({
    name: textAt(first?.value, "metadata", "name") ?? "node",
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
  });
  return {
    topology: checkedTopology(topology, where),
    missing: [],
    unused: zoneLeftovers(first?.value, records.length > 0),
  };
}

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
