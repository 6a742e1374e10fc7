import type { HugeMemory, MappingKind, MemoryMapping } from "@evenkeel/core/evidence/evidence.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";
import { count, type Tally } from "@evenkeel/core/unit/tally.ts";
import { memoryField } from "../sysfs/values.ts";
import type { Tree } from "../tree/tree.ts";
import { type MappedRange, type NumaRange, parseMaps, parseNumaMaps } from "./parse-memory.ts";
import { numaMapsOf } from "./read-memory.ts";

/**
 * The memory of any process, from numa_maps: all mappings that have pages, those of one kind,
 * policy and page size as one. Null where it may not be read.
 *
 * The kinds tell apart whose the pages are. Where the page cache of a file lies is decided by
 * whoever read the file first, and the kernel drops it at need: it is not the process's own.
 *
 * For what it costs see `readMemory`.
 */
export function readProcessMemory(tree: Tree, pid: number): MemoryMapping[] | null {
  const present = presentMappings(tree, pid);
  if (present === null) return null;
  return [...Map.groupBy(present, alike).values()]
    .map((group) => summed(group, numaMapsOf(pid)))
    .toSorted((a, b) => Number.parseInt(a.start, 16) - Number.parseInt(b.start, 16));
}

/** A mapping that has pages. */
export interface PresentMapping {
  readonly range: NumaRange;
  readonly bytes: number;
  readonly resident: number;
  readonly kind: MappingKind;
}

/** The mappings of a process that have pages, one by one; null where they may not be read. */
export function presentMappings(tree: Tree, pid: number): PresentMapping[] | null {
  const numa = tree.readText(numaMapsOf(pid));
  const maps = tree.readText(`/proc/${pid}/maps`);
  if (numa === null || maps === null) return null;
  const inMemory = filesInMemory(tree, pid);
  const mapped = new Map(parseMaps(maps).map((range) => [range.start, range]));
  return parseNumaMaps(numa)
    .filter(({ onNodes }) => onNodes.length > 0)
    .map((range): PresentMapping => {
      const own = mapped.get(range.start) ?? null;
      const resident = presentBytes(range);
      // One that changed since has no length; it is as long as what is there of it.
      const bytes = own === null ? resident : own.end - own.start;
      return { range, bytes, resident, kind: kindOf(range, own, inMemory) };
    });
}

const presentBytes = ({ onNodes }: NumaRange): number => sumOf(onNodes, ({ bytes }) => bytes);

function alike({ kind, range: { policy, pageBytes } }: PresentMapping): string {
  return `${kind} ${policy?.mode} ${policy?.nodes} ${pageBytes}`;
}

/** The sum of some mappings, with the kernel's line about the one with the most pages. */
function summed(group: readonly PresentMapping[], where: string): MemoryMapping {
  const onNodes: Tally<number> = new Map();
  for (const { range } of group) {
    for (const { node, bytes } of range.onNodes) count(onNodes, node, bytes);
  }
  const { kind, range: first } = at(group, 0);
  const largest = group.reduce((a, b) => (b.resident > a.resident ? b : a));
  return {
    kind,
    start: first.start.toString(16),
    bytes: sumOf(group, ({ bytes }) => bytes),
    backend: null,
    cell: null,
    policy: first.policy,
    pageBytes: first.pageBytes,
    onNodes: [...onNodes]
      .map(([node, bytes]) => ({ node, bytes }))
      .toSorted((a, b) => a.node - b.node),
    where,
    line: largest.range.line,
  };
}

/**
 * A private mapping of a file holds pages of the file, and copies of those that were written: it is
 * what most of its pages are, as the kernel does not count both by node.
 */
function kindOf(
  range: NumaRange,
  own: MappedRange | null,
  inMemory: ReadonlySet<string>,
): MappingKind {
  const { file, isHuge, anonymousBytes } = range;
  if (file === null || anonymousBytes * 2 > presentBytes(range)) return "anonymous";
  const device = own?.shares?.file.split(" ")[0];
  const isShared = isHuge || ofMemory.test(file) || (device !== undefined && inMemory.has(device));
  return isShared ? "shared" : "file";
}

/** How the kernel names memory that is shared and of no file on a disk. */
const ofMemory = /^\/(?:dev\/zero(?:\\040|$)|memfd:|dev\/shm\/|SYSV[0-9a-f]{8}|anon_hugepage)/;

/** The devices of file systems in memory that a process sees, as maps writes them: `00:1a`. */
function filesInMemory(tree: Tree, pid: number): ReadonlySet<string> {
  const mounts = (tree.readText(`/proc/${pid}/mountinfo`) ?? "").split("\n");
  return new Set(
    mounts.flatMap((line) => {
      const [, major, minor] = /^\d+ \d+ (\d{1,8}):(\d{1,8}) .* - tmpfs /.exec(line) ?? [];
      if (major === undefined || minor === undefined) return [];
      const hex = (part: string): string => Number(part).toString(16).padStart(2, "0");
      return [`${hex(major)}:${hex(minor)}`];
    }),
  );
}

/** What smaps_rollup sums up of a process; null where a kernel leaves it out. */
export interface MemorySummary {
  readonly hugeMemory: HugeMemory | null;
  readonly swappedBytes: number | null;
}

/**
 * How much of a process's memory is in large pages, and in swap space, from smaps_rollup; nothing
 * of it where that may not be read. The kernel walks the same entries as for numa_maps, and lets
 * others pass who want to change mappings meanwhile.
 */
export function readMemorySummary(tree: Tree, pid: number): MemorySummary {
  const text = tree.readText(`/proc/${pid}/smaps_rollup`);
  const swappedBytes = memoryField(text, "Swap");
  const [residentBytes, anonymousBytes, anonymousHugeBytes, sharedHugeBytes] = [
    "Rss",
    "Anonymous",
    "AnonHugePages",
    "ShmemPmdMapped",
  ].map((name) => memoryField(text, name) ?? undefined);
  const isWhole =
    residentBytes !== undefined &&
    anonymousBytes !== undefined &&
    anonymousHugeBytes !== undefined &&
    sharedHugeBytes !== undefined;
  return {
    hugeMemory: isWhole
      ? { residentBytes, anonymousBytes, anonymousHugeBytes, sharedHugeBytes }
      : null,
    swappedBytes,
  };
}
