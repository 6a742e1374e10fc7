import { intersection, size, unionAll } from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import { at } from "../../unit/list.ts";
import { read } from "../../unit/vector.ts";
import type { Device } from "../inventory/devices.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { Occupancy } from "./occupancy.ts";

/**
 * The host class that a host is in, as text: two occupancies of one machine with the same key offer the
 * same to every request, up to the names of nodes, cores and devices.
 *
 * It says of each node what can still be had: cores by cache, memory by page size, which devices,
 * what isolation closes. Then what is interchangeable is put in order: a node's groups of cores
 * (they are told apart by their numbers of cores alone), accelerators of one class with their own
 * NICs, and nodes that can change places as a whole (`inventory/symmetry.ts`). Ordering after a
 * permutation of those gives the same text, so hosts that differ by one share a key; equal texts
 * differ by one of those permutations, each of which leaves every relation of the machine as it is.
 * Symmetries that are not among them make more host classes than there need be, and no wrong answer.
 *
 * What the machine alone decides is looked up once, for every arrival and departure asks for a key.
 */
export function hostClassKeys(inventory: Inventory): (occupancy: Occupancy) => string {
  const { devices } = inventory;
  const homeless = [...devices.accelerators, ...devices.nics].filter(({ node }) => node === null);
  const homelessKey = deviceKeys(inventory, homeless);
  const ofNodes = nodeKeysOf(inventory);
  return (occupancy) => {
    const used = occupancy.vms > 0 ? (occupancy.hostOwners > 0 ? "owned" : "used") : "empty";
    return used + homelessKey(occupancy) + inOrder(ofNodes(occupancy)).join("");
  };
}

/** The same of each node, by position: with its class, so that nodes of one key are exchangeable. */
export function nodeKeysOf(inventory: Inventory): (occupancy: Occupancy) => string[] {
  const nodes = inventory.nodeIds.map((_, node) => nodeKeys(inventory, node));
  return (occupancy) => nodes.map((key) => key(occupancy));
}

type KeyOf = (occupancy: Occupancy) => string;

function nodeKeys(inventory: Inventory, node: number): KeyOf {
  const { memory, devices, symmetry, topology } = inventory;
  const orbit = `|${at(symmetry.nodeOrbitWithDevices, node)}:`;
  const pools = at(memory.pools, node);
  const memoryKey: KeyOf = ({ promisedBytes }) => {
    let key = "";
    for (const [i, { bytes, freeBytes }] of pools.entries()) {
      if (bytes === null) {
        key += ",unknown";
        continue;
      }
      const unpromised = bytes - read(promisedBytes, node * pools.length + i);
      // What is free binds whatever is promised later: it belongs to the host class while it does.
      const bound = freeBytes !== null && freeBytes < unpromised ? `<${freeBytes}` : "";
      key += `,${unpromised}${bound}`;
    }
    return key;
  };
  const coreKey = coreKeys(inventory, node);
  const deviceKey = deviceKeys(inventory, at(devices.ofNode, node));
  const cpus = setOf(at(topology.nodes, node).cpus);
  const poolKey: KeyOf = ({ floating }) => {
    const here = floating.filter((entry) => size(intersection(entry.cpus, cpus)) > 0);
    const pool = intersection(unionAll(here.map((entry) => entry.cpus)), cpus);
    return ` ${size(pool)} ${here.reduce((sum, entry) => sum + entry.vcpus, 0)}`;
  };
  return (occupancy) => {
    const used = read(occupancy.nodeUsers, node) > 0 ? "u" : "";
    const owned = read(occupancy.nodeOwners, node) > 0 ? "o" : "";
    const floating = occupancy.floating.length > 0 ? poolKey(occupancy) : "";
    const held = memoryKey(occupancy) + coreKey(occupancy) + deviceKey(occupancy) + floating;
    return orbit + used + owned + held;
  };
}

function coreKeys({ cores }: Inventory, node: number): KeyOf {
  const own = at(cores.groupsOfNode, node).map((position) => {
    const { cache, cores: sold } = at(cores.groups, position);
    return { position, cache, sold: sold.length };
  });
  return ({ cacheUsers, cacheOwners, freeCores }) => {
    const keys = own.map(({ position, cache, sold }) => {
      const used = read(cacheUsers, cache) > 0 ? "u" : "";
      const owned = read(cacheOwners, cache) > 0 ? "o" : "";
      return `;${sold}-${read(freeCores, position)}${used}${owned}`;
    });
    return inOrder(keys).join("");
  };
}

/** Accelerators with their own NICs, in order within each class; then the NICs of nobody. */
function deviceKeys({ symmetry, devices }: Inventory, ofNode: readonly Device[]): KeyOf {
  const accelerators = ofNode.filter((device) => devices.accelerators[device.position] === device);
  const kindOf = (device: Device): number => at(symmetry.acceleratorOrbit, device.position);
  const owned = new Set<Device>();
  const blocks = accelerators.map((device) => {
    const nics = at(symmetry.ownNics, device.position).map((nic) => at(devices.nics, nic));
    for (const nic of nics) owned.add(nic);
    // Classes are numbered over the machine: within a node their order of appearance counts.
    const first = accelerators.findIndex((other) => kindOf(other) === kindOf(device));
    return { prefix: `/${first}.`, groups: [device, ...nics].map(({ group }) => group) };
  });
  const others = ofNode.filter(
    (device) => devices.nics[device.position] === device && !owned.has(device),
  );
  const otherGroups = others.map(({ group }) => group);
  return (occupancy) => {
    const keys = blocks.map(({ prefix, groups }) => prefix + bits(groups, occupancy));
    return `${inOrder(keys).join("")}+${bits(otherGroups, occupancy)}`;
  };
}

/** Sorted in place: these lists are short, made a line before, and most often in order already. */
function inOrder(keys: string[]): readonly string[] {
  return keys.length > 1 ? keys.sort() : keys;
}

function bits(groups: readonly number[], { deviceHolders }: Occupancy): string {
  let text = "";
  for (const group of groups) text += read(deviceHolders, group) === 0 ? "1" : "0";
  return text;
}
