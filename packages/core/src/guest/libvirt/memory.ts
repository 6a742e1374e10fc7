import { indexSet } from "../../set/index-set.ts";
import { formatList } from "../../set/list-format.ts";
import { KiB } from "../../unit/bytes.ts";
import { element, type XmlElement } from "../../xml/element.ts";
import type { Guest } from "../guest.ts";

export function memoryElement({ memoryBytes }: Guest): XmlElement {
  return element("memory", { unit: "KiB" }, [`${memoryBytes / KiB}`]);
}

/**
 * The memory's pages: huge pages by guest node, base pages for the rest.
 *
 * All of it is allocated before the guest runs, so that a node short of memory shows at once and
 * not as pages elsewhere later; and it is kept from same-page merging, which would make one page of
 * two on different nodes.
 */
export function memoryBackingElement({ cells }: Guest): XmlElement {
  const huge = cells.flatMap(({ id, hugepageBytes: bytes }) =>
    bytes === null ? [] : [{ id, bytes }],
  );
  const pages = [...Map.groupBy(huge, ({ bytes }) => bytes)]
    .toSorted(([a], [b]) => a - b)
    .map(([bytes, of]) => {
      const nodeset = formatList(indexSet(of.map(({ id }) => id)));
      return element("page", { size: bytes / KiB, unit: "KiB", nodeset });
    });
  return element("memoryBacking", {}, [
    ...(pages.length > 0 ? [element("hugepages", {}, pages)] : []),
    element("nosharepages"),
    element("allocation", { mode: "immediate" }),
  ]);
}

/**
 * The host nodes that the memory comes from: cell by cell as planned, and none of it, the
 * emulator's own included, from any other node. The latter also confines a cell that only prefers a
 * node.
 */
export function numaTuneElement({ cells, memoryNodes }: Guest): XmlElement {
  return element("numatune", {}, [
    element("memory", { mode: "strict", nodeset: memoryNodes }),
    ...cells.map((cell) =>
      element("memnode", {
        cellid: cell.id,
        mode: cell.memoryPolicy,
        nodeset: cell.memoryNodes,
      }),
    ),
  ]);
}
