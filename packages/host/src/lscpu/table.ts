import { unexpected } from "./refusal.ts";

/** One line's values by column, in lower case; unknown values are left out. */
export type Row = ReadonlyMap<string, string>;

/** Every column of lscpu's CPUs except the caches, up to util-linux 2.41. */
const cpuColumns: ReadonlySet<string> = new Set([
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

/** Every column of `lscpu -C`. */
const cacheColumns: ReadonlySet<string> = new Set([
  "name",
  "one-size",
  "all-size",
  "ways",
  "type",
  "level",
  "sets",
  "phy-line",
  "coherency-size",
  "alloc-policy",
  "write-policy",
]);

const isCache = (name: string): boolean => /^l\d[di]?$/.test(name);

/**
 * The columns of a header; null where one is not lscpu's. A column may hold several caches,
 * `L1d:L1i:L2`. The old format has an empty column between the CPU's place and its caches.
 */
export function columnsOf(names: readonly string[]): readonly (readonly string[])[] | null {
  const columns = names.map((name) => name.trim().toLowerCase().split(":"));
  const isAmong = (known: ReadonlySet<string>, parts: readonly string[]): boolean =>
    parts.length === 1 && known.has(parts[0] ?? "");
  const isOfCpus = columns.every(
    (parts) =>
      parts.every(isCache) || isAmong(cpuColumns, parts) || (parts.length === 1 && parts[0] === ""),
  );
  const isOfCaches = columns.every((parts) => isAmong(cacheColumns, parts));
  const has = (key: string): boolean => columns.some(([name]) => name === key);
  const isTable = (isOfCpus && has("cpu")) || (isOfCaches && has("name") && columns.length > 1);
  return isTable ? columns : null;
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

/** A table of CPUs or of caches. */
export interface Table {
  readonly rows: readonly Row[];
  /** Whether no line of it is visibly missing or cut. */
  readonly isWhole: boolean;
}

const noTable: Table = { rows: [], isWhole: true };

/** The tables in a text. */
export interface Tables {
  readonly cpus: Table;
  readonly caches: Table;
}

/**
 * Reads the first table of CPUs and the first of caches (`lscpu -C`). The header of `lscpu -p` is
 * its last comment, `# CPU,Core,Socket`; that of `lscpu -e` is `CPU NODE SOCKET`. Later tables are
 * ignored: they number the same CPUs in another way.
 *
 * A last line with fewer values than columns was cut, and `...` stands for lines that somebody left
 * out. Errors: `text-unexpected` for any other line that does not fit the header.
 */
export function readTables(lines: readonly string[], where: string): Tables {
  let [cpus, caches] = [noTable, noTable];
  for (const [i, line] of lines.entries()) {
    const commas = line.startsWith("#");
    const names = commas ? line.slice(1).split(",") : words(line);
    if (names.length > columnsMax) continue;
    const columns = columnsOf(names);
    if (columns === null) continue;
    const isOfCpus = columns.some(([name]) => name === "cpu");
    if ((isOfCpus ? cpus : caches).rows.length > 0) continue;
    const body = bodyOf(lines, i + 1);
    const table = tableOf(body, columns, commas, where, i + 1 + body.length >= lines.length);
    if (isOfCpus) cpus = table;
    else caches = table;
  }
  return { cpus, caches };
}

function tableOf(
  body: readonly string[],
  columns: readonly (readonly string[])[],
  commas: boolean,
  where: string,
  endsText: boolean,
): Table {
  const rows: Row[] = [];
  let isWhole = true;
  for (const [i, text] of body.entries()) {
    const values = commas ? text.split(",") : joinedModel(words(text), columns);
    if (values.length === columns.length) rows.push(rowOf(columns, values));
    else if (isElision(text) || (endsText && i === body.length - 1 && /^\s*\d/.test(text))) {
      isWhole = false;
    } else {
      throw unexpected(`has a line that does not fit its header: "${text.slice(0, 60)}"`, where);
    }
  }
  return { rows, isWhole };
}

/** A mark that people write for what they left out. */
function isElision(line: string): boolean {
  return /^\s*[[(<]?(?:\.{2,6}|\u2026|snip|cut)[\])>]?\s*$/i.test(line);
}

const columnsMax = 64;

function words(line: string): string[] {
  return line.split(/\s/).filter((word) => word !== "");
}

/** The lines from `start` to the next empty line, comment or prompt. */
function bodyOf(lines: readonly string[], start: number): readonly string[] {
  let end = start;
  for (; end < lines.length; end++) {
    const line = lines[end] ?? "";
    if (line === "" || line.startsWith("#") || /^\[?[\w.-]{1,64}@.{0,80}[$#%>]/.test(line)) break;
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
