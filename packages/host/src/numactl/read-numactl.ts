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
 * The machine as `numactl --hardware` prints it: its nodes with their CPUs and memory, and the
 * distances. Cores, packages and devices are not in it.
 *
 * Memory is in whole MiB there, rounded down, so a size may be less than a MiB short of what the
 * kernel says. Versions before 2.0 do not tell CPUs; then no node has any here, and no core tells
 * otherwise. What stands before and after, such as a prompt, is passed over.
 *
 * Errors: `text-unexpected` where it is something else, another of numactl's outputs, or cut short
 * so that a node is incomplete; `topology-inconsistent`; `file-too-large`.
 * https://github.com/numactl/numactl (numactl.c, `hardware`)
 */
export function readNumactl(text: string, where: string): Topology {
  const lines = readLines(text, where).map((line) => line.trim());
  const ids = availableNodes(lines, where);
  const told = nodeLines(lines);
  const topology = buildTopology({
    name: nameOfText(where),
    source: "numactl",
    nodes: nodeParts(ids, told, where),
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
  if (found.length > 1) throw unexpected(`tells of ${found.length} machines`, where);
  const plausible = ids.length > 0 && ids.every((id) => id <= NODE_MAX);
  if (match !== null && plausible && ids.length === Number(match[1])) return ids;
  if (lines.some((line) => /^No NUMA (support )?available/.test(line))) {
    throw unexpected("says that the kernel has no NUMA, and nothing else", where);
  }
  if (lines.some((line) => line.startsWith("physcpubind:"))) {
    throw unexpected("is numactl --show: what one process may use, not the machine", where);
  }
  const said = first === "" ? 'has no line "available: … nodes"' : `says "${first.slice(0, 60)}"`;
  throw unexpected(said, where);
}

interface ToldOfNode {
  readonly cpus: string | null;
  readonly size: string | null;
}

/** What the lines `node 0 cpus: …` and `node 0 size: …` say, by node. */
function nodeLines(lines: readonly string[]): ReadonlyMap<number, ToldOfNode> {
  const told = new Map<number, ToldOfNode>();
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
    const { cpus = null, size = null } = told.get(id) ?? {};
    const value = (match?.[3] ?? numbers ?? "").trim();
    if (numbers !== null) told.set(id, { cpus: `${cpus ?? ""} ${numbers}`, size });
    else if (match?.[2] === "cpus") told.set(id, { cpus: value, size });
    else if (match?.[2] === "size") told.set(id, { cpus, size: value });
    wrapped = numbers !== null || match?.[2] === "cpus" ? id : null;
  }
  return told;
}

function nodeParts(
  ids: readonly number[],
  told: ReadonlyMap<number, ToldOfNode>,
  where: string,
): NodeParts[] {
  const tellsCpus = [...told.values()].some(({ cpus }) => cpus !== null);
  const readList = cpuListReader((message) => unexpected(message, where));
  return ids.map((id) => {
    const node = told.get(id);
    // numactl always says the size last of these two, or that it has none to say.
    if (node === undefined || node.size === null || (tellsCpus && node.cpus === null)) {
      throw unexpected(`is cut short: node ${id} is not complete`, where);
    }
    const cpus = readList((node.cpus ?? "").trim().replace(/\s+/g, ","));
    if (cpus === null) throw unexpected(`node ${id} has a list of CPUs that is none`, where);
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
  throw unexpected(`node ${id} has "${size.slice(0, 40)}" for a size`, where);
}

/**
 * The table below `node distances:`. Its first line names the columns; one that lacks a row, a
 * column or a figure, as a text that was cut short does, says nothing that could be relied on.
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
