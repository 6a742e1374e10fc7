import { unexpected } from "./refusal.ts";

/** One line's values by column, in lower case; unknown values are left out. */
export type Row = ReadonlyMap<string, string>;

/** Every column of lscpu except the caches, up to util-linux 2.41. */
const columnNames: ReadonlySet<string> = new Set([
  "cpu",
  "core",
  "cluster",
  "socket",
  "node",
  "book",
  "drawer",
  "cache",
  "polarization",
  "address",
  "configured",
  "online",
  "modelname",
  "bogomips",
  "mhz",
  "scalmhz%",
  "maxmhz",
  "minmhz",
  "microcode",
]);

const isCache = (name: string): boolean => /^l\d[di]?$/.test(name);

/**
 * The columns of a header; null where one is not lscpu's. A column may hold several caches,
 * `L1d:L1i:L2`. The old format has an empty column between the CPU's place and its caches.
 */
export function columnsOf(names: readonly string[]): readonly (readonly string[])[] | null {
  const columns = names.map((name) => name.trim().toLowerCase().split(":"));
  const isKnown = (parts: readonly string[]): boolean =>
    parts.every(isCache) || (parts.length === 1 && columnNames.has(parts[0] ?? ""));
  const known = columns.every((parts) => isKnown(parts) || (parts.length === 1 && parts[0] === ""));
  return known && columns.some(([name]) => name === "cpu") ? columns : null;
}

export function rowOf(columns: readonly (readonly string[])[], values: readonly string[]): Row {
  const row = new Map<string, string>();
  for (const [i, names] of columns.entries()) {
    const value = values[i] ?? "";
    const parts = names.length > 1 ? value.split(":") : [value];
    for (const [j, name] of names.entries()) {
      const part = parts[j]?.trim() ?? "";
      if (part !== "" && part !== "-" && name !== "") row.set(name, part);
    }
  }
  return row;
}

/**
 * Reads the first table in the text; null where there is none. The header of `lscpu -p` is its last
 * comment, `# CPU,Core,Socket`; that of `lscpu -e` is `CPU NODE SOCKET`. Later tables are ignored:
 * they number the same CPUs in another way. A line with fewer values than columns was cut short.
 */
export function readTable(lines: readonly string[], where: string): readonly Row[] | null {
  for (const [i, line] of lines.entries()) {
    const commas = line.startsWith("#");
    const names = commas ? line.slice(1).split(",") : words(line);
    if (names.length > columnsMax) continue;
    const columns = columnsOf(names);
    if (columns === null) continue;
    const rows = bodyOf(lines, i + 1).map((text) => {
      const values = commas ? text.split(",") : joinedModel(words(text), columns);
      if (values.length === columns.length) return rowOf(columns, values);
      throw unexpected(`has a line that does not fit its header: "${text.slice(0, 60)}"`, where);
    });
    if (rows.length > 0) return rows;
  }
  return null;
}

const columnsMax = 64;

function words(line: string): string[] {
  return line.split(/\s/).filter((word) => word !== "");
}

/** The lines from `start` to the next empty line or comment. */
function bodyOf(lines: readonly string[], start: number): readonly string[] {
  let end = start;
  for (; end < lines.length; end++) {
    const line = lines[end] ?? "";
    if (line === "" || line.startsWith("#")) break;
  }
  return lines.slice(start, end);
}

/**
 * Joins the words of a model's name, which contains blanks itself, in a table separated by blanks.
 */
function joinedModel(
  values: readonly string[],
  columns: readonly (readonly string[])[],
): readonly string[] {
  const at = columns.findIndex(([name]) => name === "modelname");
  const surplus = values.length - columns.length;
  if (at < 0 || surplus <= 0) return values;
  const model = values.slice(at, at + surplus + 1).join(" ");
  return [...values.slice(0, at), model, ...values.slice(at + surplus + 1)];
}
