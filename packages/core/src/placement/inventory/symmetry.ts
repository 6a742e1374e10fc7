import { interconnectCost } from "../../cost/interconnect-cost.ts";
import { nodeDistances } from "../../cost/node-distance.ts";
import type { CostModel } from "../../cost/placement-cost.ts";
import {
  interconnects,
  type InterconnectOf,
  pciInterconnects,
} from "../../topology/interconnect.ts";
import type { PciDevice, Topology } from "../../topology/topology.ts";
import { at } from "../../unit/list.ts";
import type { CoreInventory } from "./cores.ts";
import type { Device, DeviceInventory } from "./devices.ts";

/**
 * The orbits of a machine's accelerators, NICs and nodes: items that symmetries exchange. The
 * search tries one of each orbit, and hosts whose occupancies differ only by a symmetry are in one
 * host class.
 *
 * Two accelerators are in one orbit when swapping them, and their own NICs with them, keeps every
 * relation of the machine and maps fabric partitions onto each other: an automorphism that moves
 * nothing else. If (a b) and (b c) are automorphisms so is (a c), so it is an equivalence, and one
 * member stands for its orbit while orbits are built. An accelerator's own NICs are nearer to it
 * than to any other accelerator.
 *
 * Items that can be exchanged one by one are all found. Symmetries that only exchange larger blocks
 * are missed in part, which costs time and never an answer. Whole nodes are blocks that are found:
 * two nodes are in one orbit when swapping them with all their devices changes nothing, and all
 * devices of one come before all devices of the other.
 */
export interface Symmetry {
  /** For each accelerator, by position. */
  readonly acceleratorOrbit: readonly number[];
  /** For each NIC, by position: two of one orbit can change places without an accelerator. */
  readonly nicOrbit: readonly number[];
  /** Positions of each accelerator's own NICs; within an orbit they correspond in this order. */
  readonly ownNics: readonly (readonly number[])[];
  /** For each node, by position: by distances, memory and caches, without its devices. */
  readonly nodeOrbit: readonly number[];
  /** For each node with its devices; within an orbit they correspond in the order of addresses. */
  readonly nodeOrbitWithDevices: readonly number[];
}

/** Finds the orbits of a machine, with comparisons of all pairs of devices and of nodes. */
export function symmetryOf(
  topology: Topology,
  devices: DeviceInventory,
  model: CostModel,
  distance: (a: number, b: number) => number,
  cores: CoreInventory,
): Symmetry {
  const between = interconnects(topology);
  const { accelerators, nics } = devices;
  const functions = new Map(topology.pci.map((entry) => [entry.address, entry]));
  const ownNics = nicsByOwner(devices, between);
  const swap = swapping(topology, devices, functions);
  const nodes = topology.nodes.map(({ id }) => id);
  const distanceOf = nodeDistances(topology);
  // Costs decide what is best, distances what is near, classes and ranks the signature.
  const isAsFar = (a: number, b: number, from: number, to: number): boolean => {
    const [one, other] = [distanceOf(a, b), distanceOf(from, to)];
    const sameClass = one.class === other.class && one.rank === other.rank;
    return (
      sameClass &&
      model.memoryPath(a, b) === model.memoryPath(from, to) &&
      model.copyPath(a, b) === model.copyPath(from, to) &&
      distance(a, b) === distance(from, to)
    );
  };
  const sameDistances = (a: number, b: number): boolean =>
    isAsFar(a, a, b, b) &&
    isAsFar(a, b, b, a) &&
    nodes.every((id) => id === a || id === b || (isAsFar(a, id, b, id) && isAsFar(id, a, id, b)));
  const memoryKinds = new Map(topology.nodes.map(({ id, kind }) => [id, kind]));
  const sameNodes = (a: number, b: number): boolean =>
    memoryKinds.get(a) === memoryKinds.get(b) &&
    sameDistances(a, b) &&
    shareCaches(cores, nodes.indexOf(a), nodes.indexOf(b));
  const devicesOf = (node: number): readonly Device[] => at(devices.ofNode, nodes.indexOf(node));
  const withOwnNics = (one: Device): readonly Device[] => [one, ...at(ownNics, one.position)];
  return {
    acceleratorOrbit: orbitsOf(accelerators, (a, b) => {
      const [ofA, ofB] = [withOwnNics(a), withOwnNics(b)];
      const isOnSameNode = (one: Device, i: number): boolean => one.node === at(ofB, i).node;
      return ofA.length === ofB.length && ofA.every(isOnSameNode) && swap(ofA, ofB);
    }),
    nicOrbit: orbitsOf(nics, (a, b) => a.node === b.node && swap([a], [b])),
    ownNics: ownNics.map((own) => own.map((nic) => nics.indexOf(nic))),
    nodeOrbit: orbitsOf(nodes, sameNodes),
    nodeOrbitWithDevices: orbitsOf(nodes, (a, b) => {
      const [ofA, ofB] = [devicesOf(a), devicesOf(b)];
      return sameNodes(a, b) && areInOrder(ofA, ofB) && swap(ofA, ofB);
    }),
  };
}

/** Whether two nodes' cores are below the same caches, or each node has caches to itself. */
function shareCaches({ groups, groupsOfNode }: CoreInventory, a: number, b: number): boolean {
  const cachesOf = (node: number): ReadonlySet<number> =>
    new Set(at(groupsOfNode, node).map((group) => at(groups, group).cache));
  const [ofA, ofB] = [cachesOf(a), cachesOf(b)];
  if (ofA.size === ofB.size && [...ofA].every((cache) => ofB.has(cache))) return true;
  return groups.every(({ node, cache }) => {
    const elsewhere = node !== a && node !== b;
    return node === a ? !ofB.has(cache) : !elsewhere || (!ofA.has(cache) && !ofB.has(cache));
  });
}

/** Whether all addresses of one list come before all of the other. */
function areInOrder(a: readonly Device[], b: readonly Device[]): boolean {
  const before = (one: readonly Device[], other: readonly Device[]): boolean =>
    one.every(({ address }) => other.every((device) => address < device.address));
  return before(a, b) || before(b, a);
}

/**
 * The orbit of each item: that of the first earlier item it can change places with, or a new one.
 */
function orbitsOf<Item>(
  items: readonly Item[],
  canChange: (a: Item, b: Item) => boolean,
): readonly number[] {
  const first: Item[] = [];
  return items.map((item) => {
    const orbit = first.findIndex((other) => canChange(other, item));
    return orbit >= 0 ? orbit : first.push(item) - 1;
  });
}

function nicsByOwner(
  { accelerators, nics }: DeviceInventory,
  between: InterconnectOf,
): readonly (readonly Device[])[] {
  const own: Device[][] = accelerators.map(() => []);
  for (const nic of nics) {
    const costs = accelerators.map(
      ({ address }) => interconnectCost(between(address, nic.address), "nic").relative,
    );
    const least = Math.min(...costs);
    if (costs.filter((cost) => cost === least).length === 1)
      at(own, costs.indexOf(least)).push(nic);
  }
  return own;
}

/** Whether swapping two lists of devices, one by one in their order, is a symmetry. */
function swapping(
  topology: Topology,
  { accelerators, nics }: DeviceInventory,
  functions: ReadonlyMap<string, PciDevice>,
): (moved: readonly Device[], target: readonly Device[]) => boolean {
  const { partitions } = topology;
  // A request may ask for one switch, so the path over PCIe counts beside a direct link.
  const paths = [interconnects(topology), pciInterconnects(topology)];
  const all = [...accelerators, ...nics];
  const memberLists = new Set(partitions.map((one) => one.accelerators.toSorted().join()));
  return (moved, target) => {
    if (moved.length !== target.length) return false;
    const pairs = moved.map((one, i) => [one, at(target, i)] as const);
    if (!pairs.every(([one, other]) => isSameProduct(one, other, functions))) return false;
    const image = new Map(
      pairs.flatMap(
        ([one, other]) =>
          [
            [one, other],
            [other, one],
          ] as const,
      ),
    );
    const renamed = new Map([...image].map(([from, to]) => [from.address, to.address]));
    const keepsPartitions = partitions.every((one) => {
      const members = one.accelerators.map((address) => renamed.get(address) ?? address);
      return memberLists.has(members.toSorted().join());
    });
    if (!keepsPartitions) return false;
    return pairs.every(([one, other]) =>
      all.every((third) => {
        const swapped = image.get(third) ?? third;
        return (
          third === one ||
          paths.every((of) => of(one.address, third.address) === of(other.address, swapped.address))
        );
      }),
    );
  };
}

/**
 * Whether two devices are equal but for their place, the driver that decides between equal ones
 * included; never where other sold devices come along.
 */
function isSameProduct(a: Device, b: Device, functions: ReadonlyMap<string, PciDevice>): boolean {
  const [one, other] = [functions.get(a.address), functions.get(b.address)];
  return (
    a.model === b.model &&
    a.isPart === b.isPart &&
    a.isBound === b.isBound &&
    a.rdma === b.rdma &&
    a.soldCompanions.length === 0 &&
    b.soldCompanions.length === 0 &&
    one?.vendor === other?.vendor &&
    one?.device === other?.device &&
    one?.link?.maxSpeedGTs === other?.link?.maxSpeedGTs &&
    one?.link?.maxWidth === other?.link?.maxWidth
  );
}
