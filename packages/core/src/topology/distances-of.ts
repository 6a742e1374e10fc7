import { at } from "../unit/list.ts";
import type { Topology } from "./topology.ts";

/** The distance between two nodes by id; null where it is unknown or a node is not there. */
export function distancesOf({
  nodes,
  distances,
}: Topology): (from: number, to: number) => number | null {
  const places = new Map(nodes.map(({ id }, place) => [id, place]));
  return (from, to) => {
    const [row, column] = [places.get(from), places.get(to)];
    if (distances === null || row === undefined || column === undefined) return null;
    return at(at(distances, row), column);
  };
}
