import type { Topology } from "./topology.ts";

/**
 * Looks up the distance between two nodes by their ids: null where distances are unknown, or a node
 * does not exist or is not in the table.
 */
export function distancesOf({
  nodes,
  distances,
}: Topology): (from: number, to: number) => number | null {
  const places = new Map(nodes.map(({ id }, place) => [id, place]));
  return (from, to) => {
    const [row, column] = [places.get(from), places.get(to)];
    if (distances === null || row === undefined || column === undefined) return null;
    return distances[row]?.[column] ?? null;
  };
}
