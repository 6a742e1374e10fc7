import { intersection, size, unionAll } from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import type { Device } from "../inventory/devices.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { Occupancy } from "./occupancy.ts";

/**
 * The state that a host is in, as text: two occupancies of one machine with the same key offer the
 * same to every request, up to the names of nodes, cores and devices.
 *
 * It says of each node what can still be had: cores by cache, memory by page size, which devices,
 * what isolation closes. Then what is interchangeable is put in order: a node's groups of cores
 * (they are told apart by their numbers of cores alone), accelerators of one class with their own
 * NICs, and nodes that can change places as a whole (`inventory/symmetry.ts`). Ordering after a
 * permutation of those gives the same text, so hosts that differ by one share a key; equal texts
 * differ by one of those permutations, each of which leaves every relation of the machine as it is.
 * Symmetries that are not among them make more states than there need be, and no wrong answer.
 */
export function stateKey(inventory: Inventory, occupancy: Occupancy): string {
  const { nodeIds, symmetry, devices } = inventory;
  const isFree = (device: Device): boolean => (occupancy.deviceHolders[device.group] ?? 0) === 0;
  const nodes = nodeIds.map((_, node) => nodeKey(inventory, occupancy, node, isFree));
  const byClass = symmetry.furnishedNodeClass.map((kind, node) => `${kind}:${nodes[node]}`);
  const homeless = [...devices.accelerators, ...devices.nics].filter(({ node }) => node === null);
  return [
    occupancy.vms > 0 ? 1 : 0,
    occupancy.hostOwners > 0 ? 1 : 0,
    bits(homeless, isFree),
    ...byClass.toSorted(),
  ].join("|");
}

function nodeKey(
  inventory: Inventory,
  occupancy: Occupancy,
  node: number,
  isFree: (device: Device) => boolean,
): string {
  const { memory, devices } = inventory;
  const pools = memory.pools[node] ?? [];
  const offered = pools.map(({ bytes, freeBytes }, i) => {
    if (bytes === null) return "?";
    const unpromised = bytes - (occupancy.promisedBytes[node * pools.length + i] ?? 0);
    return Math.min(freeBytes ?? unpromised, unpromised);
  });
  return [
    (occupancy.nodeUsers[node] ?? 0) > 0 ? 1 : 0,
    (occupancy.nodeOwners[node] ?? 0) > 0 ? 1 : 0,
    offered.join(","),
    coreKey(inventory, occupancy, node),
    deviceKey(inventory, devices.ofNode[node] ?? [], isFree),
    occupancy.floating.length === 0 ? "" : poolKey(inventory, occupancy, node),
  ].join("/");
}

function coreKey({ cores }: Inventory, occupancy: Occupancy, node: number): string {
  const groups = (cores.groupsOfNode[node] ?? []).map((position) => {
    const cache = cores.groups[position]?.cache ?? 0;
    const used = (occupancy.cacheUsers[cache] ?? 0) > 0 ? "u" : "";
    const owned = (occupancy.cacheOwners[cache] ?? 0) > 0 ? "o" : "";
    return `${cores.groups[position]?.cores.length}-${occupancy.freeCores[position]}${used}${owned}`;
  });
  return groups.toSorted().join(",");
}

/** Accelerators with their own NICs, in order within each class; then the NICs of nobody. */
function deviceKey(
  { symmetry, devices }: Inventory,
  ofNode: readonly Device[],
  isFree: (device: Device) => boolean,
): string {
  const owned = new Set<Device>();
  const accelerators = ofNode.filter((device) => devices.accelerators[device.position] === device);
  const keys = accelerators.map((device) => {
    const nics = (symmetry.ownNics[device.position] ?? []).flatMap(
      (nic) => devices.nics[nic] ?? [],
    );
    for (const nic of nics) owned.add(nic);
    const kind = symmetry.acceleratorClass[device.position] ?? 0;
    // Classes are numbered over the machine: within a node their order of appearance counts.
    const first = accelerators.findIndex(
      (other) => symmetry.acceleratorClass[other.position] === kind,
    );
    return `${first}.${bits([device, ...nics], isFree)}`;
  });
  const others = ofNode.filter(
    (device) => devices.nics[device.position] === device && !owned.has(device),
  );
  return `${keys.toSorted().join(",")};${bits(others, isFree)}`;
}

function poolKey(inventory: Inventory, { floating }: Occupancy, node: number): string {
  const cpus = setOf(inventory.topology.nodes[node]?.cpus ?? "");
  const here = floating.filter((entry) => size(intersection(entry.cpus, cpus)) > 0);
  const pool = intersection(unionAll(here.map((entry) => entry.cpus)), cpus);
  const vcpus = here.reduce((sum, entry) => sum + entry.vcpus, 0);
  return `${size(pool)} ${vcpus}`;
}

function bits(devices: readonly Device[], isFree: (device: Device) => boolean): string {
  return devices.map((device) => (isFree(device) ? "1" : "0")).join("");
}
