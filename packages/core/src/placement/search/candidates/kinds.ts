import type { Device } from "../../inventory/devices.ts";
import type { NodeSpace, Space } from "../../space/space.ts";
import { at, valueOf } from "../../../unit/list.ts";
import { freeAccelerators } from "../../space/devices.ts";
import { type AlikeBefore, alikeByKey, alikeByPair } from "../rank/alike-before.ts";

/**
 * Of each candidate the last one before it that is of its kind; null where there is none. Two of one
 * kind are interchangeable as the host stands: they are so on the machine (`symmetry.ts`), and of
 * their own NICs the request can have the same ones.
 */
export function alikeBefore(
  { inventory, nics }: Space,
  candidates: readonly Device[],
): AlikeBefore {
  const { acceleratorClass, ownNics } = inventory.symmetry;
  const offered = new Set(nics.map(({ position }) => position));
  const ownOf = (device: Device): readonly number[] => at(ownNics, device.position);
  return alikeByPair(
    candidates,
    (a, b) =>
      at(acceleratorClass, a.position) === at(acceleratorClass, b.position) &&
      ownOf(a).every((nic, i) => offered.has(nic) === offered.has(at(ownOf(b), i))),
  );
}

/**
 * For each node that candidates lie on, the one before it that could change places with it as the
 * host stands, all its devices included: there a set begins before it begins here.
 */
export function twinNodes(
  space: Space,
  candidates: readonly Device[],
): ReadonlyMap<number, number> {
  const { symmetry, nodePosition } = space.inventory;
  const nodes = [...new Set(candidates.map(({ node }) => node))].filter((node) => node !== null);
  const classes = nodes.map((node) => at(symmetry.furnishedNodeClass, valueOf(nodePosition, node)));
  // On many machines no two nodes are alike in the first place.
  if (classes.every((one, i) => classes.indexOf(one) === i)) return noTwins;
  const offered = new Set([...candidates, ...space.nics]);
  const twins = new Map<number, number>();
  for (const [i, node] of nodes.entries()) {
    const twin = nodes.findLast((other, j) => {
      const isEarlier = j < i && at(classes, j) === at(classes, i);
      return isEarlier && areFurnishedAlike(space, offered, other, node);
    });
    if (twin !== undefined) twins.set(node, twin);
  }
  return twins;
}

const noTwins: ReadonlyMap<number, number> = new Map();

/** Whether two nodes of one class have the same to give, device by device. */
function areFurnishedAlike(
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
 * For a request without accelerators, of each node the one before it that it could change places
 * with; null where there is none. Such nodes are as far from all others, have as much to give, and
 * as many NICs and free accelerators. NICs that bring others along may do so across nodes; then no
 * two nodes are alike.
 */
export function nodeTwins(space: Space, nodes: readonly NodeSpace[]): AlikeBefore {
  const { inventory, request, nics } = space;
  const { nodeClass } = inventory.symmetry;
  const wanted = request.nics.count > 0 ? nics : [];
  if (wanted.some((nic) => nic.soldCompanions.length > 0)) return nodes.map(() => null);
  const beside = freeAccelerators(space);
  return alikeByKey(nodes, ({ id, units, granules }) => {
    const ofNode = wanted.filter(({ node }) => node === id).length;
    const free = beside.filter(({ node }) => node === id).length;
    const kind = at(nodeClass, valueOf(inventory.nodePosition, id));
    return `${kind} ${units} ${granules} ${ofNode} ${free}`;
  });
}
