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
  /** Null where the summary has no such list. */
  readonly online: readonly number[] | null;
  readonly offline: readonly number[];
  readonly nodes: readonly { readonly id: number; readonly cpus: readonly number[] }[];
  /**
   * Whether the output reaches past its nodes; if so, a summary without nodes means a machine
   * without NUMA.
   */
  readonly isWhole: boolean;
  /** The most threads of any kind of core; null where it is missing. */
  readonly threadsPerCore: number | null;
}

/** The lines with a colon, in their order, without indentation. */
export function fieldsIn(lines: readonly string[]): Field[] {
  return lines.flatMap((line): Field[] => {
    const colon = line.startsWith("#") ? -1 : line.indexOf(":");
    return colon < 1 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]];
  });
}

/**
 * Reads the known fields. CPUs come as lists or, with `--hex`, as masks. `text-unexpected` where
 * the number of nodes differs from the nodes listed: the text was cut short.
 */
export function readSummary(
  fields: readonly Field[],
  readList: CpuListReader,
  where: string,
): Summary {
  const all = (name: string): readonly string[] =>
    fields.flatMap(([key, value]) => (key === name && value !== "-" ? [value] : []));
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
  const [count] = all("NUMA node(s)");
  if (count !== undefined && Number(count) !== nodes.length) {
    throw unexpected(`is cut short: it has ${nodes.length} of ${count} nodes`, where);
  }
  const models = new Set(all("Model name"));
  const threads = all("Thread(s) per core").filter((text) => /^\d{1,3}$/.test(text));
  const [model] = models;
  return {
    architecture: all("Architecture")[0] ?? null,
    cpuModel: models.size === 1 ? (model ?? "").replace(/\s+/g, " ") : null,
    online: cpusAt("On-line CPU(s)"),
    offline: cpusAt("Off-line CPU(s)") ?? [],
    nodes,
    isWhole: fields.some(([key]) => key.startsWith("Vulnerability ")),
    threadsPerCore: threads.length === 0 ? null : Math.max(...threads.map(Number)),
  };
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
