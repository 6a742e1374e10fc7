import {
  difference,
  equals,
  indexSet,
  type IndexSet,
  indices,
  intersection,
  isEmpty,
  unionAll,
} from "@evenkeel/core/set/index-set.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import { shorten } from "@evenkeel/core/text/shorten.ts";
import { buildTopology, type CoreParts } from "@evenkeel/core/topology/build.ts";
import { checkedTopology } from "@evenkeel/core/topology/check.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { CPU_MAX, type CpuListReader, cpuListReader, NODE_MAX } from "../text/cpu-list.ts";
import { ignore, type Note, noteLeftovers } from "../text/note.ts";
import { nameOfText, readLines } from "../text/read-lines.ts";
import { type NodeClaim, withoutSharedCpus } from "../text/shared-cpus.ts";
import { l3CachesOf, l3CountOf } from "./caches.ts";
import { coresOf, type CpuRow, numberIn } from "./cores.ts";
import { readJson } from "./json.ts";
import { packagesOfNodes } from "./packages.ts";
import { nothing, unexpected } from "./refusal.ts";
import { type Field, fieldsIn, readSummary, type Summary, withoutCutNumber } from "./summary.ts";
import { readTables, type Row } from "./table.ts";

/**
 * Reads what lscpu prints. Its summary (`lscpu`, `lscpu -J`) has nodes with their CPUs, offline
 * CPUs, the model, the architecture and numbers of cores, packages and caches; its tables (`lscpu
 * -p`, `lscpu -e`, also with `-J`) have cores, packages, clusters and L3 caches; `lscpu -C` has the
 * caches' sizes. A text with several of them gives all.
 *
 * lscpu numbers packages itself, from 0; the kernel's numbers may differ. From a summary alone,
 * cores are known only where each has one thread. Memory, distances, huge pages and devices are not
 * in the output.
 *
 * A text that was cut is read as far as it goes, and `note` says what it lacks. What the summary
 * says about cores and caches without their CPUs is noted as well.
 *
 * Errors: `text-unexpected` for any other text, a table without its header, a translated summary;
 * `topology-inconsistent`; `file-too-large`.
 * https://github.com/util-linux/util-linux (sys-utils/lscpu.c)
 */
export function readLscpu(text: string, where: string, note: Note = ignore): Topology {
  const output = outputOf(text, where);
  const { summary, table, missing } = output;
  const nodes = nodesOf(output, where, note);
  const online = table.filter(({ isOnline }) => isOnline);
  const offline = table.filter(({ isOnline }) => !isOnline).map(({ cpu }) => cpu);
  const cores = coresIn(output, nodes, online);
  const models = new Set(online.map(({ row }) => row.get("modelname")));
  const [model] = models;
  const l3Caches = l3CachesOf(cores, output.caches, summary);
  const packageOf = packagesOfNodes(summary);
  const topology = buildTopology({
    name: nameOfText(where),
    source: "lscpu",
    machine: {
      cpuModel: summary.cpuModel ?? (models.size === 1 ? (model ?? null) : null),
      architecture: summary.architecture,
    },
    nodes: nodes.map(({ id, cpus }) => ({
      id,
      cpus: cpus === null ? null : formatList(cpus),
      memoryBytes: null,
      kind: null,
      hugepages: null,
      ...(cores.length > 0 || packageOf === null || cpus === null || isEmpty(cpus)
        ? {}
        : { package: packageOf(id) }),
    })),
    cores,
    l3Caches,
    offlineCpus: formatList(indexSet([...summary.offline, ...offline])),
  });
  noteLeftovers(note, "lscpu", where, {
    missing,
    unused: unusedOf(summary, cores, packageOf !== null, l3Caches.length > 0),
  });
  return checkedTopology(topology, where);
}

/** A CPU of the table. */
type TableCpu = CpuRow & { readonly isOnline: boolean };

interface Output {
  readonly summary: Summary;
  readonly table: readonly TableCpu[];
  /** The rows of `lscpu -C`. */
  readonly caches: readonly Row[];
  /** What the text visibly lacks. */
  readonly missing: string[];
}

function outputOf(text: string, where: string): Output {
  const lines = readLines(text, where);
  const readList = cpuListReader((message) => unexpected(message, where));
  const isJson = /^\uFEFF?\s{0,100}\{/.test(text);
  const json = isJson ? readJson(text, where) : null;
  const tables = json === null ? readTables(lines, where) : null;
  const rows = json?.rows ?? tables?.cpus.rows ?? [];
  const summary =
    json === null
      ? summaryOf(lines, readList, text.endsWith("\n"), where)
      : { ...readSummary(json.fields, readList, where), isWhole: json.isWhole };
  const table = cpusOfTable(rows, where);
  const listed = summary.online ?? summary.nodes.flatMap(({ cpus }) => cpus);
  if (table.length === 0 && listed.length === 0) {
    throw nothing(lines, json?.caches ?? tables?.caches.rows ?? [], where);
  }
  const isTableWhole = json?.isWhole ?? tables?.cpus.isWhole !== false;
  return {
    summary,
    table,
    caches: json?.caches ?? tables?.caches.rows ?? [],
    missing: missingOf(summary, table, isTableWhole),
  };
}

/** A list of CPUs that ends with the text counts without its last number if that seems cut. */
function summaryOf(
  lines: readonly string[],
  readList: CpuListReader,
  endsLine: boolean,
  where: string,
): Summary {
  const fields: readonly Field[] = fieldsIn(lines);
  const cut = endsLine ? null : withoutCutNumber(fields, lines);
  if (cut === null) return readSummary(fields, readList, where);
  const short = readSummary(cut.fields, readList, where);
  const last = readList(cut.number) ?? [];
  const known = indexSet([...short.nodes.flatMap(({ cpus }) => cpus), ...last]);
  const isWhole = last.length > 0 && equals(known, indexSet(short.online ?? []));
  return isWhole ? readSummary(fields, readList, where) : short;
}

function cpusOfTable(rows: readonly Row[], where: string): TableCpu[] {
  const table = rows.map((row) => {
    const cpu = numberIn(row, "cpu");
    if (cpu !== null && cpu <= CPU_MAX) return { cpu, row };
    throw unexpected(`has "${(row.get("cpu") ?? "").slice(0, 40)}" as a CPU's number`, where);
  });
  if (new Set(table.map(({ cpu }) => cpu)).size !== table.length) {
    throw unexpected("has a table that names a CPU twice", where);
  }
  const hasPlaces = table.some(({ row }) => hasPlace(row));
  return table.map(({ cpu, row }) => ({ cpu, row, isOnline: seemsOnline(row, hasPlaces) }));
}

/**
 * By the column ONLINE. A table without this column may list offline CPUs (`lscpu -p -a`): those
 * have no place in it, while other CPUs have one.
 */
function seemsOnline(row: Row, tableHasPlaces: boolean): boolean {
  const value = row.get("online")?.toLowerCase();
  return value === undefined ? hasPlace(row) || !tableHasPlaces : value.startsWith("y");
}

function hasPlace(row: Row): boolean {
  return row.has("core") || row.has("socket") || row.has("node");
}

/** What an output lacks by its own counts. */
function missingOf(summary: Summary, table: readonly TableCpu[], isTableWhole: boolean): string[] {
  const { nodes, nodeCount, online } = summary;
  const missing: string[] = [];
  if (nodeCount !== null && nodeCount > nodes.length) {
    missing.push(`${nodeCount - nodes.length} of ${nodeCount} nodes`);
  } else if (table.length === 0 && nodes.length === 0 && !summary.isWhole) {
    missing.push("its end, with the nodes");
  }
  const placed = indexSet(nodes.flatMap(({ cpus }) => cpus));
  const unplaced = difference(indexSet(online ?? []), placed);
  if (nodes.length > 0 && nodeCount === nodes.length && !isEmpty(unplaced)) {
    missing.push(`the node of CPUs ${shorten(formatList(unplaced), 60)}`);
  }
  const unlisted = difference(listedOnline(summary), indexSet(table.map(({ cpu }) => cpu)));
  if (table.length > 0 && !isEmpty(unlisted)) {
    missing.push(`CPUs ${shorten(formatList(unlisted), 60)} in its table`);
  } else if (table.length > 0 && !isTableWhole) {
    missing.push("a part of its table");
  }
  return missing;
}

/** The online CPUs by the summary. */
function listedOnline({ online, offline, nodes }: Summary): IndexSet {
  if (online !== null) return indexSet(online);
  return difference(indexSet(nodes.flatMap(({ cpus }) => cpus)), indexSet(offline));
}

/**
 * The nodes of the summary, which includes nodes without CPUs, or else of the table. A machine
 * whose whole output names no node has a kernel without NUMA and counts as one node. On IBM Z a
 * node lists all CPUs that could ever be on it; only those online count.
 */
function nodesOf({ summary, table }: Output, where: string, note: Note): NodeClaim[] {
  const { nodes, online, offline, isWhole } = summary;
  const known = online === null ? null : indexSet(online);
  const without = indexSet(offline);
  const claims = nodes.map(({ id, cpus }) => {
    const set = indexSet(cpus);
    return { id, cpus: known === null ? difference(set, without) : intersection(set, known) };
  });
  if (claims.length > 0) return withoutSharedCpus(claims, `the output of lscpu in ${where}`, note);
  const placed = table.flatMap(({ cpu, row, isOnline }) => {
    const id = numberIn(row, "node");
    return !isOnline || id === null || id > NODE_MAX ? [] : [{ cpu, id }];
  });
  if (placed.length > 0) {
    return [...Map.groupBy(placed, ({ id }) => id)].map(([id, members]) => ({
      id,
      cpus: indexSet(members.map(({ cpu }) => cpu)),
    }));
  }
  const listed = listedOnline(summary);
  return isWhole && !isEmpty(listed) ? [{ id: 0, cpus: listed }] : [];
}

/**
 * The cores of the table. One that lacks CPUs of the summary gives none: a core whose threads are
 * not all known is none that can be used. Without a table, cores are known where each has one
 * thread.
 */
function coresIn(
  { summary, table }: Output,
  nodes: readonly NodeClaim[],
  online: readonly CpuRow[],
): CoreParts[] {
  const listed = listedOnline(summary);
  const inTable = indexSet(table.map(({ cpu }) => cpu));
  if (table.length > 0) {
    return isEmpty(difference(listed, inTable)) ? coresOf(online, summary.threadsPerCore) : [];
  }
  if (summary.threadsPerCore !== 1) return [];
  const packageOf = packagesOfNodes(summary);
  const nodeOf = new Map(
    nodes.flatMap(({ id, cpus }) => (cpus === null ? [] : indices(cpus)).map((cpu) => [cpu, id])),
  );
  // No L3 cache is in two packages, so as many caches as packages are one in each.
  const l3Count = l3CountOf(summary);
  const l3Of = (inPackage: number | null): number | null =>
    l3Count === 1 ? 0 : l3Count === summary.sockets ? inPackage : null;
  const all = unionAll([listed, ...nodes.flatMap(({ cpus }) => cpus ?? [])]);
  return indices(all).map((cpu) => {
    const number = packageOf === null ? null : packageOf(nodeOf.get(cpu) ?? null);
    return { package: number, die: null, cluster: null, l3: l3Of(number), cpus: `${cpu}` };
  });
}

/** What the summary says that the topology could not take, because CPUs are not named with it. */
function unusedOf(
  summary: Summary,
  cores: readonly CoreParts[],
  hasPackages: boolean,
  hasL3: boolean,
): string[] {
  const { sockets, coresPerSocket, threadsPerCore, caches } = summary;
  const unused: string[] = [];
  if (cores.length === 0 && coresPerSocket !== null) {
    const threads = threadsPerCore === null ? "" : ` of ${threadsPerCore} threads`;
    const each = sockets === 1 ? "" : " a socket";
    unused.push(`${coresPerSocket} cores${threads}${each} without their CPUs (lscpu -e has them)`);
  }
  if (cores.length === 0 && sockets !== null && !hasPackages) unused.push(`${sockets} sockets`);
  const sizes = caches.filter(({ name }) => !(hasL3 && name === "L3"));
  if (sizes.length > 0) {
    unused.push(`caches (${sizes.map(({ name, size }) => `${name} ${size}`).join(", ")})`);
  }
  return unused;
}
