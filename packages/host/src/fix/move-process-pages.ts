import { at } from "@evenkeel/core/unit/list.ts";
import type { MovePages } from "../native/move-pages.ts";
import { presentMappings } from "../procfs/read-process-memory.ts";
import type { Tree } from "../tree/tree.ts";
import type { HeldProcess } from "./held-process.ts";

/** What became of the pages that were to move. */
export interface MovedPages {
  readonly moved: number;
  /** Pages that something pins, that others map, or that the target has no room for. */
  readonly stayed: number;
  readonly movedBytes: number;
}

/** So many pages are asked about at once: half a megabyte of addresses. */
const batch = 1 << 16;

/**
 * Moves the pages of a process that lie on some nodes to another, and counts what became of each by
 * the status that the kernel gives it. Only pages move that no other process maps.
 *
 * The ranges with pages on these nodes are those of numa_maps, without the page cache of files,
 * which is nobody's own. In each range every page is asked for its node first, so that pages which
 * already lie right are not touched.
 */
export function moveProcessPages(
  tree: Tree,
  held: HeldProcess,
  { from, to }: { readonly from: readonly number[]; readonly to: number },
  movePages: MovePages,
): MovedPages {
  const { pid } = held.record;
  const sources = new Set(from);
  let [moved, stayed, movedBytes] = [0, 0, 0];
  for (const { range, bytes: length, kind } of presentMappings(tree, pid) ?? []) {
    const { start, pageBytes, onNodes } = range;
    const isAstray = onNodes.some(({ node, bytes }) => bytes > 0 && sources.has(node));
    if (kind === "file" || pageBytes === null || !isAstray) continue;
    const end = start + length;
    for (let first = start; first < end; first += batch * pageBytes) {
      if (!held.isThere()) return { moved, stayed, movedBytes };
      const pages = pagesFrom(first, Math.min(end, first + batch * pageBytes), pageBytes);
      const where = movePages(pid, pages, null);
      const astray = pages.filter((_, i) => where !== null && sources.has(at(where, i)));
      if (astray.length === 0) continue;
      const status = movePages(pid, astray, new Int32Array(astray.length).fill(to));
      // Of a transparent huge page the kernel calls a part busy and moves it with the rest.
      const refused = astray.filter((_, i) => status === null || at(status, i) !== to);
      const now = refused.length === 0 ? [] : movePages(pid, refused, null);
      const left = now === null ? refused.length : now.filter((node) => node !== to).length;
      const there = astray.length - left;
      moved += there;
      stayed += left;
      movedBytes += there * pageBytes;
    }
  }
  return { moved, stayed, movedBytes };
}

function pagesFrom(first: number, end: number, pageBytes: number): BigUint64Array {
  const count = Math.ceil((end - first) / pageBytes);
  return BigUint64Array.from({ length: count }, (_, i) => BigInt(first + i * pageBytes));
}
