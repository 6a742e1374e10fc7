import {
  difference,
  type IndexSet,
  indexSet,
  indices,
  isEmpty,
  unionAll,
} from "@evenkeel/core/set/index-set.ts";
import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";
import { shorten } from "@evenkeel/core/text/shorten.ts";
import { buildTopology } from "@evenkeel/core/topology/build.ts";
import { checkedTopology } from "@evenkeel/core/topology/check.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { cpuListReader, NODE_MAX } from "../text/cpu-list.ts";
import { ignore, type Note, noteLeftovers } from "../text/note.ts";
import { nameOfText, readLines } from "../text/read-lines.ts";
import { type NodeClaim, withoutSharedCpus } from "../text/shared-cpus.ts";
import { readDistances } from "./distances.ts";
import { type NodeLines, nodeLines } from "./node-lines.ts";
import { unexpected } from "./refusal.ts";

/**
 * Reads the output of `numactl --hardware`: nodes with their CPUs and memory, all of it and what is
 * free, and the distances.
 * Cores, packages, devices and huge pages are not in it.
 *
 * Memory is printed in whole MiB, rounded down, so a size may be less than a MiB below the
 * kernel's. Versions before 2.0 print no CPUs; then they are unknown. Other text before and after,
 * such as a prompt, is skipped.
 *
 * A text that was cut is read as far as it goes: what it lacks is unknown, and `note` says what
 * that is.
 *
 * Errors: `text-unexpected` where the text is something else, another of numactl's outputs, or
 * contradicts itself; `topology-inconsistent`; `file-too-large`.
 * https://github.com/numactl/numactl (numactl.c, `hardware`)
 */
export function readNumactl(text: string, where: string, note: Note = ignore): Topology {
  const lines = readLines(text, where).map((line) => line.trim());
  const linesOf = nodeLines(lines, where);
  const listed = availableNodes(lines, where);
  const ids =
    listed ?? [...linesOf.keys()].filter((id) => id <= NODE_MAX).toSorted((a, b) => a - b);
  if (ids.length === 0) throw notHardware(lines, where);
  const missing = listed === null ? ["the line of the available nodes"] : [];
  const claims = claimsOf(ids, linesOf, where, missing);
  const nodes = withoutSharedCpus(claims, `the output of numactl in ${where}`, note);
  const sizes = ids.map((id) => sizeOf(id, linesOf.get(id)?.size ?? null, where, missing));
  const free = ids.map((id) => freeOf(id, linesOf.get(id)?.free ?? null, missing));
  const distances = readDistances(lines, ids);
  const topology = buildTopology({
    name: nameOfText(where),
    source: "numactl",
    nodes: nodes.map(({ id, cpus }, i) => ({
      id,
      cpus: cpus === null ? null : formatList(cpus),
      memoryBytes: sizes[i] ?? null,
      freeBytes: free[i] ?? null,
      kind: null,
      hugepages: null,
    })),
    distances: distances.matrix,
  });
  noteGaps(claims, where, note);
  noteLeftovers(note, "numactl", where, {
    missing: [...missing, ...distances.missing],
    unused: unusedOf(lines, linesOf, ids),
  });
  return checkedTopology(topology, where);
}

/**
 * `available: 2 nodes (0,8)`; the ids may have holes. Null where the line is missing or cut, as in
 * a text that lost its beginning.
 */
function availableNodes(lines: readonly string[], where: string): readonly number[] | null {
  const found = new Set(lines.filter((line) => line.startsWith("available:")));
  if (found.size > 1) throw unexpected(`describes ${found.size} machines`, where);
  const [first = ""] = found;
  const match = /^available: (\d{1,5}) nodes? \(([\d,-]{1,4000})\)$/.exec(first);
  if (match === null) return null;
  const set = parseList(match[2] ?? "");
  const ids = set === null ? [] : indices(set);
  const plausible = ids.length > 0 && ids.every((id) => id <= NODE_MAX);
  if (plausible && ids.length === Number(match[1])) return ids;
  throw unexpected(`has the line "${first.slice(0, 60)}"`, where);
}

function notHardware(lines: readonly string[], where: string) {
  if (lines.some((line) => /^No NUMA (support )?available/.test(line))) {
    return unexpected("says only that the kernel has no NUMA support", where);
  }
  if (lines.some((line) => line.startsWith("physcpubind:"))) {
    return unexpected(
      "is the output of numactl --show, which describes what one process may use, not the machine",
      where,
    );
  }
  const line = lines.find((each) => each.startsWith("available:"));
  return unexpected(
    line === undefined ? 'has no line "available: … nodes"' : `has the line "${line.slice(0, 60)}"`,
    where,
  );
}

/** The CPUs of each node; unknown where their list is not there, or was cut. */
function claimsOf(
  ids: readonly number[],
  linesOf: ReadonlyMap<number, NodeLines>,
  where: string,
  missing: string[],
): NodeClaim[] {
  const readList = cpuListReader((message) => unexpected(message, where));
  // Versions before 2.0 print no CPUs of any node.
  const hasCpus = [...linesOf.values()].some(({ cpus }) => cpus !== null);
  return ids.map((id) => {
    const node = linesOf.get(id);
    const list = node?.cpus ?? null;
    if (list === null || node?.endsText === true || /\.\.\.|\u2026/.test(list)) {
      if (hasCpus || node === undefined) missing.push(`the CPUs of node ${id}`);
      return { id, cpus: null };
    }
    const cpus = readList(list.replace(/[\s,]+/g, ","));
    if (cpus === null) throw unexpected(`node ${id} has an invalid list of CPUs`, where);
    return { id, cpus: indexSet(cpus) };
  });
}

/** Printed where the kernel has no such file. */
const notAvailable = "<not available>";

function bytesOf(text: string | null): number | null {
  const match = /^(\d{1,9}) MB$/.exec(text ?? "");
  return match === null ? null : Number(match[1]) * MiB;
}

/** The node's free memory, which a text may do without. */
function freeOf(id: number, free: string | null, missing: string[]): number | null {
  const bytes = bytesOf(free);
  if (bytes === null && free !== null && !free.startsWith(notAvailable)) {
    missing.push(`the free memory of node ${id}`);
  }
  return bytes;
}

function sizeOf(id: number, size: string | null, where: string, missing: string[]): number | null {
  const bytes = bytesOf(size);
  if (bytes !== null || size?.startsWith(notAvailable) === true) return bytes;
  // A figure that lost its unit may have lost digits too.
  if (size !== null && !/^(\d{0,9}|\d{1,9} M|<[a-z ]{0,13})(\.\.\.)?$/.test(size)) {
    throw unexpected(`node ${id} has "${size.slice(0, 40)}" as its size`, where);
  }
  missing.push(`the size of node ${id}`);
  return null;
}

/**
 * Says which CPUs are on no node although lower and higher ones are: they are offline, which
 * numactl does not print, or were lost with a part of the text.
 */
function noteGaps(claims: readonly NodeClaim[], where: string, note: Note): void {
  const sets = claims.flatMap(({ cpus }): IndexSet[] => (cpus === null ? [] : [cpus]));
  const known = unionAll(sets);
  const highest = indices(known).at(-1);
  if (highest === undefined || sets.length < claims.length) return;
  const gaps = difference(indexSet(Array(highest).keys()), known);
  if (isEmpty(gaps)) return;
  const list = shorten(formatList(gaps), 60);
  note(`the output of numactl in ${where} has no CPU ${list}: offline, or lost from the text`);
}

/** What numactl prints and a topology has no place for. */
function unusedOf(
  lines: readonly string[],
  linesOf: ReadonlyMap<number, NodeLines>,
  ids: readonly number[],
): string[] {
  const others = [...linesOf.keys()].filter((id) => !ids.includes(id));
  return [
    ...others.map((id) => `node ${id}, which is not available`),
    ...(lines.some((line) => line.startsWith("physcpubind:")) ? ["numactl --show"] : []),
  ];
}
