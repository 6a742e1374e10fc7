import type { Device } from "../../inventory/devices.ts";
import type { NodeSpace, Space } from "../../space/space.ts";
import { at, valueOf } from "../../../unit/list.ts";
import { freeAccelerators } from "../../space/devices.ts";
import { type PreviousInOrbit, previousByKey, previousByPair } from "../rank/previous-in-orbit.ts";

/**
 * For each candidate the last one before it in its orbit; null where there is none. Two candidates are
 * in one orbit if a symmetry of the machine exchanges them (`symmetry.ts`) and the request can have
 * the same of their own NICs.
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
 * For a node with candidates, the last one before it that it could change places with as the host
 * stands, all its devices included: every set that begins on the later one is the image of a set that
 * begins on the earlier one.
 */
export function previousNodeWithDevices(
  space: Space,
  candidates: readonly Device[],
): ReadonlyMap<number, number> {
  const { symmetry, nodePosition } = space.inventory;
  const nodes = [...new Set(candidates.map(({ node }) => node))].filter((node) => node !== null);
  const classes = nodes.map((node) =>
    at(symmetry.nodeOrbitWithDevices, valueOf(nodePosition, node)),
  );
  // On many machines no two nodes are in one orbit.
  if (classes.every((one, i) => classes.indexOf(one) === i)) return noneBefore;
  const offered = new Set([...candidates, ...space.nics]);
  const previousNode = new Map<number, number>();
  for (const [i, node] of nodes.entries()) {
    const previous = nodes.findLast((other, j) => {
      const isEarlier = j < i && at(classes, j) === at(classes, i);
      return isEarlier && offerTheSame(space, offered, other, node);
    });
    if (previous !== undefined) previousNode.set(node, previous);
  }
  return previousNode;
}

const noneBefore: ReadonlyMap<number, number> = new Map();

/** Whether two nodes of one class have the same to give, device by device. */
function offerTheSame(
  { inventory, nodes }: Space,
  offered: ReadonlySet<Device>,
  a: number,
  b: number,
): boolean {
  const [i, j] = [valueOf(inventory.nodePosition, a), valueOf(inventory.nodePosition, b)];
  const [one, other] = [at(nodes, i), at(nodes, j)];
  if (one.units !== other.units || one.granules !== other.granules) return false;
  const [ofA, ofB] = [at(inventory.devices.ofNode, i), at(inventory.devices.ofNode, j)];
  return ofA.every((device, k) => offered.has(device) === offered.has(at(ofB, k)));
}

/**
 * For a request without accelerators: for each node the last one before it that it could change places
 * with; null where there is none. Such nodes are as far from all others, have as much to give, and as
 * many NICs and free accelerators. A NIC that takes others along, from its IOMMU group, may do so across
 * nodes; then no two nodes are in one orbit.
 */
export function previousNodes(space: Space, nodes: readonly NodeSpace[]): PreviousInOrbit {
  const { inventory, request, nics } = space;
  const { nodeOrbit } = inventory.symmetry;
  const wanted = request.nics.count > 0 ? nics : [];
  if (wanted.some((nic) => nic.soldCompanions.length > 0)) return nodes.map(() => null);
  const beside = freeAccelerators(space);
  return previousByKey(nodes, ({ id, units, granules }) => {
    const ofNode = wanted.filter(({ node }) => node === id).length;
    const free = beside.filter(({ node }) => node === id).length;
    const orbit = at(nodeOrbit, valueOf(inventory.nodePosition, id));
    return `${orbit} ${units} ${granules} ${ofNode} ${free}`;
  });
}
