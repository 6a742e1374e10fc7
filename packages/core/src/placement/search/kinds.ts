import type { Device } from "../inventory/devices.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { NodeSpace, Space } from "../space/space.ts";
import { needsNodeOrder } from "./node-order.ts";

/**
 * Of each candidate the last one before it that is of its kind, or -1. Two of one kind are
 * interchangeable as the host stands: they are so on the machine (`symmetry.ts`), and of their own
 * NICs the request can have the same ones.
 */
export function alikeBefore(space: Space, candidates: readonly Device[]): readonly number[] {
  const { acceleratorClass, ownNics } = space.inventory.symmetry;
  const isOffered = offering(space.inventory, space.nics);
  const hasAlike = (a: Device, b: Device): boolean => {
    const [ofA, ofB] = [ownNics[a.position] ?? [], ownNics[b.position] ?? []];
    return ofA.every((nic, i) => isOffered[nic] === isOffered[ofB[i] ?? -1]);
  };
  return candidates.map((candidate, i) => {
    const kind = acceleratorClass[candidate.position];
    for (let j = i - 1; j >= 0; j--) {
      const other = candidates[j];
      if (other === undefined || acceleratorClass[other.position] !== kind) continue;
      if (hasAlike(candidate, other)) return j;
    }
    return -1;
  });
}

/** For each NIC of the machine, by position, whether it is among those offered. */
function offering({ devices }: Inventory, nics: readonly Device[]): Uint8Array {
  const isOffered = new Uint8Array(devices.nics.length);
  for (const { position } of nics) isOffered[position] = 1;
  return isOffered;
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
  const classes = nodes.map(
    (node) => symmetry.furnishedNodeClass[nodePosition.get(node) ?? -1] ?? -1,
  );
  // On many machines no two nodes are alike in the first place.
  if (classes.every((one, i) => classes.indexOf(one) === i)) return noTwins;
  const offered = new Set([...candidates, ...space.nics]);
  const first = nodes.map((node, i) =>
    nodes.findIndex((other, j) => {
      return (
        j === i || (classes[j] === classes[i] && areFurnishedAlike(space, offered, other, node))
      );
    }),
  );
  // As the host stands, often none are.
  if (first.every((one, i) => one === i)) return noTwins;
  const kindOf = orderedKinds(space, new Map(nodes.map((node, i) => [node, `${first[i]}`])));
  const latest = new Map<string, number>();
  const twins = new Map<number, number>();
  for (const node of nodes) {
    const kind = kindOf.get(node) ?? "";
    const twin = latest.get(kind);
    if (twin !== undefined) twins.set(node, twin);
    latest.set(kind, node);
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
  const [at, other] = [inventory.nodePosition.get(a) ?? -1, inventory.nodePosition.get(b) ?? -1];
  if (nodes[at]?.units !== nodes[other]?.units) return false;
  if (nodes[at]?.granules !== nodes[other]?.granules) return false;
  const [ofA, ofB] = [inventory.devices.ofNode[at] ?? [], inventory.devices.ofNode[other] ?? []];
  return ofA.every((one, i) => {
    const corresponding = ofB[i];
    return corresponding !== undefined && offered.has(one) === offered.has(corresponding);
  });
}

/**
 * The kind of each node for a request without accelerators: as far from all others, as much to
 * have, and as many NICs. NICs that bring others along may do so across nodes; then every node is
 * of its own kind.
 */
export function nodeKinds(space: Space, nodes: readonly NodeSpace[]): ReadonlyMap<number, string> {
  const { inventory, request } = space;
  const { nodeClass } = inventory.symmetry;
  const wanted = request.nics.count > 0;
  const plain = !wanted || space.nics.every((nic) => nic.soldCompanions.length === 0);
  const kinds = new Map(
    nodes.map(({ id, units, granules }) => {
      const nics = wanted ? space.nics.filter((nic) => nic.node === id).length : 0;
      const position = inventory.nodePosition.get(id) ?? -1;
      return [id, plain ? `${nodeClass[position]} ${units} ${granules} ${nics}` : `${id}`];
    }),
  );
  return orderedKinds(space, kinds);
}

/**
 * Where the order of nodes matters (`node-order.ts`), nodes are of one kind only as long as no other
 * kind lies between them; and of none where interleaved memory is uneven, for then no two get the
 * same.
 */
function orderedKinds(
  { inventory, request }: Space,
  kinds: ReadonlyMap<number, string>,
): ReadonlyMap<number, string> {
  if (!needsNodeOrder(inventory, request)) return kinds;
  const ascending = [...kinds].toSorted(([a], [b]) => a - b);
  let run = 0;
  return new Map(
    ascending.map(([node, kind], i) => {
      if (request.locality === "interleave" || ascending[i - 1]?.[1] !== kind) run++;
      return [node, `${run} ${kind}`];
    }),
  );
}
