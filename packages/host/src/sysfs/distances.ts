import { indices } from "@evenkeel/core/set/index-set.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import type { NodeClaim } from "../text/shared-cpus.ts";
import type { Tree } from "../tree/tree.ts";
import { nodeDirectory } from "./nodes.ts";
import { readLine, readSet } from "./values.ts";

/**
 * Reads the distances (ACPI's SLIT) from the kernel, in the order of the nodes: row i has the
 * distances from node i to all online nodes, or to all possible ones. Null where a row is missing,
 * too short or malformed: an incomplete matrix would compare distances that cannot be compared.
 */
export function readDistances(
  tree: Tree,
  nodes: readonly Pick<NodeClaim, "id">[],
): number[][] | null {
  const ids = nodes.map(({ id }) => id);
  // A row has one column for each online node; a recording may lack some of these nodes.
  const columnSets = ["online", "possible"].flatMap((name) => {
    const set = readSet(tree, nodeDirectory, [name]);
    return set === null ? [] : [indices(set)];
  });
  const rows: number[][] = [];
  for (const id of ids) {
    const line = readLine(tree, `${nodeDirectory}/node${id}/distance`);
    const values = line?.split(/\s+/) ?? [];
    if (!values.every((value) => /^[1-9]\d{0,8}$/.test(value))) return null;
    const columns = [ids, ...columnSets].find(({ length }) => length === values.length);
    if (columns === undefined) return null;
    const byColumn = new Map(columns.map((column, i) => [column, Number(at(values, i))]));
    const row = ids.flatMap((column) => byColumn.get(column) ?? []);
    if (row.length < ids.length) return null;
    rows.push(row);
  }
  return rows.length > 0 ? rows : null;
}
