import { indexSet } from "@evenkeel/core/set/index-set.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import { buildTopology, type CoreParts, type NodeParts } from "@evenkeel/core/topology/build.ts";
import { checkedTopology } from "@evenkeel/core/topology/check.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { CPU_MAX, cpuListReader, NODE_MAX } from "../text/cpu-list.ts";
import { nameOfText, readLines } from "../text/read-lines.ts";
import { coresOf, type CpuRow, numberIn } from "./cores.ts";
import { readJson } from "./json.ts";
import { unexpected } from "./refusal.ts";
import { fieldsIn, readSummary, type Summary } from "./summary.ts";
import { readTable, type Row } from "./table.ts";

/**
 * Reads what lscpu prints. Its summary (`lscpu`, `lscpu -J`) has nodes with their CPUs, offline
 * CPUs, the model and the architecture; its tables (`lscpu -p`, `lscpu -e`, also with `-J`) have
 * cores, packages, clusters and L3 caches. A text with a summary and a table gives both.
 *
 * lscpu numbers packages itself, from 0; the kernel's numbers may differ. From a summary alone,
 * cores are known only where each has one thread. Memory, distances and devices are not in the
 * output.
 *
 * Errors: `text-unexpected` for any other text, a table without its header, a translated summary,
 * and output that is visibly cut short; `topology-inconsistent`; `file-too-large`.
 * https://github.com/util-linux/util-linux (sys-utils/lscpu.c)
 */
export function readLscpu(text: string, where: string): Topology {
  const lines = readLines(text, where);
  const isJson = /^\uFEFF?\s{0,100}\{/.test(text);
  const { fields, rows } = isJson
    ? readJson(text, where)
    : { fields: fieldsIn(lines), rows: readTable(lines, where) ?? [] };
  const readList = cpuListReader((message) => unexpected(message, where));
  const value = readSummary(fields, readList, where);
  const summary = isJson ? { ...value, isWhole: true } : value;
  const table = rows.map((row) => cpuRow(row, where));
  if (new Set(table.map(({ cpu }) => cpu)).size !== table.length) {
    throw unexpected("has a table that names a CPU twice", where);
  }
  const listed = summary.online ?? summary.nodes.flatMap(({ cpus }) => cpus);
  if (table.length === 0 && listed.length === 0) throw nothing(lines, where);
  const tableHasPlaces = table.some(({ row }) => hasPlace(row));
  const online = table.filter(({ row }) => isOnline(row, tableHasPlaces));
  const offline = table.filter(({ row }) => !isOnline(row, tableHasPlaces)).map(({ cpu }) => cpu);
  const models = new Set(online.map(({ row }) => row.get("modelname")));
  const [model] = models;
  const topology = buildTopology({
    name: nameOfText(where),
    source: "lscpu",
    machine: {
      cpuModel: summary.cpuModel ?? (models.size === 1 ? (model ?? null) : null),
      architecture: summary.architecture,
    },
    nodes: nodesOf(summary, online, listed),
    cores: table.length > 0 ? coresOf(online, summary.threadsPerCore) : coresAlone(summary, listed),
    offlineCpus: listOf([...summary.offline, ...offline]),
  });
  return checkedTopology(topology, where);
}

function cpuRow(row: Row, where: string): CpuRow {
  const cpu = numberIn(row, "cpu");
  if (cpu === null || cpu > CPU_MAX) {
    throw unexpected(`has "${(row.get("cpu") ?? "").slice(0, 40)}" as a CPU's number`, where);
  }
  return { cpu, row };
}

/**
 * By the column ONLINE. A table without this column may list offline CPUs (`lscpu -p -a`): those
 * have no place in it, while other CPUs have one.
 */
function isOnline(row: Row, tableHasPlaces: boolean): boolean {
  const value = row.get("online")?.toLowerCase();
  return value === undefined ? hasPlace(row) || !tableHasPlaces : value.startsWith("y");
}

function hasPlace(row: Row): boolean {
  return row.has("core") || row.has("socket") || row.has("node");
}

/**
 * The nodes of the summary, which includes nodes without CPUs, or else of the table. A machine
 * whose whole output names no node has a kernel without NUMA and counts as one node.
 */
function nodesOf(
  { nodes, isWhole }: Summary,
  table: readonly CpuRow[],
  listed: readonly number[],
): NodeParts[] {
  if (nodes.length > 0) return nodes.map(({ id, cpus }) => node(id, cpus));
  const placed = table.flatMap(({ cpu, row }) => {
    const id = numberIn(row, "node");
    return id === null || id > NODE_MAX ? [] : [{ cpu, id }];
  });
  if (placed.length > 0) {
    return [...Map.groupBy(placed, ({ id }) => id)].map(([id, members]) =>
      node(
        id,
        members.map(({ cpu }) => cpu),
      ),
    );
  }
  return isWhole && listed.length > 0 ? [node(0, listed)] : [];
}

function node(id: number, cpus: readonly number[]): NodeParts {
  return { id, cpus: listOf(cpus), memoryBytes: null, kind: null, hugepages: null };
}

function coresAlone({ threadsPerCore }: Summary, listed: readonly number[]): CoreParts[] {
  if (threadsPerCore !== 1) return [];
  return [...new Set(listed)].map((cpu) => {
    return { package: null, die: null, cluster: null, l3: null, cpus: `${cpu}` };
  });
}

function listOf(cpus: readonly number[]): string {
  return formatList(indexSet(cpus));
}

function nothing(lines: readonly string[], where: string) {
  const filled = lines.filter((line) => line.trim() !== "");
  if (filled.length > 0 && filled.every((line) => /^\d[\d,-]*$/.test(line))) {
    return unexpected("is a table of lscpu -p without the header that names its columns", where);
  }
  if (filled.filter((line) => line.includes(":")).length >= 3) {
    return unexpected("has none of lscpu's English fields that list the CPUs", where);
  }
  return unexpected("is not the output of lscpu", where);
}
