import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emptySet, type IndexSet, indexSet, unionAll } from "@evenkeel/core/set/index-set.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import { parseMask } from "@evenkeel/core/set/mask-format.ts";
import { at } from "@evenkeel/core/unit/list.ts";

/**
 * hwloc's own reading of an export, from the text of `lstopo -v`: a reading that shares no code
 * with ours. Debian has lstopo in its packages `hwloc` and `hwloc-nox`.
 */
export interface LstopoMachine {
  readonly nodes: readonly LstopoNode[];
  readonly packages: readonly { id: number | null; cpus: string }[];
  readonly cores: readonly string[];
  readonly l3: readonly string[];
  readonly pci: readonly LstopoPci[];
  readonly distances: LstopoMatrix | null;
}

export interface LstopoNode {
  readonly id: number;
  /** hwloc's own number, which counts along the tree. */
  readonly logical: number;
  readonly near: string;
  /** In the printed unit. */
  readonly memory: number | null;
  readonly unitBytes: number;
}

export interface LstopoMatrix {
  /** The name of each row and column: a logical index, or a device. */
  readonly names: readonly string[];
  readonly values: readonly (readonly number[])[];
}

export interface LstopoPci {
  readonly address: string;
  readonly class: string;
  readonly id: string;
  /** The address of the bridge directly above. */
  readonly parent: string | null;
  /** The CPUs of the nearest object above that has any. */
  readonly near: string;
}

export const lstopoIsInstalled: boolean = (() => {
  try {
    execFileSync("lstopo-no-graphics", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

/** Runs lstopo on an export. It does not read from a socket, so the export is written to a file. */
export function runLstopo(xml: string, args: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "evenkeel-lstopo-"));
  try {
    const file = join(folder, "export.xml");
    writeFileSync(file, xml);
    return execFileSync("lstopo-no-graphics", ["--if", "xml", "-i", file, ...args], {
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
      stdio: ["ignore", "pipe", "ignore"],
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Makes an export of hwloc 3 readable for hwloc 2.9: lowers its version and removes elements below
 * the root that 2.9 does not know. The tree of objects is unchanged.
 */
export function asVersion2(xml: string): string {
  return xml
    .replace('<topology version="3.0">', '<topology version="2.0">')
    .replace(/^ {2}<(info|pci_locality|memtier|support|cpukind|memattr)\b[^>]*\/>\n/gm, "")
    .replace(/^ {2}<(memattr|cpukind)\b[^>]*>\n(?: {4}.*\n)*? {2}<\/\1>\n/gm, "");
}

interface Line {
  readonly indent: number;
  readonly type: string;
  readonly logical: number;
  readonly physical: number | null;
  readonly text: string;
  readonly cpus: IndexSet | null;
}

/** Parses the output of `lstopo -v`, with or without its option `-c`. */
export function parseLstopo(text: string): LstopoMachine {
  const lines = text.split("\n").flatMap(parseLine);
  const above = (position: number): Line[] => ancestors(lines, position);
  const cpusOf = (position: number): IndexSet =>
    at(lines, position).cpus ?? processorsBelow(lines, position);
  const of = (type: string): { line: Line; position: number }[] =>
    lines.flatMap((line, position) => (line.type === type ? [{ line, position }] : []));
  const nodes = of("NUMANode").map(({ line, position }): LstopoNode => {
    const parent = lines.lastIndexOf(above(position)[0] ?? line);
    const memory = /local=(\d+)(KB|MiB)/.exec(line.text);
    if (line.physical === null) throw new Error(`a node without a number: ${line.text}`);
    return {
      id: line.physical,
      logical: line.logical,
      near: formatList(line.cpus ?? cpusOf(parent)),
      memory: memory === null ? null : Number(memory[1]),
      unitBytes: memory?.[2] === "MiB" ? 1024 * 1024 : 1024,
    };
  });
  const pci = lines.flatMap((line, position): LstopoPci[] => {
    const match = /busid=(\S+) id=(\S+) class=([0-9a-f]{4})/.exec(line.text);
    if (match === null) return [];
    const [, address = "", id = "", code = ""] = match;
    const bridge = above(position).find((candidate) => candidate.text.includes("busid="));
    const place = above(position).find((candidate) => !candidate.type.includes("Bridge"));
    const near = place === undefined ? emptySet : cpusOf(lines.indexOf(place));
    const parent = /busid=(\S+)/.exec(bridge?.text ?? "")?.[1] ?? null;
    return [{ address, id, class: code, parent, near: formatList(near) }];
  });
  return {
    nodes,
    packages: of("Package").map(({ line, position }) => ({
      id: line.physical,
      cpus: formatList(cpusOf(position)),
    })),
    cores: of("Core").map(({ position }) => formatList(cpusOf(position))),
    l3: of("L3Cache").map(({ position }) => formatList(cpusOf(position))),
    pci,
    distances: parseMatrix(text, /^Relative latency matrix \(name NUMALatency/),
  };
}

/** The first matrix with this heading. */
export function parseMatrix(text: string, title: RegExp): LstopoMatrix | null {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => title.test(line));
  if (start < 0) return null;
  const words = lines.slice(start + 1).map((line) => line.trim().split(/\s+/));
  const names = (words[0] ?? []).slice(1);
  const rows = words.slice(1, 1 + names.length);
  return { names, values: rows.map((row) => row.slice(1).map(Number)) };
}

/** One line of text may be several objects, each inside the one before: `Package L#0 + L3 L#0`. */
function parseLine(text: string): Line[] {
  const indent = (/^ */.exec(text)?.[0] ?? "").length;
  if ((indent === 0 && !text.startsWith("Machine")) || /^ *depth/.test(text)) return [];
  return text.split(" + ").flatMap((part, position): Line[] => {
    const match = /^([A-Za-z0-9]+)(\([^)]+\))?(?: L#(\d+))?(?: |$)/.exec(part.trim());
    if (match === null) return [];
    const [, name = "", subtype = "", logical = "0"] = match;
    const physical = /\(P#(\d+)/.exec(part)?.[1];
    const mask = /cpuset=(\S+)/.exec(part)?.[1];
    // A memory-side cache is not a cache of the CPUs.
    const type = subtype === "(MemorySideCache)" ? "MemorySideCache" : name;
    return [
      {
        indent: indent + position / 10,
        type: type === "L3" ? "L3Cache" : type,
        logical: Number(logical),
        physical: physical === undefined ? null : Number(physical),
        text: part,
        cpus: mask === undefined ? null : parseMask(mask),
      },
    ];
  });
}

/** The ancestors of a line, nearest first. */
function ancestors(lines: readonly Line[], position: number): Line[] {
  const found: Line[] = [];
  let { indent } = at(lines, position);
  for (const line of lines.slice(0, position).toReversed()) {
    if (line.indent >= indent) continue;
    found.push(line);
    indent = line.indent;
  }
  return found;
}

function processorsBelow(lines: readonly Line[], position: number): IndexSet {
  const { indent } = at(lines, position);
  const after = lines.slice(position + 1);
  const length = after.findIndex((line) => line.indent <= indent);
  const below = length < 0 ? after : after.slice(0, length);
  return unionAll(
    below.flatMap(({ type, physical }) =>
      type === "PU" && physical !== null ? [indexSet([physical])] : [],
    ),
  );
}
