import { formatBytes } from "../../unit/bytes.ts";
import type { Topology } from "../topology.ts";
import { counted, listOf } from "./describe.ts";
import { type Line, line, span, wrapped } from "./line.ts";

/** The L3 caches with their sizes and ways, those that are alike together. */
export function cacheLines({ cores, l3Caches }: Topology, width: number): Line[] {
  const used = [...new Set(cores.flatMap(({ l3 }) => l3 ?? []))].toSorted((a, b) => a - b);
  if (used.length === 0) return [];
  const known = new Map(l3Caches.map((cache) => [cache.id, cache]));
  const alike = Map.groupBy(used, (id) => {
    const { sizeBytes = null, ways = null } = known.get(id) ?? {};
    const size = sizeBytes === null ? "size unknown" : formatBytes(sizeBytes);
    return ways === null ? size : `${size} in ${counted(ways, "way")}`;
  });
  const groups = [...alike].map(([text, ids]) => {
    const isUnknown = text.startsWith("size unknown");
    const each = ids.length > 1 && !isUnknown ? " each" : "";
    return line(`L3 ${listOf(ids)}: `, span(`${text}${each}`, isUnknown ? "unknown" : "plain"));
  });
  return wrapped([line("caches"), ...groups], "  ", width);
}
