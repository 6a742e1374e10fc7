import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { indices } from "@evenkeel/core/set/index-set.ts";
import { parseList } from "@evenkeel/core/set/list-format.ts";
import { buildTopology, type NodeParts } from "@evenkeel/core/topology/build.ts";
import { checkedTopology } from "@evenkeel/core/topology/check.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { cpuListReader, NODE_MAX } from "../text/cpu-list.ts";
import { nameOfText, readLines } from "../text/read-lines.ts";

/**
 * Reads the output of `numactl --hardware`: nodes with their CPUs and memory, and the distances.
 * Cores, packages and devices are not in it.
 *
 * Memory is printed in whole MiB, rounded down, so a size may be less than a MiB below the
 * kernel's. Versions before 2.0 print no CPUs; then the nodes have none, and no cores are known.
 * Other text before and after, such as a prompt, is skipped.
 *
 * Errors: `text-unexpected` where the text is something else, another of numactl's outputs, or cut
 * short so that a node is incomplete; `topology-inconsistent`; `file-too-large`.
 * https://github.com/numactl/numactl (numactl.c, `hardware`)
 */
export function readNumactl(text: string, where: string): Topology {
  const lines = readLines(text, where).map((line) => line.trim());
  const ids = availableNodes(lines, where);
  const linesOf = nodeLines(lines);
  const topology = buildTopology({
    name: nameOfText(where),
    source: "numactl",
    nodes: nodeParts(ids, linesOf, where),
    distances: readDistances(lines, ids),
  });
  return checkedTopology(topology, where);
}

/** `available: 2 nodes (0,8)`; the ids may have holes. */
function availableNodes(lines: readonly string[], where: string): readonly number[] {
  const found = lines.filter((line) => line.startsWith("available:"));
  const [first = ""] = found;
  const match = /^available: (\d{1,5}) nodes? \(([\d,-]{1,4000})\)$/.exec(first);
  const set = parseList(match?.[2] ?? "");
  const ids = set === null ? [] : indices(set);
  if (found.length > 1) throw unexpected(`describes ${found.length} machines`, where);
  const plausible = ids.length > 0 && ids.every((id) => id <= NODE_MAX);
  if (match !== null && plausible && ids.length === Number(match[1])) return ids;
  if (lines.some((line) => /^No NUMA (support )?available/.test(line))) {
    throw unexpected("says only that the kernel has no NUMA support", where);
  }
  if (lines.some((line) => line.startsWith("physcpubind:"))) {
    throw unexpected(
      "is the output of numactl --show, which describes what one process may use, not the machine",
      where,
    );
  }
  const problem =
    first === "" ? 'has no line "available: … nodes"' : `has the line "${first.slice(0, 60)}"`;
  throw unexpected(problem, where);
}

interface NodeLines {
  readonly cpus: string | null;
  readonly size: string | null;
}

/** The values of the lines `node 0 cpus: …` and `node 0 size: …`, by node. */
function nodeLines(lines: readonly string[]): ReadonlyMap<number, NodeLines> {
  const linesOf = new Map<number, NodeLines>();
  let wrapped: number | null = null;
  for (const line of lines) {
    const match = /^node (\d{1,5}) (cpus|size|free):(.*)$/.exec(line);
    const id: number | null = match === null ? wrapped : Number(match[1]);
    // Terminals and tickets break long lists of CPUs into several lines.
    const numbers = match === null && /^\d[\d ]*$/.test(line) ? line : null;
    if (id === null || (match === null && numbers === null)) {
      wrapped = null;
      continue;
    }
    const { cpus = null, size = null } = linesOf.get(id) ?? {};
    const value = (match?.[3] ?? numbers ?? "").trim();
    if (numbers !== null) linesOf.set(id, { cpus: `${cpus ?? ""} ${numbers}`, size });
    else if (match?.[2] === "cpus") linesOf.set(id, { cpus: value, size });
    else if (match?.[2] === "size") linesOf.set(id, { cpus, size: value });
    wrapped = numbers !== null || match?.[2] === "cpus" ? id : null;
  }
  return linesOf;
}

function nodeParts(
  ids: readonly number[],
  linesOf: ReadonlyMap<number, NodeLines>,
  where: string,
): NodeParts[] {
  const hasCpus = [...linesOf.values()].some(({ cpus }) => cpus !== null);
  const readList = cpuListReader((message) => unexpected(message, where));
  return ids.map((id) => {
    const node = linesOf.get(id);
    // numactl prints a node's size, or that it is unknown, after its CPUs.
    if (node === undefined || node.size === null || (hasCpus && node.cpus === null)) {
      throw unexpected(`is cut short: node ${id} is not complete`, where);
    }
    const cpus = readList((node.cpus ?? "").trim().replace(/\s+/g, ","));
    if (cpus === null) throw unexpected(`node ${id} has an invalid list of CPUs`, where);
    return {
      id,
      cpus: cpus.join(","),
      memoryBytes: mebibytes(node.size, id, where),
      kind: null,
      hugepages: [],
    };
  });
}

function mebibytes(size: string, id: number, where: string): number | null {
  if (size.startsWith("<not available>")) return null;
  const match = /^(\d{1,9}) MB$/.exec(size);
  if (match !== null) return Number(match[1]) * MiB;
  throw unexpected(`node ${id} has "${size.slice(0, 40)}" as its size`, where);
}

/**
 * The table below `node distances:`. Its first line names the columns. Null where a row, a column
 * or a value is missing, as in a text that was cut short.
 */
function readDistances(lines: readonly string[], ids: readonly number[]): number[][] | null {
  const start = lines.findIndex((line) => line.startsWith("node distances:"));
  if (start < 0) return null;
  const columns = numbersOf(/^node\s+(\d.*)$/.exec(lines[start + 1] ?? "")?.[1] ?? "");
  if (columns.length !== ids.length || columns.some((id, i) => id !== ids[i])) return null;
  const rows = new Map<number, number[]>();
  for (const line of lines.slice(start + 2, start + 2 + ids.length)) {
    const match = /^(\d{1,5}):(.*)$/.exec(line);
    if (match !== null) rows.set(Number(match[1]), numbersOf(match[2] ?? ""));
  }
  const matrix = ids.map((id) => rows.get(id) ?? []);
  const whole = matrix.every((row) => row.length === ids.length && row.every((value) => value > 0));
  return whole ? matrix : null;
}

function numbersOf(text: string): number[] {
  const words = text.split(/\s/).filter((word) => word !== "");
  return words.every((word) => /^\d{1,5}$/.test(word)) ? words.map(Number) : [];
}

function unexpected(message: string, where: string): EvenkeelError {
  return new EvenkeelError("text-unexpected", message, {
    where,
    expected: "the output of numactl --hardware",
    remedy: "run LC_ALL=C numactl --hardware on the machine and give its whole output",
  });
}
