import type { BuiltNode } from "./build-nodes.ts";
import { type Described, impossible } from "./fault.ts";

/** ACPI reserves 255 for nodes that cannot reach each other. */
const distanceMax = 254;

/**
 * The distances of all nodes in their order, or null where the machine has no statement about them.
 * By rule, nodes of one package are `near` and others `far`. A node without CPUs is as far as the
 * node beside it, plus the detour: its own distance from that node, less the distance within a
 * node.
 */
export function buildDistances(
  described: Described,
  nodes: readonly BuiltNode[],
): readonly (readonly number[])[] | null {
  const { distances } = described.machine;
  if (distances === null) return null;
  if ("matrix" in distances) {
    const { matrix } = distances;
    if (matrix.length !== nodes.length || matrix.some((row) => row.length !== nodes.length)) {
      const expected = `${nodes.length} rows of ${nodes.length}, separated by ";"`;
      throw impossible(
        described,
        "distances",
        "the matrix does not have the size of the nodes",
        expected,
      );
    }
    return matrix;
  }
  const { local, near, far } = distances;
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const anchorOf = (node: BuiltNode): { at: BuiltNode; detour: number } => {
    const at = node.beside === null ? undefined : byId.get(node.beside.node);
    if (at === undefined) return { at: node, detour: 0 };
    return { at, detour: Math.max(0, (node.beside?.distance ?? local) - local) };
  };
  return nodes.map((a) =>
    nodes.map((b) => {
      if (a === b) return local;
      const [from, to] = [anchorOf(a), anchorOf(b)];
      const together = from.at.package !== null && from.at.package === to.at.package;
      const between = from.at === to.at ? local : together ? near : far;
      return Math.min(distanceMax, between + from.detour + to.detour);
    }),
  );
}
