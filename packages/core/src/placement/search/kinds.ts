import type { Device } from "../inventory/devices.ts";
import type { Space } from "../space/space.ts";

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
  const latest = new Map<string, number>();
  const twins = new Map<number, number>();
  const seen = new Set<number>();
  for (const { node } of candidates) {
    if (node === null || seen.has(node)) continue;
    seen.add(node);
    const position = nodePosition.get(node) ?? -1;
    const { units, granules } = space.nodes[position] ?? {};
    const has = (devices.ofNode[position] ?? []).map((device) => (offered.has(device) ? 1 : 0));
    const kind = `${symmetry.furnishedNodeClass[position]} ${units} ${granules} ${has.join("")}`;
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
export function nodeKinds(space: Space): ReadonlyMap<number, string> {
  const { nodeClass } = space.inventory.symmetry;
  const wanted = space.request.nics.count > 0;
  const plain = !wanted || space.nics.every((nic) => nic.soldCompanions.length === 0);
  return new Map(
    space.nodes.map(({ id, units, granules }, position) => {
      const nics = wanted ? space.nics.filter((nic) => nic.node === id).length : 0;
      const kind = `${nodeClass[position]} ${units} ${granules} ${nics}`;
      return [id, plain ? kind : `${id}`];
    }),
  );
}
