import type { Paint, Style } from "./paint.ts";
import type { View } from "./plan-text.ts";
import { sum } from "@evenkeel/core/unit/sum.ts";

/** A NUMA node, and how much of each resource each VM holds there. */
export interface OccupiedNode {
  readonly id: number;
  readonly rows: readonly OccupiedRow[];
}

export interface OccupiedRow {
  readonly label: string;
  /** Null where it is unknown. */
  readonly total: number | null;
  /** By VM, in order; null for one that floats over all nodes. */
  readonly held: readonly (number | null)[];
  /** Whether a mark stands for one item rather than for a share of the whole. */
  readonly countable: boolean;
}

const GAP = "  ";
const LABEL = 7;
/** Two borders, two blanks, the label, and room for a few marks. */
const BOX_MIN = 18;

/** The nodes as boxes, as many side by side as fit. A VM's letter marks what it holds. */
export function occupancyText(nodes: readonly OccupiedNode[], view: View): string[] {
  const used = new Set(
    nodes.flatMap(({ rows }) => rows.flatMap((r) => (r.total === 0 ? [] : r.label))),
  );
  const most = Math.max(1, Math.floor((view.width + GAP.length) / (BOX_MIN + GAP.length)));
  const rows = Math.ceil(nodes.length / most);
  const perRow = Math.ceil(nodes.length / rows);
  const width = Math.min(60, Math.floor((view.width - GAP.length * (perRow - 1)) / perRow));
  return Array.from({ length: rows }, (_, row) =>
    beside(
      nodes.slice(row * perRow, (row + 1) * perRow).map(({ id, rows: all }) =>
        box(
          id,
          all.filter(({ label }) => used.has(label)),
          width,
          view.paint,
        ),
      ),
    ),
  ).flat();
}

function beside(boxes: readonly (readonly string[])[]): string[] {
  const height = Math.max(...boxes.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    boxes.map((lines) => lines[line] ?? "").join(GAP),
  );
}

function box(id: number, rows: readonly OccupiedRow[], width: number, paint: Paint): string[] {
  const title = `─ node ${id} `;
  const marks = width - 4 - LABEL;
  return [
    `┌${title}${"─".repeat(width - 2 - title.length)}┐`,
    ...rows.map((row) => `│ ${row.label.padEnd(LABEL)}${rowMarks(row, marks, paint)} │`),
    `└${"─".repeat(width - 2)}┘`,
  ];
}

function rowMarks({ total, held, countable }: OccupiedRow, width: number, paint: Paint): string {
  if (total === 0) return paint("dim", "none".padEnd(width));
  if (total === null) return paint("dim", "unknown".padEnd(width));
  const amounts = held.filter((amount) => amount !== null);
  if (amounts.length < held.length) {
    const text = `${held.map((_, vm) => letterOf(vm)).join(" and ")} float over all ${total} `;
    const shown = text.length > width ? "~".repeat(width) : text.padEnd(width, "~");
    return paint("yellow", shown);
  }
  const size = countable ? Math.min(total, Math.floor(width / 2)) : width;
  const counts = amounts.map((amount) => Math.round((amount / total) * size));
  const free = size - sum(counts);
  const marks = [
    ...counts.map((count, vm) => ({ count, mark: letterOf(vm), style: styleOf(vm) })),
    { count: Math.max(0, free), mark: "·", style: "dim" } as const,
  ];
  const step = countable ? " " : "";
  const shown = marks.filter(({ count }) => count > 0);
  const text = shown.map(({ count, mark, style }) => paint(style, `${mark}${step}`.repeat(count)));
  return `${text.join("")}${" ".repeat(Math.max(0, width - size * (1 + step.length)))}`;
}

function letterOf(vm: number): string {
  return String.fromCharCode("A".charCodeAt(0) + vm);
}

function styleOf(vm: number): Style {
  return vm % 2 === 0 ? "green" : "cyan";
}
