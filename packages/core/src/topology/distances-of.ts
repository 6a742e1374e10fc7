import { at } from "../unit/list.ts";
import type { Topology } from "./topology.ts";

/** How far one node is from another, by their ids: null where nobody tells, or one is not there. */
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
