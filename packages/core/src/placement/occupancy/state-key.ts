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
 *
 * What the machine alone decides is looked up once, for every arrival and departure asks for a key.
 *
 * @param inOrderOfNodes keeps nodes apart by their places too: for demands of which a remainder goes
 * to the lowest node (`search/node-order.ts`), so that exchanging nodes changes what they can have.
 */
export function stateKeys(
  inventory: Inventory,
  inOrderOfNodes = false,
): (occupancy: Occupancy) => string {
  const { devices } = inventory;
  const homeless = [...devices.accelerators, ...devices.nics].filter(({ node }) => node === null);
  const homelessKey = deviceKeys(inventory, homeless);
  const ofNodes = nodeStateKeys(inventory);
  const sorted = inOrderOfNodes ? (keys: string[]) => keys : inOrder;
  return (occupancy) => {
    const used = occupancy.vms > 0 ? (occupancy.hostOwners > 0 ? "owned" : "used") : "empty";
    return used + homelessKey(occupancy) + sorted(ofNodes(occupancy)).join("");
  };
}

/** The same of each node, by position: with its class, so that nodes of one key are exchangeable. */
export function nodeStateKeys(inventory: Inventory): (occupancy: Occupancy) => string[] {
  const nodes = inventory.nodeIds.map((_, node) => nodeKeys(inventory, node));
  const kinds = inventory.symmetry.furnishedNodeClass.map((kind) => `|${kind}:`);
  return (occupancy) => nodes.map((key, node) => (kinds[node] ?? "") + key(occupancy));
}

type KeyOf = (occupancy: Occupancy) => string;

function nodeKeys(inventory: Inventory, node: number): KeyOf {
  const { memory, devices, topology } = inventory;
  const pools = memory.pools[node] ?? [];
  const memoryKey: KeyOf = ({ promisedBytes }) => {
    let key = "";
    for (const [i, { bytes, freeBytes }] of pools.entries()) {
      const unpromised = (bytes ?? NaN) - (promisedBytes[node * pools.length + i] ?? 0);
      // What is free binds whatever is promised later: it belongs to the state while it does.
      const bound = freeBytes !== null && freeBytes < unpromised ? `<${freeBytes}` : "";
      key += `,${unpromised}${bound}`;
    }
    return key;
  };
  const coreKey = coreKeys(inventory, node);
  const deviceKey = deviceKeys(inventory, devices.ofNode[node] ?? []);
  const cpus = setOf(topology.nodes[node]?.cpus ?? "");
  const poolKey: KeyOf = ({ floating }) => {
    const here = floating.filter((entry) => size(intersection(entry.cpus, cpus)) > 0);
    const pool = intersection(unionAll(here.map((entry) => entry.cpus)), cpus);
    return ` ${size(pool)} ${here.reduce((sum, entry) => sum + entry.vcpus, 0)}`;
  };
  return (occupancy) => {
    const used = (occupancy.nodeUsers[node] ?? 0) > 0 ? "u" : "";
    const owned = (occupancy.nodeOwners[node] ?? 0) > 0 ? "o" : "";
    const floating = occupancy.floating.length > 0 ? poolKey(occupancy) : "";
    return (
      used + owned + memoryKey(occupancy) + coreKey(occupancy) + deviceKey(occupancy) + floating
    );
  };
}

function coreKeys({ cores }: Inventory, node: number): KeyOf {
  const own = (cores.groupsOfNode[node] ?? []).map((position) => {
    const { cache = 0, cores: sold = [] } = cores.groups[position] ?? {};
    return { position, cache, sold: sold.length };
  });
  return ({ cacheUsers, cacheOwners, freeCores }) => {
    const keys = own.map(({ position, cache, sold }) => {
      const used = (cacheUsers[cache] ?? 0) > 0 ? "u" : "";
      const owned = (cacheOwners[cache] ?? 0) > 0 ? "o" : "";
      return `;${sold}-${freeCores[position]}${used}${owned}`;
    });
    return inOrder(keys).join("");
  };
}

/** Accelerators with their own NICs, in order within each class; then the NICs of nobody. */
function deviceKeys({ symmetry, devices }: Inventory, ofNode: readonly Device[]): KeyOf {
  const accelerators = ofNode.filter((device) => devices.accelerators[device.position] === device);
  const kindOf = (device: Device): number => symmetry.acceleratorClass[device.position] ?? 0;
  const owned = new Set<Device>();
  const blocks = accelerators.map((device) => {
    const nics = (symmetry.ownNics[device.position] ?? []).flatMap(
      (nic) => devices.nics[nic] ?? [],
    );
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
  for (const group of groups) text += (deviceHolders[group] ?? 0) === 0 ? "1" : "0";
  return text;
}
