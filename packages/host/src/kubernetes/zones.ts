import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { HugepagePool } from "@evenkeel/core/topology/topology.ts";
import { parseQuantity } from "@evenkeel/core/unit/bytes.ts";
import { quantityOf } from "./attributes.ts";
import { NODE_MAX } from "./cpu-records.ts";
import { countOf, listAt, textAt, valueAt } from "./objects.ts";

/** A NUMA node: a zone of type `Node`, as the kubelet's agents publish it. */
export interface Zone {
  readonly id: number;
  readonly memoryBytes: number | null;
  /** Null where the zone lists no huge pages: agents leave out what the kubelet does not manage. */
  readonly hugepages: readonly HugepagePool[] | null;
  /** The distances to other zones, by their id. */
  readonly costs: ReadonlyMap<number, number>;
  /** The number of GPUs, by the vendor's PCI id. */
  readonly gpus: readonly { readonly vendor: string; readonly count: number }[];
}

/**
 * The zones that are NUMA nodes. Their names end in the node's number: `node-0`, `numa-node-1`.
 * Zones of other types (sockets, cores) lie within these or around them and add nothing.
 *
 * Errors: `document-invalid` where there are none, or their names contain no numbers.
 */
export function readZones(value: unknown, where: string): readonly Zone[] {
  const zones = listAt(value, "zones").filter(isNode);
  if (zones.length === 0) throw invalid("has no zones of type Node", where);
  const ids = zones.map((zone) => idOf(textAt(zone, "name")));
  if (ids.some((id) => id === null) || new Set(ids).size !== ids.length) {
    throw invalid(
      "has zones whose names do not end in the number of a NUMA node, or repeat it",
      where,
    );
  }
  return zones.flatMap((zone, i) => {
    const id = ids[i] ?? null;
    return id === null ? [] : zoneOf(id, zone);
  });
}

function isNode(zone: unknown): boolean {
  return ["node", "numa", "numanode"].includes(textAt(zone, "type")?.toLowerCase() ?? "");
}

function idOf(name: string | null): number | null {
  const digits = /(\d{1,4})$/.exec(name ?? "")?.[1];
  return digits === undefined || Number(digits) > NODE_MAX ? null : Number(digits);
}

function zoneOf(id: number, zone: unknown): Zone {
  let memoryBytes: number | null = null;
  const hugepages = new Map<number, HugepagePool>();
  const gpus: { readonly vendor: string; readonly count: number }[] = [];
  for (const resource of listAt(zone, "resources")) {
    const name = textAt(resource, "name") ?? "";
    const capacity = quantityOf(valueAt(resource, "capacity"));
    if (capacity === null) continue;
    if (name === "memory") memoryBytes = capacity;
    const vendor = gpuVendors.get(name);
    if (vendor !== undefined && capacity > 0) gpus.push({ vendor, count: capacity });
    const sizeBytes = name.startsWith("hugepages-")
      ? parseQuantity(name.slice("hugepages-".length))
      : null;
    if (sizeBytes === null || sizeBytes === 0) continue;
    // Kubernetes counts the huge pages of each size in bytes.
    hugepages.set(sizeBytes, { sizeBytes, total: Math.floor(capacity / sizeBytes), free: null });
  }
  const costs = new Map<number, number>();
  for (const cost of listAt(zone, "costs")) {
    const [to, value] = [idOf(textAt(cost, "name")), countOf(valueAt(cost, "value"))];
    if (to !== null && value !== null && value > 0) costs.set(to, value);
  }
  const pools = hugepages.size === 0 ? null : [...hugepages.values()];
  return { id, memoryBytes, hugepages: pools, costs, gpus };
}

/** The names of the resources for whole GPUs. */
const gpuVendors: ReadonlyMap<string, string> = new Map([
  ["nvidia.com/gpu", "10de"],
  ["amd.com/gpu", "1002"],
]);

/**
 * What a NodeResourceTopology says beside nodes, memory, huge pages, distances and GPUs. The number
 * of CPUs counts only where nothing tells which they are.
 */
export function zoneLeftovers(value: unknown, hasCpus: boolean): string[] {
  const found = new Set<string>();
  for (const zone of listAt(value, "zones")) {
    const type = textAt(zone, "type") ?? "none";
    if (!isNode(zone)) found.add(`zones of type ${type.slice(0, 40)}`);
    for (const resource of isNode(zone) ? listAt(zone, "resources") : []) {
      const name = textAt(resource, "name") ?? "";
      const isCpu = name === "cpu";
      if (isCpu && !hasCpus) found.add("the number of CPUs of each node");
      const isKnown = isCpu || name === "memory" || gpuVendors.has(name);
      if (!isKnown && !name.startsWith("hugepages-")) found.add(name.slice(0, 80));
    }
  }
  const policies = [...listAt(value, "topologyPolicies"), ...listAt(value, "attributes")];
  if (policies.length > 0) found.add("the kubelet's policies");
  return [...found];
}

/** The distances in the order of the zones; null where any is missing. */
export function zoneDistances(zones: readonly Zone[]): number[][] | null {
  const rows = zones.map(({ costs }) => zones.flatMap(({ id }) => costs.get(id) ?? []));
  return rows.every((row) => row.length === zones.length) ? rows : null;
}

function invalid(message: string, where: string): EvenkeelError {
  return new EvenkeelError("document-invalid", message, {
    where,
    expected: "a NodeResourceTopology with zones of type Node, named node-0, node-1, …",
  });
}
