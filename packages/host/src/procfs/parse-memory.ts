import type { MemoryPolicy } from "@evenkeel/core/evidence/evidence.ts";
import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";
import { KiB } from "@evenkeel/core/unit/bytes.ts";
import { shown } from "../text/shown.ts";

/**
 * Parses a process's memory in `/proc/PID/maps` and `/proc/PID/numa_maps`. The first has the ranges
 * and is cheap. The second has their pages by node, and the kernel walks the page tables for it.
 * Lines of any other form are skipped: a kernel may add fields, and a file may be cut in the middle
 * of a line.
 * https://docs.kernel.org/filesystems/proc.html, fs/proc/task_mmu.c
 */

/** One line of maps. Addresses fit into numbers: user space ends below 2^47, or 2^52 on arm64. */
export interface MappedRange {
  readonly start: number;
  readonly end: number;
  readonly writable: boolean;
}

/** One line of numa_maps. */
export interface NumaRange {
  readonly start: number;
  readonly policy: MemoryPolicy | null;
  readonly file: string | null;
  readonly pageBytes: number | null;
  readonly onNodes: readonly { readonly node: number; readonly bytes: number }[];
  readonly line: string;
}

/** A process may have 65,530 mappings by default (vm.max_map_count); the limit can be raised. */
const LINES_MAX = 1_000_000;

export function parseMaps(text: string): MappedRange[] {
  return text.split("\n", LINES_MAX).flatMap((line) => {
    const match = /^([0-9a-f]{1,14})-([0-9a-f]{1,14}) ([r-][w-][x-][ps]) /.exec(line);
    if (match === null) return [];
    const start = Number.parseInt(match[1] ?? "", 16);
    const end = Number.parseInt(match[2] ?? "", 16);
    return end > start ? [{ start, end, writable: match[3]?.[1] === "w" }] : [];
  });
}

export function parseNumaMaps(text: string): NumaRange[] {
  return text.split("\n", LINES_MAX).flatMap((line) => {
    const [address = "", policy = "", ...words] = line
      .trimEnd()
      .replace("prefer (many)", "prefer-many")
      .split(" ");
    if (!/^[0-9a-f]{1,14}$/.test(address) || policy === "") return [];
    const counts = words.flatMap((word) => {
      const match = /^N(\d{1,4})=(\d{1,12})$/.exec(word);
      return match === null ? [] : [{ node: Number(match[1]), pages: Number(match[2]) }];
    });
    const pageKiB = /^kernelpagesize_kB=(\d{1,9})$/.exec(words.at(-1) ?? "")?.[1];
    const pageBytes = pageKiB === undefined ? null : Number(pageKiB) * KiB;
    // Without a page size the line was cut short, and its pages cannot be counted in bytes.
    const onNodes =
      pageBytes === null
        ? []
        : counts.map(({ node, pages }) => ({ node, bytes: pages * pageBytes }));
    if (onNodes.some(({ bytes }) => !Number.isSafeInteger(bytes))) return [];
    const file = words.find((word) => word.startsWith("file="))?.slice(5) ?? null;
    return [
      {
        start: Number.parseInt(address, 16),
        policy: parsePolicy(policy),
        file,
        pageBytes,
        onNodes: onNodes.toSorted((a, b) => a.node - b.node),
        line: shown(line, 400) ?? "",
      },
    ];
  });
}

/**
 * Parses `bind:0`, `prefer:1`, `prefer-many:0-1` (the kernel's `prefer (many)`),
 * `interleave=static:0-3` or `default`, as mpol_to_str in mm/mempolicy.c writes them; null for
 * anything else.
 */
export function parsePolicy(word: string): MemoryPolicy | null {
  const match = /^([a-z][a-z-]{0,31})(?:=[a-z|]{1,32})?(?::([\d,-]{1,4096}))?$/.exec(word);
  if (match === null) return null;
  const nodes = parseList(match[2] ?? "");
  if (nodes === null) return null;
  return { mode: match[1] ?? "", nodes: formatList(nodes) };
}
