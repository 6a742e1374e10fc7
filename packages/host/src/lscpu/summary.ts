import { indices } from "@evenkeel/core/set/index-set.ts";
import { parseMask } from "@evenkeel/core/set/mask-format.ts";
import { CPU_MAX, type CpuListReader, NODE_MAX } from "../text/cpu-list.ts";
import { unexpected } from "./refusal.ts";

/** A line of the summary, such as `CPU(s): 4`. Machines with several kinds of CPUs repeat some. */
export type Field = readonly [name: string, value: string];

/** The summary's facts about the topology. */
export interface Summary {
  readonly architecture: string | null;
  readonly cpuModel: string | null;
  /** Its number of CPUs, online or not. */
  readonly cpuCount: number | null;
  /** Null where the summary has no such list. */
  readonly online: readonly number[] | null;
  readonly offline: readonly number[];
  readonly nodes: readonly { readonly id: number; readonly cpus: readonly number[] }[];
  /** The number of nodes that it counts itself. */
  readonly nodeCount: number | null;
  /**
   * Whether the output reaches past its nodes; if so, a summary without nodes means a machine
   * without NUMA.
   */
  readonly isWhole: boolean;
  /** The most threads of any kind of core; null where it is missing. */
  readonly threadsPerCore: number | null;
  /** Null where kinds of cores differ in it. */
  readonly coresPerSocket: number | null;
  readonly sockets: number | null;
  /** Whether it is a VM, whose sockets need not be what its nodes are. */
  readonly isGuest: boolean;
  /** The sizes of its caches as they are printed, such as `64 MiB (2 instances)`. */
  readonly caches: readonly { readonly name: string; readonly size: string }[];
}

/**
 * The lines with a colon, in their order, without indentation. A list of CPUs that a terminal broke
 * is joined again.
 */
export function fieldsIn(lines: readonly string[]): Field[] {
  const fields: [string, string][] = [];
  let isList = false;
  for (const line of lines) {
    const colon = line.startsWith("#") ? -1 : line.indexOf(":");
    const last = fields.at(-1);
    if (isList && last !== undefined && /^\s*\d[\d,-]*$/.test(line)) last[1] += line.trim();
    else {
      if (colon >= 1) fields.push([line.slice(0, colon).trim(), line.slice(colon + 1).trim()]);
      isList = colon >= 1 && /^\s*(NUMA node\d+ CPU\(s\)|O\S+ CPU\(s\) list):.*\d/.test(line);
    }
  }
  return fields;
}

/** The fields without the last number of a list that ends with the text, and that number. */
export interface CutFields {
  readonly fields: readonly Field[];
  readonly number: string;
}

/** Null where the text does not end in a node's list of CPUs. */
export function withoutCutNumber(
  fields: readonly Field[],
  lines: readonly string[],
): CutFields | null {
  const [key, value] = fields.at(-1) ?? ["", ""];
  const number = /[\d-]+(?::\d*)?$/.exec(value)?.[0];
  const last = lines.at(-1)?.trim() ?? "";
  if (!/^NUMA node\d+ CPU\(s\)$/.test(key) || number === undefined) return null;
  if (last === "" || !value.endsWith(last.slice(last.indexOf(":") + 1).trim())) return null;
  const shorter = value.slice(0, -number.length).replace(/,\s*$/, "");
  return { fields: [...fields.slice(0, -1), [key, shorter]], number };
}

/**
 * Reads the known fields. CPUs come as lists or, with `--hex`, as masks.
 *
 * Errors: `text-unexpected` where there are more nodes than the text itself counts, and for lists
 * that are none.
 */
export function readSummary(
  fields: readonly Field[],
  readList: CpuListReader,
  where: string,
): Summary {
  const all = (name: string): readonly string[] =>
    fields.flatMap(([key, value]) =>
      key === name && value !== "-" && value !== "" ? [value] : [],
    );
  // A short mask can name many CPUs, so their total is bounded.
  let named = 0;
  const fromMask = (text: string): readonly number[] => {
    const cpus = readMask(text, where);
    named += cpus.length;
    if (named <= namedMax) return cpus;
    throw unexpected("names CPUs more often than any machine would", where);
  };
  const cpusAt = (name: string): readonly number[] | null => {
    const [list] = all(`${name} list`);
    const [mask] = all(`${name} mask`);
    if (list !== undefined) return readCpus(list, readList, where);
    return mask === undefined ? null : fromMask(mask);
  };
  // With --hex the nodes have masks too, but without a leading 0x.
  const isHex = all("On-line CPU(s) mask").length > 0;
  const cpusOf = (text: string): readonly number[] =>
    isHex && text !== "" ? fromMask(text) : readCpus(text, readList, where);
  const nodes = fields.flatMap(([key, value]) => {
    const id = /^NUMA node(\d{1,4}) CPU\(s\)$/.exec(key)?.[1];
    if (id === undefined || Number(id) > NODE_MAX) return [];
    return [{ id: Number(id), cpus: cpusOf(value) }];
  });
  const number = (name: string): number | null => {
    const [text = "", ...others] = new Set(all(name));
    return others.length === 0 && /^\d{1,5}$/.test(text) ? Number(text) : null;
  };
  const nodeCount = number("NUMA node(s)");
  if (nodeCount !== null && nodeCount < nodes.length) {
    throw unexpected(`has ${nodes.length} nodes, and says that there are ${nodeCount}`, where);
  }
  const models = new Set(all("Model name"));
  const threads = all("Thread(s) per core").filter((text) => /^\d{1,3}$/.test(text));
  const [model] = models;
  const keys = fields.map(([key]) => key);
  return {
    architecture: all("Architecture")[0] ?? null,
    cpuModel: models.size === 1 ? (model ?? "").replace(/\s+/g, " ") : null,
    cpuCount: number("CPU(s)"),
    online: cpusAt("On-line CPU(s)"),
    offline: cpusAt("Off-line CPU(s)") ?? [],
    nodes,
    nodeCount,
    isWhole:
      keys.some((key) => key.startsWith("Vulnerability ") || key === "Vulnerabilities") ||
      // Before 2.34, the flags are last.
      (keys.includes("L1d cache") && keys.indexOf("Flags") > keys.indexOf("L1d cache")),
    threadsPerCore: threads.length === 0 ? null : Math.max(...threads.map(Number)),
    coresPerSocket: number("Core(s) per socket"),
    sockets: socketsOf(number),
    isGuest: all("Hypervisor vendor").length > 0,
    caches: fields.flatMap(([key, value]) => {
      const name = /^(L\d[di]?)(?: cache)?$/.exec(key)?.[1];
      return name === undefined || value === "" ? [] : [{ name, size: value }];
    }),
  };
}

/** On IBM Z, sockets are in books, and books in drawers. */
function socketsOf(number: (name: string) => number | null): number | null {
  const inBook = number("Socket(s) per book");
  if (inBook === null) return number("Socket(s)");
  const books = number("Book(s) per drawer");
  const drawers = number("Drawer(s)");
  if (books === null || drawers === null) return null;
  return inBook * books * drawers;
}

/** Each CPU is online or offline, and on a node. */
const namedMax = 4 * CPU_MAX;

function readCpus(text: string, readList: CpuListReader, where: string): readonly number[] {
  const cpus = readList(text);
  if (cpus !== null) return cpus;
  throw unexpected(`has "${text.slice(0, 60)}" as a list of CPUs`, where);
}

function readMask(text: string, where: string): readonly number[] {
  // A longer mask names CPUs that no machine has.
  const digits = /^(?:0x)?([0-9a-f,]{1,8192})$/i.exec(text)?.[1];
  const mask = digits === undefined ? null : parseMask(grouped(digits.replaceAll(",", "")));
  const cpus = mask === null ? null : indices(mask);
  if (cpus !== null && cpus.every((cpu) => cpu <= CPU_MAX)) return cpus;
  throw unexpected(`has "${text.slice(0, 60)}" as a mask of CPUs`, where);
}

/** Splits the digits into words of eight, as sysfs writes masks. */
function grouped(digits: string): string {
  const words: string[] = [];
  for (let end = digits.length; end > 0; end -= 8) {
    words.unshift(digits.slice(Math.max(0, end - 8), end));
  }
  return words.join(",");
}
