import { type IndexSet, intersection, size, unionAll } from "../../set/index-set.ts";
import { at } from "../../unit/list.ts";
import { read } from "../../unit/vector.ts";
import type { Device } from "../inventory/devices.ts";
import { cpusOfClass } from "../inventory/cores.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { Occupancy } from "./occupancy.ts";
import { sumOf } from "../../unit/sum.ts";

/**
 * The key of a host class, a canonical form of an occupancy: two occupancies of one machine with
 * the same key offer the same to every request, up to the names of nodes, cores and devices.
 *
 * The key lists what is free on each node: cores by cache and class, memory by page size, devices,
 * and what isolation closes. Then items of one orbit are sorted: a node's caches (which differ only
 * in their numbers of cores of each class), accelerators with their own NICs, and whole nodes
 * (`inventory/symmetry.ts`). Sorting undoes every permutation of these, so hosts that differ by one
 * share a key. Equal keys differ by one of these permutations, and each of them keeps every
 * relation of the machine. Symmetries that are missed here make more host classes than necessary,
 * and no wrong answer.
 *
 * What depends on the machine alone is looked up once, for every arrival and departure needs a key.
 */
export function hostClassKeys(inventory: Inventory): (occupancy: Occupancy) => string {
  const { devices } = inventory;
  const ofUnknownNode = [...devices.accelerators, ...devices.nics].filter(
    ({ node }) => node === null,
  );
  const unknownNodeKey = deviceKeys(inventory, ofUnknownNode);
  const ofNodes = nodeKeysOf(inventory);
  return (occupancy) => {
    const used = occupancy.vms > 0 ? (occupancy.hostOwners > 0 ? "owned" : "used") : "empty";
    return used + unknownNodeKey(occupancy) + inOrder(ofNodes(occupancy)).join("");
  };
}

/** The key of each node, by position, with its orbit: nodes of one key can change places. */
export function nodeKeysOf(inventory: Inventory): (occupancy: Occupancy) => string[] {
  const nodes = inventory.nodeIds.map((_, node) => nodeKeys(inventory, node));
  return (occupancy) => nodes.map((key) => key(occupancy));
}

type KeyOf = (occupancy: Occupancy) => string;

function nodeKeys(inventory: Inventory, node: number): KeyOf {
  const { memory, devices, symmetry, cores } = inventory;
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
      // A free count that is the lower limit stays a limit whatever is promised later.
      const bound = freeBytes !== null && freeBytes < unpromised ? `<${freeBytes}` : "";
      key += `,${unpromised}${bound}`;
    }
    return key;
  };
  const coreKey = coreKeys(inventory, node);
  const deviceKey = deviceKeys(inventory, at(devices.ofNode, node));
  const cpusOfClasses = classCpus(inventory, at(cores.cpusOfNode, node));
  const poolKey: KeyOf = ({ floating }) => {
    let key = "";
    for (const cpus of cpusOfClasses) {
      const here = floating.filter((entry) => size(intersection(entry.cpus, cpus)) > 0);
      const pool = intersection(unionAll(here.map((entry) => entry.cpus)), cpus);
      key += ` ${size(pool)} ${sumOf(here, (entry) => entry.vcpus)}`;
    }
    return key;
  };
  return (occupancy) => {
    const used = read(occupancy.nodeUsers, node) > 0 ? "u" : "";
    const owned = read(occupancy.nodeOwners, node) > 0 ? "o" : "";
    const floating = occupancy.floating.length > 0 ? poolKey(occupancy) : "";
    const held = memoryKey(occupancy) + coreKey(occupancy) + deviceKey(occupancy) + floating;
    return orbit + used + owned + held;
  };
}

/**
 * The CPUs of a node, and those of each class where the machine has several: a VM that floats over
 * cores of several classes counts for each of them, and once for the node.
 */
function classCpus({ cores }: Inventory, cpus: IndexSet): readonly IndexSet[] {
  if (cores.classes.length < 2) return [cpus];
  return [cpus, ...cores.classes.map((_, of) => intersection(cpusOfClass(cores, of), cpus))];
}

/** The caches of a node: the sold and the free cores of each class below each. */
function coreKeys({ cores }: Inventory, node: number): KeyOf {
  const own = at(cores.groupsOfNode, node).map((position) => {
    const { cache, unknownCache, coreClass, cores: sold } = at(cores.groups, position);
    // All cores of unknown cache count as one cache, and each of them is a place of its own.
    const place = unknownCache ? `group ${position}` : cache;
    const prefix = cores.classes.length < 2 ? ";" : `;${coreClass}:`;
    return { position, cache, place, prefix: `${prefix}${sold.length}-` };
  });
  const places = [...Map.groupBy(own, ({ place }) => place).values()];
  return ({ cacheUsers, cacheOwners, freeCores }) => {
    const keys = places.map((groups) => {
      let key = "";
      for (const { position, cache, prefix } of groups) {
        const used = read(cacheUsers, cache) > 0 ? "u" : "";
        const owned = read(cacheOwners, cache) > 0 ? "o" : "";
        key += `${prefix}${read(freeCores, position)}${used}${owned}`;
      }
      return groups.length > 1 ? `;(${key})` : key;
    });
    return inOrder(keys).join("");
  };
}

/** Accelerators with their own NICs, sorted within each orbit; then the other NICs. */
function deviceKeys({ symmetry, devices }: Inventory, ofNode: readonly Device[]): KeyOf {
  const accelerators = ofNode.filter((device) => devices.accelerators[device.position] === device);
  const orbitOf = (device: Device): number => at(symmetry.acceleratorOrbit, device.position);
  const owned = new Set<Device>();
  const blocks = accelerators.map((device) => {
    const nics = at(symmetry.ownNics, device.position).map((nic) => at(devices.nics, nic));
    for (const nic of nics) owned.add(nic);
    // Orbits are numbered over the machine; within a node they are numbered as they come.
    const first = accelerators.findIndex((other) => orbitOf(other) === orbitOf(device));
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

/** Sorts in place: these lists are short, just made, and mostly in order already. */
function inOrder(keys: string[]): readonly string[] {
  return keys.length > 1 ? keys.sort() : keys;
}

function bits(groups: readonly number[], { deviceHolders }: Occupancy): string {
  let text = "";
  for (const group of groups) text += read(deviceHolders, group) === 0 ? "1" : "0";
  return text;
}
