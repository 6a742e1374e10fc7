import { memoryPaths } from "../../src/cost/memory-path.ts";
import { nodeDistances } from "../../src/cost/node-distance.ts";
import { interconnects } from "../../src/topology/interconnect.ts";
import { at, valueOf } from "../../src/unit/list.ts";
import { read } from "../../src/unit/vector.ts";
import type { Device } from "../../src/placement/inventory/devices.ts";
import type { Inventory } from "../../src/placement/inventory/inventory.ts";
import type { Occupancy } from "../../src/placement/occupancy/occupancy.ts";

/**
 * Whether a symmetry of a machine turns one occupancy into another, by backtracking over every
 * permutation of nodes, then of devices, up to the first relation that it would change. It shares
 * the definitions of costs and distances with the symmetry code that it judges, and no algorithm.
 */
export function areIsomorphic(inventory: Inventory, a: Occupancy, b: Occupancy): boolean {
  if (a.vms > 0 !== b.vms > 0 || a.hostOwners > 0 !== b.hostOwners > 0) return false;
  const nodes = inventory.nodeIds.map((_, i) => i);
  const sameNode = nodeComparison(inventory, a, b);
  return someMapping(
    nodes,
    (from, to, image) => sameNode(from, to, image),
    (image) => sameCaches(inventory, a, b, image) && devicesMap(inventory, a, b, image),
  );
}

type Image = ReadonlyMap<number, number>;

/**
 * Backtracking: whether some permutation of the items passes `allowed` at every step, and `ends`.
 */
function someMapping(
  items: readonly number[],
  allowed: (from: number, to: number, before: Image) => boolean,
  ends: (image: Image) => boolean,
): boolean {
  const image = new Map<number, number>();
  const used = new Set<number>();
  const extend = ([from, ...rest]: readonly number[]): boolean => {
    if (from === undefined) return ends(image);
    for (const to of items) {
      if (used.has(to) || !allowed(from, to, image)) continue;
      image.set(from, to);
      used.add(to);
      if (extend(rest)) return true;
      image.delete(from);
      used.delete(to);
    }
    return false;
  };
  return extend(items);
}

function nodeComparison(
  { topology, nodeIds, memory }: Inventory,
  a: Occupancy,
  b: Occupancy,
): (from: number, to: number, image: Image) => boolean {
  const distanceOf = nodeDistances(topology);
  const paths = memoryPaths(topology);
  const pools = memory.hugepageSizes.length + 1;
  const relation = (one: number, other: number): string => {
    const [x, y] = [at(nodeIds, one), at(nodeIds, other)];
    const { class: kind, rank } = distanceOf(x, y);
    const slit =
      topology.distances &&
      at(at(topology.distances, one), other) + at(at(topology.distances, other), one);
    return `${kind} ${rank} ${paths.relative(x, y).relative} ${slit}`;
  };
  const own = (node: number, { nodeUsers, nodeOwners, promisedBytes }: Occupancy): string => {
    const { kind, cpus, memoryBytes } = at(topology.nodes, node);
    const left = at(memory.pools, node).map(({ bytes, freeBytes }, i) => {
      const unpromised = bytes === null ? null : bytes - read(promisedBytes, node * pools + i);
      const binds = freeBytes !== null && unpromised !== null && freeBytes < unpromised;
      return [unpromised, binds ? freeBytes : null];
    });
    const flags = [read(nodeUsers, node) > 0, read(nodeOwners, node) > 0];
    return JSON.stringify([kind, cpus === "", memoryBytes === 0, left, flags]);
  };
  return (from, to, image) =>
    own(from, a) === own(to, b) &&
    relation(from, from) === relation(to, to) &&
    [...image].every(
      ([x, y]) => relation(from, x) === relation(to, y) && relation(x, from) === relation(y, to),
    );
}

/** Whether the caches, with their cores on each node, are the same after the nodes' renaming. */
function sameCaches({ cores }: Inventory, a: Occupancy, b: Occupancy, image: Image): boolean {
  const described = (occupancy: Occupancy, rename: (node: number) => number): string => {
    const caches = Array.from({ length: cores.caches }, (_, cache) => {
      const parts = cores.groups.flatMap((group, i) =>
        group.cache === cache
          ? [
              `${rename(group.node)} ${group.coreClass}: ${group.cores.length} ${read(occupancy.freeCores, i)} ${group.unknownCache}`,
            ]
          : [],
      );
      const flags = [read(occupancy.cacheUsers, cache) > 0, read(occupancy.cacheOwners, cache) > 0];
      return JSON.stringify([parts.toSorted(), flags]);
    });
    return caches.toSorted().join("\n");
  };
  return described(a, (node) => valueOf(image, node)) === described(b, (node) => node);
}

function devicesMap(inventory: Inventory, a: Occupancy, b: Occupancy, nodes: Image): boolean {
  const { topology, devices, nodePosition } = inventory;
  const all = [...devices.accelerators, ...devices.nics];
  const between = interconnects(topology);
  const functions = new Map(topology.pci.map((entry) => [entry.address, entry]));
  const accelerators = devices.accelerators.length;
  const own = (i: number, { deviceHolders }: Occupancy): string => {
    const { model, rdma, address, group } = at(all, i);
    const entry = functions.get(address);
    const link = [entry?.link?.maxSpeedGTs ?? null, entry?.link?.maxWidth ?? null];
    const ids = [entry?.vendor, entry?.device];
    const held = read(deviceHolders, group) > 0;
    return JSON.stringify([i < accelerators, model, rdma, link, ids, held]);
  };
  const nodeOf = ({ node }: Device): number | null =>
    node === null ? null : valueOf(nodePosition, node);
  const relation = (x: number, y: number): string => {
    const [one, other] = [at(all, x), at(all, y)];
    return `${between(one.address, other.address)} ${one.group === other.group}`;
  };
  const partitions = (rename: (i: number) => number): string =>
    topology.partitions
      .map((partition) =>
        partition.accelerators
          .map((address) => rename(all.findIndex((device) => device.address === address)))
          .toSorted((x, y) => x - y)
          .join(" "),
      )
      .toSorted()
      .join("; ");
  return someMapping(
    all.map((_, i) => i),
    (from, to, image) => {
      const node = nodeOf(at(all, from));
      // A device of unknown node is mapped onto another of unknown node.
      const goesTo = node === null ? null : valueOf(nodes, node);
      return (
        own(from, a) === own(to, b) &&
        goesTo === nodeOf(at(all, to)) &&
        [...image].every(([x, y]) => relation(from, x) === relation(to, y))
      );
    },
    (image) => partitions((i) => valueOf(image, i)) === partitions((i) => i),
  );
}
