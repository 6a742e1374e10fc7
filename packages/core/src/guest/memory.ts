import { isHugepage, type Cell } from "../plan/plan.ts";
import { unionAll } from "../set/index-set.ts";
import { formatList, parseList } from "../set/list-format.ts";
import { formatBytes } from "../unit/bytes.ts";
import { at } from "../unit/list.ts";
import type { GuestCell } from "./guest.ts";
import { unsupported } from "./unsupported.ts";
import { sum } from "../unit/sum.ts";

/**
 * The cells' sizes as a hypervisor takes them: whole granules (libvirt rounds each cell up to
 * 1 MiB, and the guest would get more than was placed), together as many bytes as the plan's.
 *
 * Cells of huge pages are whole granules already. Of the others each keeps its whole granules, and
 * those that the rests add up to go to the cells with the largest rests, the lowest first. What is
 * left of the whole is less than one granule and is not given.
 *
 * @returns the bytes of each cell, in their order.
 */
export function guestMemory(
  cells: readonly Cell[],
  granuleBytes: number,
  note: (text: string) => void,
): readonly number[] {
  const rests = cells.map((cell) => cell.memoryBytes % granuleBytes);
  const rest = sum(rests);
  const byRest = [...rests.keys()].toSorted((a, b) => at(rests, b) - at(rests, a));
  const larger = new Set(byRest.slice(0, Math.floor(rest / granuleBytes)));
  if (rest % granuleBytes !== 0) {
    const bytes = rest % granuleBytes;
    note(
      `${bytes} bytes of memory are not given: sizes are multiples of ${formatBytes(granuleBytes)}`,
    );
  }
  return cells.map((cell, i) => {
    const bytes = cell.memoryBytes - at(rests, i) + (larger.has(i) ? granuleBytes : 0);
    if (bytes > 0) return bytes;
    throw unsupported(
      `cells[${i}].memoryBytes`,
      `cell ${i} has ${formatBytes(cell.memoryBytes)} of memory`,
      `at least ${formatBytes(granuleBytes)} in every cell`,
      "ask for more memory or for fewer cells",
    );
  });
}

/**
 * How a cell's memory is bound.
 *
 * `strict` and `interleave` are bound to the plan's nodes. A `preferred` cell names one node, the
 * only number libvirt and Linux take: its host node when any of the memory lies there, else the
 * node with the most. What does not fit goes to the nearest of the VM's other nodes, since none of
 * it may leave `memoryNodes`, where the overall binding is strict.
 */
export function memoryBinding(cell: Cell): Pick<GuestCell, "memoryPolicy" | "memoryNodes"> {
  const { memoryPolicy, memoryNodes, memoryOnNodes, hostNode } = cell;
  if (memoryPolicy !== "preferred") return { memoryPolicy, memoryNodes };
  const own = memoryOnNodes.find(({ node }) => node === hostNode);
  const most = memoryOnNodes.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  return { memoryPolicy, memoryNodes: `${(own ?? most).node}` };
}

/** Every host node that any of the VM's memory may lie on. */
export function allMemoryNodes(cells: readonly Cell[]): string {
  return formatList(unionAll(cells.flatMap((cell) => parseList(cell.memoryNodes) ?? [])));
}

/** The size of the huge pages that back a cell, or null for base pages. */
export function hugepageBytes(cell: Cell): number | null {
  return isHugepage(cell.pageBytes) ? cell.pageBytes : null;
}
