import type { MemoryPolicy } from "@evenkeel/core/evidence/evidence.ts";
import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";
import { KiB } from "@evenkeel/core/unit/bytes.ts";
import { shown } from "../text/shown.ts";

/**
 * Parses `/proc/PID/maps`, which has the address ranges and costs nothing, and
 * `/proc/PID/numa_maps`, which has the pages by node and makes the kernel walk the page tables.
 * Other lines are skipped: a kernel may add fields, and a reading may end within a line.
 * https://docs.kernel.org/filesystems/proc.html, fs/proc/task_mmu.c
 */

/**
 * One line of maps. Addresses are kept as numbers: user space ends below 2^47, or 2^52 on arm64.
 */
export interface MappedRange {
  readonly start: number;
  readonly end: number;
  readonly writable: boolean;
  /** The file that it shares with other mappings, and where in it; null if it shares none. */
  readonly shares: {
    /** The device and inode: the same for all that share it, in whatever process. */
    readonly file: string;
    readonly offset: number;
  } | null;
}

/** One line of numa_maps. */
export interface NumaRange {
  readonly start: number;
  readonly policy: MemoryPolicy | null;
  readonly file: string | null;
  /** Whether its pages are of a hugetlbfs. */
  readonly isHuge: boolean;
  readonly pageBytes: number | null;
  /** The part of it that is private: written, if the mapping is of a file. */
  readonly anonymousBytes: number;
  readonly onNodes: readonly { readonly node: number; readonly bytes: number }[];
  /** The line without the name of the file. */
  readonly line: string;
}

/**
 * A process may have 65,530 mappings by default (vm.max_map_count), and more where that is raised.
 */
const LINES_MAX = 1_000_000;

export function parseMaps(text: string): MappedRange[] {
  return text.split("\n", LINES_MAX).flatMap((line) => {
    const match =
      /^([0-9a-f]{1,14})-([0-9a-f]{1,14}) ([r-][w-][x-][ps]) (?:([0-9a-f]{1,16}) ([0-9a-f:]{3,20}) (\d{1,20}))?/.exec(
        line,
      );
    if (match === null) return [];
    const start = Number.parseInt(match[1] ?? "", 16);
    const end = Number.parseInt(match[2] ?? "", 16);
    const [, , , flags = "", offset = "", device, inode = "0"] = match;
    const isShared = flags.endsWith("s") && inode !== "0";
    const shares = isShared
      ? { file: `${device} ${inode}`, offset: Number.parseInt(offset, 16) }
      : null;
    return end > start ? [{ start, end, writable: flags[1] === "w", shares }] : [];
  });
}

export function parseNumaMaps(text: string): NumaRange[] {
  return text.split("\n", LINES_MAX).flatMap((line) => {
    const [address = "", policy = "", ...words] = line
      .trimEnd()
      .replace("prefer (many)", "prefer-many")
      .replace("weighted interleave", "weighted-interleave")
      .split(" ");
    if (!/^[0-9a-f]{1,14}$/.test(address) || policy === "") return [];
    const counts = words.flatMap((word) => {
      const match = /^N(\d{1,4})=(\d{1,12})$/.exec(word);
      return match === null ? [] : [{ node: Number(match[1]), pages: Number(match[2]) }];
    });
    const pageKiB = /^kernelpagesize_kB=(\d{1,9})$/.exec(words.at(-1) ?? "")?.[1];
    const pageBytes = pageKiB === undefined ? null : Number(pageKiB) * KiB;
    // Without a page size there are no bytes: the line was cut off.
    const onNodes =
      pageBytes === null
        ? []
        : counts.map(({ node, pages }) => ({ node, bytes: pages * pageBytes }));
    if (onNodes.some(({ bytes }) => !Number.isSafeInteger(bytes))) return [];
    const anonymous = words.find((word) => /^anon=\d{1,12}$/.test(word))?.slice(5) ?? "0";
    const file = words.find((word) => word.startsWith("file="))?.slice(5) ?? null;
    return [
      {
        start: Number.parseInt(address, 16),
        policy: parsePolicy(policy),
        file,
        isHuge: words.includes("huge"),
        pageBytes,
        anonymousBytes: pageBytes === null ? 0 : Number(anonymous) * pageBytes,
        onNodes: onNodes.toSorted((a, b) => a.node - b.node),
        // The kernel writes a blank in the name of a file as \\040.
        line: shown(line.replace(/ file=[^ ]*/, " file"), 400) ?? "",
      },
    ];
  });
}

/**
 * Parses `bind:0`, `prefer:1`, `prefer-many:0-1` (`prefer (many)` in the kernel's words),
 * `interleave=static:0-3`, `weighted-interleave:0-1` (with a space in the kernel's) or `default`,
 * as mpol_to_str in mm/mempolicy.c writes them; null for anything else.
 */
export function parsePolicy(word: string): MemoryPolicy | null {
  const match = /^([a-z][a-z-]{0,31})(?:=[a-z|]{1,32})?(?::([\d,-]{1,4096}))?$/.exec(word);
  if (match === null) return null;
  const nodes = parseList(match[2] ?? "");
  if (nodes === null) return null;
  return { mode: match[1] ?? "", nodes: formatList(nodes) };
}
