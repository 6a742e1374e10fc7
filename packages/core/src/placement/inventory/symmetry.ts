import { interconnectCost } from "../../cost/interconnect-cost.ts";
import { nodeDistances } from "../../cost/node-distance.ts";
import type { CostModel } from "../../cost/placement-cost.ts";
import { interconnects, type InterconnectOf } from "../../topology/interconnect.ts";
import type { PciDevice, Topology } from "../../topology/topology.ts";
import { at } from "../../unit/list.ts";
import type { CoreInventory } from "./cores.ts";
import type { Device, DeviceInventory } from "./devices.ts";

/**
 * Which accelerators, and which nodes, of a machine can change places without anybody being able
 * to tell: the search tries one of each kind where it would try all, and hosts whose occupation
 * differs by such a change alone are in one state.
 *
 * Two accelerators are of one class when swapping them, and their own NICs with them, leaves every
 * relation of the machine as it is, and fabric partitions among themselves: an automorphism that moves
 * nothing else. If (a b) and (b c) are
 * automorphisms so is (a c), so classes are classes, and one member stands for all when they are
 * made. Own NICs are those that are nearer to this accelerator than to any other. What nobody can
 * tell apart is found; of what can only be exchanged in larger blocks some is missed, which costs
 * time and never an answer. Whole nodes are such blocks: two of them are of one class when swapping
 * them with all their devices changes nothing, where one's devices come before the other's.
 */
export interface Symmetry {
  /** Per accelerator, by position. */
  readonly acceleratorOrbit: readonly number[];
  /** Per NIC, by position: two of one class can change places by themselves. */
  readonly nicOrbit: readonly number[];
  /** Positions of each accelerator's own NICs; those of one class correspond in this order. */
  readonly ownNics: readonly (readonly number[])[];
  /** Per node, by position: by distance and memory alone, whatever devices they have. */
  readonly nodeOrbit: readonly number[];
  /** Per node: with its devices, those of two nodes of one class corresponding by address. */
  readonly nodeOrbitWithDevices: readonly number[];
}

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
  const swap = swapping(topology, devices, functions, between);
  const nodes = topology.nodes.map(({ id }) => id);
  const path = model.memoryPath;
  const classes = nodeDistances(topology);
  // Costs decide what is best, distances what is near, classes and ranks what is a twin.
  const isAsFar = (a: number, b: number, from: number, to: number): boolean => {
    const [one, other] = [classes(a, b), classes(from, to)];
    const sameClass = one.class === other.class && one.rank === other.rank;
    return sameClass && path(a, b) === path(from, to) && distance(a, b) === distance(from, to);
  };
  const sameDistances = (a: number, b: number): boolean =>
    isAsFar(a, a, b, b) &&
    isAsFar(a, b, b, a) &&
    nodes.every((id) => id === a || id === b || (isAsFar(a, id, b, id) && isAsFar(id, a, id, b)));
  const kindOf = new Map(topology.nodes.map(({ id, kind }) => [id, kind]));
  const sameNodes = (a: number, b: number): boolean =>
    kindOf.get(a) === kindOf.get(b) &&
    sameDistances(a, b) &&
    shareCaches(cores, nodes.indexOf(a), nodes.indexOf(b));
  const devicesOf = (node: number): readonly Device[] => at(devices.ofNode, nodes.indexOf(node));
  const furnished = (one: Device): readonly Device[] => [one, ...at(ownNics, one.position)];
  return {
    acceleratorOrbit: classesOf(accelerators, (a, b) => {
      const [ofA, ofB] = [furnished(a), furnished(b)];
      const isBeside = (one: Device, i: number): boolean => one.node === at(ofB, i).node;
      return ofA.length === ofB.length && ofA.every(isBeside) && swap(ofA, ofB);
    }),
    nicOrbit: classesOf(nics, (a, b) => a.node === b.node && swap([a], [b])),
    ownNics: ownNics.map((own) => own.map((nic) => nics.indexOf(nic))),
    nodeOrbit: classesOf(nodes, sameNodes),
    nodeOrbitWithDevices: classesOf(nodes, (a, b) => {
      const [ofA, ofB] = [devicesOf(a), devicesOf(b)];
      return sameNodes(a, b) && areApart(ofA, ofB) && swap(ofA, ofB);
    }),
  };
}

/** Whether two nodes' cores are below the same caches, or each below caches of its own alone. */
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

/** Whether all addresses of the one come before all of the other. */
function areApart(a: readonly Device[], b: readonly Device[]): boolean {
  const before = (one: readonly Device[], other: readonly Device[]): boolean =>
    one.every(({ address }) => other.every((device) => address < device.address));
  return before(a, b) || before(b, a);
}

/** The class of each item: that of the first before it that it can change places with. */
function classesOf<Item>(
  items: readonly Item[],
  canChange: (a: Item, b: Item) => boolean,
): readonly number[] {
  const first: Item[] = [];
  return items.map((item) => {
    const known = first.findIndex((other) => canChange(other, item));
    return known >= 0 ? known : first.push(item) - 1;
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

/** Whether these devices can take each other's places, in their order, and nobody could tell. */
function swapping(
  { partitions }: Topology,
  { accelerators, nics }: DeviceInventory,
  functions: ReadonlyMap<string, PciDevice>,
  between: InterconnectOf,
): (moved: readonly Device[], target: readonly Device[]) => boolean {
  const all = [...accelerators, ...nics];
  const known = new Set(partitions.map((one) => one.accelerators.toSorted().join()));
  return (moved, target) => {
    if (moved.length !== target.length) return false;
    const pairs = moved.map((one, i) => [one, at(target, i)] as const);
    if (!pairs.every(([one, other]) => areAlike(one, other, functions))) return false;
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
      return known.has(members.toSorted().join());
    });
    if (!keepsPartitions) return false;
    return pairs.every(([one, other]) =>
      all.every((third) => {
        const swapped = image.get(third) ?? third;
        return (
          third === one ||
          between(one.address, third.address) === between(other.address, swapped.address)
        );
      }),
    );
  };
}

/** Whether two devices are the same but for their place. What takes others along never is. */
function areAlike(a: Device, b: Device, functions: ReadonlyMap<string, PciDevice>): boolean {
  const [one, other] = [functions.get(a.address), functions.get(b.address)];
  return (
    a.model === b.model &&
    a.isPart === b.isPart &&
    a.rdma === b.rdma &&
    a.soldCompanions.length === 0 &&
    b.soldCompanions.length === 0 &&
    one?.vendor === other?.vendor &&
    one?.device === other?.device &&
    one?.link?.maxSpeedGTs === other?.link?.maxSpeedGTs &&
    one?.link?.maxWidth === other?.link?.maxWidth
  );
}
