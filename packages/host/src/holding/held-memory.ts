import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { HeldMemory } from "@evenkeel/core/plan/holding.ts";
import { parseList } from "@evenkeel/core/set/list-format.ts";
import { emptySet, indices } from "@evenkeel/core/set/index-set.ts";
import { GiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import { valueOf } from "@evenkeel/core/unit/list.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";
import { type NumaRange, parseMaps, parseNumaMaps } from "../procfs/parse-memory.ts";
import { readMemory, readNumaMaps } from "../procfs/read-memory.ts";
import { qemuOptions } from "../qemu/command-line.ts";
import { backendsOf } from "../qemu/shape.ts";
import { memoryField } from "../sysfs/values.ts";
import type { Tree } from "../tree/tree.ts";
import type { Emulator } from "./emulators.ts";

/**
 * How much base memory of all VMs is looked at by node. The kernel needs up to 15 ms for each GiB,
 * and holds up the VM meanwhile. What is beyond it stays unknown here, and a start still compares
 * what it needs with what each node has free.
 */
export const lookedAtBytes = 128 * GiB;

/** The base pages that a process has in memory. Huge pages cost next to nothing to look at. */
export function basePageBytes(tree: Tree, pid: number): number {
  const status = tree.readText(`/proc/${pid}/status`);
  const parts = ["RssAnon", "RssShmem"].map((name) => memoryField(status, name));
  return sumOf(
    parts.filter((bytes) => bytes !== null),
    (bytes) => bytes,
  );
}

/** The memory that a process has in sight. */
export interface MappedMemory {
  /** What nobody else maps, or what may be. */
  readonly own: readonly HeldMemory[];
  /** What it maps of files that other processes may map as well, by file. */
  readonly shared: ReadonlyMap<string, readonly HeldMemory[]>;
}

export const nothingMapped: MappedMemory = { own: [], shared: new Map() };

/**
 * The memory of an emulator by node and size of page: what is there, and all of a backend that is
 * bound to one node, since the rest of it can be nowhere else.
 *
 * Any user can start a QEMU with as many backends and mappings as they like, and must not hold up
 * a command of root with them. So of a user who runs no VMs only what is there counts, and nothing
 * of a process with too many mappings.
 */
export function mappedMemory(tree: Tree, emulator: Emulator): MappedMemory {
  try {
    return memoryOf(tree, emulator);
  } catch (error) {
    if (error instanceof EvenkeelError && error.code === "file-too-large") return nothingMapped;
    throw error;
  }
}

/** A QEMU has some thousand mappings, of a hundred characters each. */
const othersMost = MiB;

function memoryOf(tree: Tree, { pid, arguments: words, isTrusted }: Emulator): MappedMemory {
  const maps = readNumaMaps(tree, pid) ?? "";
  if (!isTrusted && maps.length > othersMost) return nothingMapped;
  const present = parseNumaMaps(maps);
  const sharing = sharedRanges(tree, pid, present);
  const partsOf = ({ pageBytes, onNodes }: NumaRange): readonly HeldMemory[] =>
    pageBytes === null ? [] : onNodes.map((part) => ({ ...part, pageBytes }));
  const unshared = present.filter(({ start }) => !sharing.has(start)).flatMap(partsOf);
  const options = isTrusted ? qemuOptions(words) : [];
  const backends = backendsOf(options).map((one) => ({ ...one, cell: null }));
  const mappings = backends.length === 0 ? [] : (readMemory(tree, pid, backends, [], maps) ?? []);
  const toCome = mappings.flatMap(({ bytes, pageBytes, policy, onNodes }): HeldMemory[] => {
    const bound = policy?.mode === "bind" ? indices(parseList(policy.nodes) ?? emptySet) : [];
    const [node, ...others] = bound;
    if (node === undefined || others.length > 0 || pageBytes === null) return [];
    return [{ node, pageBytes, bytes: bytes - sumOf(onNodes, (part) => part.bytes) }];
  });
  const files = Map.groupBy(
    present.filter(({ start }) => sharing.has(start)),
    ({ start }) => valueOf(sharing, start).file,
  );
  const shared = [...files].map(([file, ranges]) => {
    const once = withoutRepeats(
      ranges.map((range) => ({ range, ...valueOf(sharing, range.start) })),
    );
    return [file, added(once.flatMap(({ range }) => partsOf(range)))] as const;
  });
  return { own: added([...unshared, ...toCome]), shared: new Map(shared) };
}

interface SharedRange {
  readonly file: string;
  readonly offset: number;
  readonly end: number;
}

/** Those of a process's ranges with pages that it maps from files it may share, by their start. */
function sharedRanges(
  tree: Tree,
  pid: number,
  present: readonly NumaRange[],
): ReadonlyMap<number, SharedRange> {
  const starts = new Set(
    present.flatMap(({ start, file, onNodes }) =>
      file !== null && onNodes.length > 0 ? [start] : [],
    ),
  );
  if (starts.size === 0) return new Map();
  const ranges = parseMaps(tree.readText(`/proc/${pid}/maps`) ?? "");
  return new Map(
    ranges.flatMap(({ start, end, shares }) => {
      if (shares === null || !starts.has(start)) return [];
      return [[start, { ...shares, end: shares.offset + end - start }] as const];
    }),
  );
}

/**
 * The ranges of one file that lie within no other one: a process of DPDK maps the file of a guest's
 * memory anew for each of its regions, from the start.
 */
function withoutRepeats<T extends SharedRange>(ranges: readonly T[]): readonly T[] {
  let reached = -1;
  return ranges
    .toSorted((a, b) => a.offset - b.offset || b.end - a.end)
    .filter(({ end }) => {
      if (end <= reached) return false;
      reached = end;
      return true;
    });
}

/**
 * The memory of each of several processes, in which what they share counts once: a file for the
 * first that maps it, and for a later one only what that one has more of it than those before.
 */
export function countedOnce(all: readonly MappedMemory[]): readonly (readonly HeldMemory[])[] {
  const counted = new Map<string, number>();
  return all.map(({ own, shared }) => {
    const more = [...shared].flatMap(([file, parts]) =>
      parts.map((part): HeldMemory => {
        const place = `${file} ${kindOf(part)}`;
        const before = counted.get(place);
        const most = before === undefined ? part.bytes : Math.max(before, part.bytes);
        counted.set(place, most);
        return { ...part, bytes: before === undefined ? most : most - before };
      }),
    );
    return added([...own, ...more]);
  });
}

const kindOf = ({ node, pageBytes }: HeldMemory): string => `${node} ${pageBytes}`;

/** The sums by node and size of page, in their order. */
function added(parts: readonly HeldMemory[]): readonly HeldMemory[] {
  return [...Map.groupBy(parts, kindOf).values()]
    .flatMap((alike) => {
      const bytes = sumOf(alike, (part) => part.bytes);
      const [first] = alike;
      return first === undefined || bytes <= 0 ? [] : [{ ...first, bytes }];
    })
    .toSorted((a, b) => a.node - b.node || b.pageBytes - a.pageBytes);
}
