import { at } from "../../unit/list.ts";
import { counted } from "../draw/describe.ts";
import type { Topology } from "../topology.ts";
import type { TopologyWarning } from "./warning.ts";

/** Warnings about distances that are missing, flat or asymmetric. */
export function distanceWarnings(topology: Topology): TopologyWarning[] {
  const { distances, nodes } = topology;
  if (nodes.length < 2) return [];
  if (distances === null) {
    const message = `There are ${nodes.length} nodes, and the distances between them are unknown.`;
    return [warning("distances-missing", message)];
  }
  return [...flat(topology, distances), ...asymmetric(topology, distances)];
}

function warning(code: TopologyWarning["code"], message: string): TopologyWarning {
  return { code, severity: "warning", subject: "distances", message };
}

/**
 * A table is flat if another node is as near as the own one, or if all others are equally far
 * although some of them share a package: then firmware has filled in a constant.
 */
function flat({ nodes }: Topology, distances: readonly (readonly number[])[]): TopologyWarning[] {
  const others = distances.flatMap((row, i) => row.filter((_, j) => i !== j));
  const [one] = new Set(others);
  if (one === undefined || new Set(others).size > 1) return [];
  if (distances.some((row, i) => at(row, i) >= one)) {
    return [warning("distances-flat", `Every node is as far from itself as from others: ${one}.`)];
  }
  const packages = nodes.filter(({ cpus }) => cpus !== "").map((node) => node.package);
  const known = packages.filter((id) => id !== null);
  const several = new Set(known).size;
  if (several < 2 || several === known.length) return [];
  const message = `Every two nodes are ${one} apart, although they are in ${counted(several, "package")} with several nodes each.`;
  return [warning("distances-flat", message)];
}

function asymmetric(
  { nodes }: Topology,
  distances: readonly (readonly number[])[],
): TopologyWarning[] {
  const pairs = distances.flatMap((row, i) =>
    row.flatMap((there, j) => {
      const back = at(at(distances, j), i);
      return j > i && there !== back ? [{ i, j, there, back }] : [];
    }),
  );
  const [first] = pairs;
  if (first === undefined) return [];
  const id = (position: number): number => at(nodes, position).id;
  const more =
    pairs.length === 1 ? "" : `, and likewise for ${counted(pairs.length - 1, "more pair")}`;
  const message = `Node ${id(first.i)} is ${first.there} from node ${id(first.j)}, but ${first.back} in the other direction${more}.`;
  return [warning("distances-asymmetric", message)];
}
