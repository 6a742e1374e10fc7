import { jsonEnd } from "../text/json-end.ts";
import { textLimits } from "../text/read-lines.ts";
import { type Kind, kindOf, sources } from "./anchors.ts";
import { type Foreign, foreignLine, isMessage } from "./foreign-text.ts";
import { commandOf, isPrompt } from "./prompt.ts";

/** One output in a text, and the text source that reads it. */
export interface Reading {
  /** The name of a text source, or `document` for a possible Topology. */
  readonly source: string;
  readonly text: string;
}

/** Lines between the outputs, which no reader gets. */
export interface Unread extends Foreign {
  /** Numbers of the first and the last of them, from 1. */
  readonly first: number;
  readonly last: number;
}

/**
 * Splits a text into the outputs of tools, in their order. Nothing is guessed: without a recognized
 * line there are none. The text must have passed `plainText`, which removes quoting and prefixes.
 *
 * XML and JSON are recognized by their beginning. In any other text, some lines are printed by one
 * tool only ("anchors"). A tool has the lines from an anchor of its own to another tool's, to a
 * command's prompt, or to a line that begins the output of a program that is not read
 * (`foreign-text.ts`); a table also has its header directly above. So outputs need nothing between
 * them. If all anchors belong to one tool, it also has the lines above them. Lines of others become
 * blank, so that every line keeps its number. XML and JSON between them ("islands") end where they
 * are closed.
 *
 * `unread` gets what was recognized between the outputs and is not read.
 *
 * Patterns are anchored and bounded; the cost is linear in the lines.
 */
export function readingsIn(
  text: string,
  unread: (lines: Unread) => void = () => undefined,
): readonly Reading[] {
  // HTML around an output, as in issues, does not count as XML.
  const fromXml = /^\s{0,1000}</.test(text) ? xmlSource(text) : null;
  if (fromXml !== null && endsAsXml(text)) return readingOf(fromXml, text);
  if (/^\s{0,1000}\{/.test(text) && endsAsData(text)) return readingOf(jsonSource(text), text);
  if (/^\s{0,1000}\[\s{0,1000}\{/.test(text) && endsAsData(text))
    return readingOf(listSource(text) ?? "document", text);
  const lines = text.split("\n", textLimits.lines);
  const { owners, islands, indents, foreign } = ownersOf(lines);
  for (const each of foreign) unread(each);
  const kinds = new Set(owners.filter((kind) => kind !== null && kind !== "foreign"));
  // The reader of a matrix takes models and UUIDs from the list beside it.
  if (kinds.has("matrix")) kinds.delete("list");
  const isOnly = kinds.size === 1 && islands.length === 0;
  const found = [...kinds].map((kind) => {
    const isOf = (owner: Owner): boolean =>
      owner === kind || (kind === "matrix" && owner === "list");
    const isOwn = (owner: Owner): boolean => isOf(owner) || (isOnly && owner === null);
    return {
      source: sources[kind],
      text: lines
        .map((line, i) => (isOwn(owners[i] ?? null) ? line : ""))
        .map(outdented(indents.get(kind)))
        .join("\n"),
      at: owners.findIndex(isOf),
    };
  });
  return [...found, ...joinedDevices(islands)]
    .toSorted((a, b) => a.at - b.at)
    .map(({ source, text: own }) => ({ source, text: own }));
}

/**
 * Whether nothing but XML follows in a text that begins as XML; a document that was cut short
 * counts.
 */
function endsAsXml(text: string): boolean {
  const end = text.lastIndexOf(`</${firstElement(text.slice(0, startMax)) ?? ""}>`);
  const after = end < 0 ? "" : text.slice(text.indexOf(">", end) + 1, end + startMax);
  return /^\s*(?:<!--|$)/.test(after);
}

/** Whether nothing follows the JSON that a text begins with; JSON that was cut short counts. */
function endsAsData(text: string): boolean {
  const end = jsonEnd(text, text.search(/\S/));
  return end === null || text.slice(end).trim() === "";
}

function readingOf(source: string | null, text: string): readonly Reading[] {
  return source === null ? [] : [{ source, text }];
}

/** Joins libvirt's device documents into one reading, because each describes a single device. */
function joinedDevices(islands: readonly Island[]): readonly Island[] {
  const isDevice = ({ text }: Island): boolean => /^\s{0,40}<device>/.test(text);
  const devices = islands.filter(isDevice);
  const [first] = devices;
  if (first === undefined) return islands;
  const text = devices.map((device) => device.text).join("\n");
  return [...islands.filter((island) => !isDevice(island)), { ...first, text }];
}

interface Island extends Reading {
  readonly at: number;
}

/** The tool that a line belongs to; `foreign` for a program's that is not read. */
type Owner = Kind | "foreign" | null;

interface Owners {
  readonly owners: readonly Owner[];
  /** The indentation to remove from outputs whose own indentation has a meaning. */
  readonly indents: ReadonlyMap<Kind, number>;
  readonly islands: readonly Island[];
  readonly foreign: readonly Unread[];
}

function ownersOf(lines: readonly string[]): Owners {
  const owners: Owner[] = [];
  const islands: Island[] = [];
  const indents = new Map<Kind, number>();
  const foreign: Unread[] = [];
  const islandEnd = islandFinder(lines);
  let open: Owner = null;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? "";
    const end = islandEnd(i);
    if (end !== null) {
      const text = lines.slice(i, end + 1).join("\n");
      const source = text.trimStart().startsWith("<") ? xmlSource(text) : dataSource(text);
      if (source !== null) islands.push({ source, text, at: i });
      while (owners.length <= end) owners.push(null);
      i = end;
      open = null;
      continue;
    }
    const kind = kindOf(line);
    if (kind !== null) {
      const indent = line.length - line.trimStart().length;
      const isIndented = indent > 0 && keepingIndent.has(kind);
      if (isIndented && !indents.has(kind)) indents.set(kind, indent);
      if (kind !== open) takeHeader(kind, lines, owners);
      open = kind;
      owners.push(kind);
      continue;
    }
    const stranger = foreignLine(line);
    if (stranger !== null && isMessage(stranger)) {
      owners.push("foreign");
      continue;
    }
    if (stranger !== null) {
      const before = foreign.at(-1);
      if (open !== "foreign" || before?.name !== stranger.name) {
        foreign.push({ ...stranger, first: i + 1, last: i + 1 });
      }
      open = "foreign";
    } else if (isPrompt(line)) {
      const command = commandOf(line);
      open = command === null ? null : "foreign";
      if (command !== null) {
        const name = `the output of ${command}`;
        foreign.push({ name, instead: "", first: i + 1, last: i + 1 });
      }
    }
    const of = foreign.at(-1);
    if (open === "foreign" && of !== undefined && line.trim() !== "") {
      foreign[foreign.length - 1] = { ...of, last: i + 1 };
    }
    owners.push(open);
  }
  return { owners, islands, indents, foreign };
}

/** Outputs in which blanks before a line mean something. */
const keepingIndent: ReadonlySet<Kind> = new Set(["lspci", "tree", "cpuList"]);

/** Gives a table the lines of its header, which lie above its first line, and a frame. */
function takeHeader(kind: Kind, lines: readonly string[], owners: Owner[]): void {
  const isHeader = headers.get(kind);
  let start = lines.length;
  for (let i = owners.length - 1; i >= owners.length - headerMax && i >= 0; i--) {
    const line = lines[i] ?? "";
    if (line.trim() === "") continue;
    if (isHeader?.(line) !== true && !frame.test(line)) break;
    start = i;
  }
  if (start < owners.length) owners.fill(kind, start);
}

/** The most lines of a header, as a terminal wraps that of many devices. */
const headerMax = 40;
const frame = /^[ \t]{0,40}[+|]?[-=+_ ]{8,200}[+|]?$/;

const headers: ReadonlyMap<Kind, (line: string) => boolean> = new Map([
  ["matrix", isMatrixHeader],
  [
    "kubernetes",
    (line) => /^(?:---|#|apiVersion:|items:|kind:|metadata:|- ?$| {2}[a-zA-Z]{1,40}:)/.test(line),
  ],
  ["document", (line) => /^(?:---|#|kind:)/.test(line)],
]);

/** Whether a line, or the part of it that a terminal wrapped, names columns of `topo -m` alone. */
function isMatrixHeader(line: string): boolean {
  const words = line.slice(0, 20_000).split(/[\s|*`]+/);
  const names = words.filter((word) => word !== "");
  return names.every((word) => columnName.test(word)) && names.length > 0;
}

const columnName =
  /^(?:(?:GPU|NIC)\d{1,4}|GPU|CPU|NUMA|Affinity|ID|NUMA\w{0,20}|[a-z]\w{0,40}[\d_]\w{0,40}|[-:]{3,40})$/;

/** Removes up to `indent` blanks from the start of a line. */
function outdented(indent = 0): (line: string) => string {
  return (line) => {
    const blanks = line.length - line.trimStart().length;
    return indent === 0 ? line : line.slice(Math.min(indent, blanks));
  };
}

/**
 * Finds the last line of the XML or JSON that begins in a line; null where none begins. Brackets
 * that are never closed are looked for a few times only, which bounds the work.
 */
function islandFinder(lines: readonly string[]): (start: number) => number | null {
  let unclosed = 0;
  return (start) => {
    const line = lines[start] ?? "";
    if (/^[ \t]{0,40}<[?!A-Za-z]/.test(line)) {
      const root = firstElement(lines.slice(start, start + prologMax).join("\n"));
      if (root === null || !(xmlRoots.has(root) || root === "devices")) return null;
      return endingWith(lines, start, (candidate) => candidate.includes(`</${root}>`));
    }
    if (!/^[ \t]{0,8}(?:\{[ \t]{0,8}(?:"|$)|\[[ \t]{0,8}(?:\{|$))/.test(line)) return null;
    if (unclosed >= unclosedMax) return null;
    // Chunks of growing length, so that many short documents cost what they are long.
    for (let count = 64; ; count *= 4) {
      const text = lines.slice(start, start + count).join("\n");
      const end = jsonEnd(text, text.search(/[[{]/));
      if (end !== null) return start + text.slice(0, end).split("\n").length - 1;
      if (start + count < lines.length) continue;
      unclosed++;
      return dataSource(text) === null ? null : lines.length - 1;
    }
  };
}

const unclosedMax = 8;

/** Declarations and comments before the first element. */
const prologMax = 20;

function endingWith(
  lines: readonly string[],
  start: number,
  isEnd: (line: string) => boolean,
): number {
  for (let end = start; end < lines.length; end++) if (isEnd(lines[end] ?? "")) return end;
  return lines.length - 1;
}

/** The text source of an XML document, by its first element. */
function xmlSource(text: string): string | null {
  const element = firstElement(text.slice(0, startMax)) ?? "";
  return xmlRoots.get(element) ?? xmlWithin(text.slice(0, startMax));
}

/** The part of a text in which a document's kind must show; lists of devices may come late. */
const startMax = 65_536;

/** The name of the first element in a text that starts like XML. */
function firstElement(text: string): string | null {
  if (!/^\s{0,1000}</.test(text)) return null;
  const bare = text.replaceAll(/<!--[^]*?(-->|$)/g, "");
  return /<([A-Za-z_][\w.-]{0,60})/.exec(bare)?.[1] ?? "";
}

const xmlRoots: ReadonlyMap<string, string> = new Map([
  ["topology", "hwloc"],
  ["root", "hwloc"],
  ["system", "nccl"],
  ["graphs", "nccl"],
  ["capabilities", "libvirt"],
  ["device", "libvirt"],
  ["nvidia_smi_log", "nvidia-smi"],
]);

/** libvirt's documents inside an element that somebody added; null for other unknown roots. */
function xmlWithin(text: string): string | null {
  return /<(capabilities|device)>/.test(text) ? "libvirt" : null;
}

/** JSON inside other text counts only if a known tool wrote it. */
function dataSource(text: string): string | null {
  if (text.trimStart().startsWith("[")) return listSource(text);
  const source = jsonSource(text);
  return source === "document" && !documentStart.test(text.slice(0, startMax)) ? null : source;
}

const documentStart = /"apiVersion"\s{0,8}:\s{0,8}"evenkeel\//;

function jsonSource(whole: string): string {
  const text = whole.slice(0, startMax);
  const kubernetes =
    /"apiVersion"\s{0,8}:\s{0,8}"(topology\.node\.k8s\.io|resource\.k8s\.io|nfd\.k8s-sigs\.io)\//;
  const node = /"kind"\s{0,8}:\s{0,8}"Node"/;
  if (kubernetes.test(text) || node.test(text)) return "kubernetes";
  if (documentStart.test(text)) return "document";
  if (/^\s{0,1000}\{\s{0,1000}"(lscpu|cpus|caches)"\s{0,8}:/.test(text)) return "lscpu";
  if (/^\s{0,1000}\{\s{0,1000}"(system|card\d{1,4}|gpu_data)"\s{0,8}:/.test(text))
    return "rocm-smi";
  if (/^\s{0,1000}\{\s{0,1000}"device_list"\s{0,8}:/.test(text)) return "xpu-smi";
  return "document";
}

/** `amd-smi topology --json` prints a list of GPUs. */
function listSource(text: string): string | null {
  return /^\s{0,1000}\[\s{0,1000}\{\s{0,1000}"gpu"\s{0,8}:/.test(text) ? "rocm-smi" : null;
}
