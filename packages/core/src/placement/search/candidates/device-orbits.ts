import type { Device, PlacedDevice } from "../../inventory/devices.ts";
import { freeUnits } from "../../space/cores.ts";
import { mixesClasses, type NodeSpace, type Space } from "../../space/space.ts";
import { at, valueOf } from "../../../unit/list.ts";
import { freeAccelerators } from "../../space/devices.ts";
import { type PreviousInOrbit, previousByKey, previousByPair } from "../rank/previous-in-orbit.ts";

/**
 * For each candidate, the previous one of its orbit; null where there is none. Two candidates are
 * in one orbit if a symmetry of the machine exchanges them (`symmetry.ts`) and the same of their
 * own NICs are free for the request.
 */
export function previousInOrbit(
  { inventory, nics }: Space,
  candidates: readonly Device[],
): PreviousInOrbit {
  const { acceleratorOrbit, ownNics } = inventory.symmetry;
  const offered = new Set(nics.map(({ position }) => position));
  const ownOf = (device: Device): readonly number[] => at(ownNics, device.position);
  return previousByPair(
    candidates,
    (a, b) =>
      at(acceleratorOrbit, a.position) === at(acceleratorOrbit, b.position) &&
      ownOf(a).every((nic, i) => offered.has(nic) === offered.has(at(ownOf(b), i))),
  );
}

/**
 * For each node with candidates, the previous one of its orbit under symmetries that exchange whole
 * nodes with all their devices and what is free there. Every set that begins on the later node is
 * the image of a set that begins on the earlier one.
 */
export function previousNodeWithDevices(
  space: Space,
  candidates: readonly PlacedDevice[],
): ReadonlyMap<number, number> {
  const { symmetry, nodePosition } = space.inventory;
  const nodes = [...new Set(candidates.map(({ node }) => node))];
  const orbits = nodes.map((node) =>
    at(symmetry.nodeOrbitWithDevices, valueOf(nodePosition, node)),
  );
  // On many machines no two nodes are in one orbit.
  if (orbits.every((orbit, i) => orbits.indexOf(orbit) === i)) return noPrevious;
  const offered = new Set<Device>([...candidates, ...space.nics]);
  const previousNode = new Map<number, number>();
  for (const [i, node] of nodes.entries()) {
    const previous = nodes.findLast((other, j) => {
      const isEarlier = j < i && at(orbits, j) === at(orbits, i);
      return isEarlier && offerTheSame(space, offered, other, node);
    });
    if (previous !== undefined) previousNode.set(node, previous);
  }
  return previousNode;
}

const noPrevious: ReadonlyMap<number, number> = new Map();

/** Whether two nodes of one orbit have as much free, device by device. */
function offerTheSame(space: Space, offered: ReadonlySet<Device>, a: number, b: number): boolean {
  const { inventory, nodes } = space;
  const [i, j] = [valueOf(inventory.nodePosition, a), valueOf(inventory.nodePosition, b)];
  const [one, other] = [at(nodes, i), at(nodes, j)];
  if (one.units !== other.units || one.granules !== other.granules) return false;
  if (unitsByClass(space, i) !== unitsByClass(space, j)) return false;
  const [ofA, ofB] = [at(inventory.devices.ofNode, i), at(inventory.devices.ofNode, j)];
  return ofA.every((device, k) => offered.has(device) === offered.has(at(ofB, k)));
}

/**
 * For each node, the previous one of its orbit, for a request without accelerators; null where
 * there is none. Nodes of one orbit are equally far from all others and have as many free cores of
 * each class, granules, NICs and accelerators. Where a NIC's IOMMU group has other devices, which
 * may lie on other nodes, every node is an orbit of its own.
 */
export function previousNodes(space: Space, nodes: readonly NodeSpace[]): PreviousInOrbit {
  const { inventory, request, nics } = space;
  const { nodeOrbit } = inventory.symmetry;
  const wanted = request.nics.count > 0 ? nics : [];
  if (wanted.some((nic) => nic.soldCompanions.length > 0)) return nodes.map(() => null);
  const accelerators = freeAccelerators(space);
  return previousByKey(nodes, ({ id, units, granules }) => {
    const freeNics = wanted.filter(({ node }) => node === id);
    const bound = freeNics.filter(({ isBound }) => isBound).length;
    const free = accelerators.filter(({ node }) => node === id).length;
    const position = valueOf(inventory.nodePosition, id);
    const orbit = at(nodeOrbit, position);
    const nicKey = `${freeNics.length} ${bound}`;
    return `${orbit} ${units} ${granules} ${nicKey} ${free}${unitsByClass(space, position)}`;
  });
}

/** The free cores of a node by class; empty where a layout takes cores of one class alone. */
function unitsByClass(space: Space, node: number): string {
  if (!mixesClasses(space)) return "";
  const { classes } = space.inventory.cores;
  return classes.map((_, coreClass) => ` ${freeUnits({ ...space, coreClass }, node)}`).join("");
}
