import { unexpected } from "./refusal.ts";
import type { Field } from "./summary.ts";
import { columnsOf, type Row, rowOf } from "./table.ts";

/** Newer versions nest a field's details in it, a few levels deep. */
const depthMax = 16;

/** The output of `lscpu -J`: the fields of the summary, or rows with `-e`, `-p` and `-C`. */
export interface LscpuJson {
  readonly fields: readonly Field[];
  /** A row for each CPU. */
  readonly rows: readonly Row[];
  /** A row for each kind of cache. */
  readonly caches: readonly Row[];
  /** Whether the text ends where the document does. */
  readonly isWhole: boolean;
}

/**
 * Reads `{"lscpu": [{"field": "CPU(s):", "data": "4"}]}`, `{"cpus": [{"cpu": 0, "node": 0}]}` and
 * `{"caches": [{"name": "L3", "ways": 16}]}`. A field without data has an empty value: a node
 * without CPUs has `"data": null`. A document that was cut is read up to the last whole value.
 */
export function readJson(text: string, where: string): LscpuJson {
  const { document, isWhole } = parsed(text, where);
  const fields: Field[] = [];
  if ("lscpu" in document) collectFields(document.lscpu, fields, 0);
  const rows = rowsOf("cpus" in document ? document.cpus : [], where);
  const caches = rowsOf("caches" in document ? document.caches : [], where);
  return { fields, rows, caches, isWhole };
}

interface Parsed {
  readonly document: object;
  readonly isWhole: boolean;
}

function parsed(text: string, where: string): Parsed {
  const bare = text.replace(/^\uFEFF/, "");
  // Version 2.38 writes `"maxmhz": -` for a number that it does not know, which is no JSON.
  const dashless = bare.replaceAll(/: -(?=[,\s}])/g, ": null");
  for (const [whole, isWhole] of [
    [bare, true],
    [dashless, true],
    [closed(dashless), false],
  ] as const) {
    const document = whole === null ? null : valueOf(whole);
    if (document === null) continue;
    if (typeof document === "object") return { document, isWhole };
    throw unexpected("is JSON, but not an object", where);
  }
  throw unexpected("begins like JSON but is invalid or cut short", where);
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The deepest brackets that a cut document may have open. */
const openMax = 64;

/**
 * The document up to the last closing bracket that is well placed, with the brackets closed that
 * were open there; null where there is none. One pass over the text.
 */
function closed(text: string): string | null {
  const open: string[] = [];
  let best: string | null = null;
  let end = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/g)) {
    if (token === "{" || token === "[") {
      open.push(token === "{" ? "}" : "]");
      if (open.length > openMax) return null;
    } else if (!token.startsWith('"')) {
      if (open.pop() !== token) break;
      end = index + 1;
      best = open.toReversed().join("");
    }
  }
  return best === null ? null : text.slice(0, end) + best;
}

function collectFields(items: unknown, into: Field[], depth: number): void {
  if (!Array.isArray(items) || depth > depthMax) return;
  for (const item of items.values()) {
    if (typeof item !== "object" || item === null) continue;
    const name: unknown = "field" in item ? item.field : null;
    const value: unknown = "data" in item ? item.data : null;
    if (typeof name === "string") into.push([name.replace(/:$/, "").trim(), wordOf(value).trim()]);
    if ("children" in item) collectFields(item.children, into, depth + 1);
  }
}

function wordOf(value: unknown): string {
  if (typeof value === "string" || typeof value === "number") return `${value}`;
  return value === true ? "yes" : value === false ? "no" : "";
}

function rowsOf(items: unknown, where: string): Row[] {
  if (!Array.isArray(items)) return [];
  return items.map((item: unknown) => {
    if (typeof item !== "object" || item === null) {
      throw unexpected("has a CPU that is not an object", where);
    }
    const entries = Object.entries(item).map(([name, value]: [string, unknown]) => {
      return [name, wordOf(value)] as const;
    });
    const columns = columnsOf(entries.map(([name]) => name));
    if (columns === null) {
      throw unexpected("has CPUs with columns that lscpu does not have", where);
    }
    return rowOf(
      columns,
      entries.map(([, value]) => value),
    );
  });
}
