import type { Device } from "../inventory/devices.ts";
import type { NodeSpace, Space } from "../space/space.ts";
import { needsNodeOrder } from "./node-order.ts";

/**
 * The kind of each candidate: two of one kind are interchangeable as the host stands. They are so
 * on the machine (`symmetry.ts`), and of their own NICs the request can have the same ones.
 */
export function acceleratorKinds(space: Space, candidates: readonly Device[]): readonly string[] {
  const { acceleratorClass, ownNics } = space.inventory.symmetry;
  const offered = new Set(space.nics.map((nic) => nic.position));
  return candidates.map(({ position }) => {
    const own = (ownNics[position] ?? []).map((nic) => (offered.has(nic) ? "1" : "0"));
    return `${acceleratorClass[position]} ${own.join("")}`;
  });
}

/**
 * For each node that candidates lie on, the one before it that could change places with it as the
 * host stands, all its devices included: there a set begins before it begins here.
 */
export function twinNodes(
  space: Space,
  candidates: readonly Device[],
): ReadonlyMap<number, number> {
  const { symmetry, devices, nodePosition } = space.inventory;
  const offered = new Set([...candidates, ...space.nics]);
  const nodes = [...new Set(candidates.flatMap(({ node }) => node ?? []))];
  const kinds = new Map(
    nodes.map((node) => {
      const position = nodePosition.get(node) ?? -1;
      const { units, granules } = space.nodes[position] ?? {};
      const has = (devices.ofNode[position] ?? []).map((device) => (offered.has(device) ? 1 : 0));
      return [
        node,
        `${symmetry.furnishedNodeClass[position]} ${units} ${granules} ${has.join("")}`,
      ];
    }),
  );
  const kindOf = orderedKinds(space, kinds);
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
