import { unexpected } from "./refusal.ts";
import { columnsOf, type Row, rowOf } from "./table.ts";
import type { Field } from "./summary.ts";

/** Newer versions nest a field's details in it, a few levels deep. */
const depthMax = 16;

/** The output of `lscpu -J`: the fields of the summary, or with `-e` or `-p` a row for each CPU. */
export interface LscpuJson {
  readonly fields: readonly Field[];
  readonly rows: readonly Row[];
}

/**
 * Reads `{"lscpu": [{"field": "CPU(s):", "data": "4"}]}` and `{"cpus": [{"cpu": 0, "node": 0}]}`.
 */
export function readJson(text: string, where: string): LscpuJson {
  const document = parsed(text, where);
  const fields: Field[] = [];
  if ("lscpu" in document) collectFields(document.lscpu, fields, 0);
  const cpus: unknown = "cpus" in document ? document.cpus : [];
  const rows = (Array.isArray(cpus) ? cpus : []).map((each: unknown) => rowOfJson(each, where));
  return { fields, rows };
}

function parsed(text: string, where: string): object {
  let document: unknown;
  try {
    document = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    throw unexpected("begins like JSON but is invalid or cut short", where);
  }
  if (typeof document === "object" && document !== null) return document;
  throw unexpected("is JSON, but not an object", where);
}

function collectFields(items: unknown, into: Field[], depth: number): void {
  if (!Array.isArray(items) || depth > depthMax) return;
  for (const item of items.values()) {
    if (typeof item !== "object" || item === null) continue;
    const name: unknown = "field" in item ? item.field : null;
    const value: unknown = "data" in item ? item.data : null;
    if (typeof name === "string" && typeof value === "string") {
      into.push([name.replace(/:$/, "").trim(), value.trim()]);
    }
    if ("children" in item) collectFields(item.children, into, depth + 1);
  }
}

function rowOfJson(item: unknown, where: string): Row {
  if (typeof item !== "object" || item === null)
    throw unexpected("has a CPU that is not an object", where);
  const entries = Object.entries(item).map(([name, value]: [string, unknown]) => {
    const isText = typeof value === "string" || typeof value === "number";
    return [
      name,
      isText ? `${value}` : value === true ? "yes" : value === false ? "no" : "",
    ] as const;
  });
  const columns = columnsOf(entries.map(([name]) => name));
  if (columns === null) throw unexpected("has CPUs with columns that lscpu does not have", where);
  return rowOf(
    columns,
    entries.map(([, value]) => value),
  );
}
