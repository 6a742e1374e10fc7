import type { LogLine } from "./log-lines.ts";

/** What NCCL says of a thing in its topology: its kind, its number, and what is in parentheses. */
export interface LogNode {
  readonly kind: NodeKind;
  /** The number of the host among those of an NVLink domain; null in logs before 2.21. */
  readonly host: string | null;
  /** Hexadecimal: a bus address for PCI functions, otherwise a number. */
  readonly id: string;
  readonly detail: string | null;
  /** What it is linked to, in the log's order; below it only over `PCI`. */
  readonly links: LogLink[];
}

export interface LogLink {
  /** `PCI`, `NVL`, `XGMI`, `C2C`, `NET`, `SYS`, `LOC`. */
  readonly kind: string;
  readonly to: LogNode;
}

type NodeKind = "CPU" | "PCI" | "GPU" | "NIC" | "NET" | "NVS" | "DEV" | "GIN";

/** A topology as one rank logged it. */
export interface LogTree {
  readonly cpus: readonly LogNode[];
  /** Whether its last line is there. */
  readonly isWhole: boolean;
  /** Whether the blanks at the lines' starts, which say what is below what, were lost. */
  readonly isFlat: boolean;
}

/**
 * The topologies in a log, `NCCL_DEBUG=INFO` with `NCCL_DEBUG_SUBSYS=GRAPH` or ALL: every rank logs
 * one for each communicator, in lines between `=== System` and a line of `=`. A line such as
 * `+ PCI[24.0] - GPU/81000 (0)` is a link of the thing whose links start in the same column; what
 * follows over PCI has its own links below its own name.
 * https://github.com/NVIDIA/nccl, src/graph/topo.cc (ncclTopoPrintRec)
 */
export function readTrees(lines: readonly LogLine[]): readonly LogTree[] {
  const trees: LogTree[] = [];
  let open: Drawing | null = null;
  const close = (isWhole: boolean): void => {
    if (open !== null && open.cpus.length > 0)
      trees.push({ cpus: open.cpus, isWhole, isFlat: open.isFlat });
    open = null;
  };
  for (const { message } of lines) {
    if (message.startsWith("=== System")) {
      close(false);
      open = { cpus: [], levels: [], isFlat: false };
    } else if (/^={8,}/.test(message)) {
      close(true);
    } else {
      const found = nodeLine.exec(message);
      if (found === null) continue;
      open ??= { cpus: [], levels: [], isFlat: false };
      addLine(open, found);
    }
  }
  close(false);
  return trees;
}

interface Drawing {
  readonly cpus: LogNode[];
  /** The things that further links may belong to, with the column that their links start in. */
  readonly levels: { readonly column: number; readonly node: LogNode }[];
  isFlat: boolean;
}

const nodeLine =
  /^( {0,4000})(?:(\+ ([A-Z0-9]{2,5})\[\d{1,9}(?:\.\d{1,4})?\] - ))?(CPU|PCI|GPU|NIC|NET|NVS|DEV|GIN)\/(?:([0-9a-fA-F]{1,16})-)?(?:[0-9a-fA-F]{1,16}-)?([0-9a-fA-F]{1,16})(?: \(([^()]{0,120})\))?$/;

function addLine(drawing: Drawing, found: RegExpExecArray): void {
  const [, blanks = "", link = "", kind, name = "", host = null, id = "", detail = null] = found;
  const node: LogNode = { kind: kindOf(name), host, id, detail, links: [] };
  const column = blanks.length;
  const { cpus, levels } = drawing;
  if (kind === undefined) {
    if (node.kind !== "CPU") return;
    cpus.push(node);
    levels.splice(0, levels.length, { column, node });
    return;
  }
  if (levels.length === 0) return;
  const isDeeper = (level: (typeof levels)[number]): boolean => level.column > column;
  while (levels.length > 1 && levels.slice(-1).some(isDeeper)) levels.pop();
  const at = levels.at(-1);
  if (at === undefined) return;
  // Only functions and CPUs have what is below them over PCI, and only NICs have networks.
  if (at.column !== column || !mayHave(at.node.kind, kind)) drawing.isFlat = true;
  at.node.links.push({ kind, to: node });
  if (kind === "PCI") levels.push({ column: column + link.length, node });
}

function mayHave(node: NodeKind, link: string): boolean {
  if (link === "PCI") return node === "CPU" || node === "PCI" || node === "DEV";
  if (link === "NET") return node === "NIC";
  return true;
}

function kindOf(name: string): NodeKind {
  return kinds.find((kind) => kind === name) ?? "PCI";
}

const kinds: readonly NodeKind[] = ["CPU", "PCI", "GPU", "NIC", "NET", "NVS", "DEV", "GIN"];
