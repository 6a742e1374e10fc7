import type { Topology } from "../../topology.ts";
import { line, span } from "../line.ts";
import { distanceTable } from "../matrix.ts";
import { type Block, block, column, type Placed, rectPath, textBlock, textWidth } from "./block.ts";

/** Tables of more rows are drawn without numbers. */
const numberedMax = 16;
const tiny = 7;
const cellHeight = 22;
/** Looks from near to far. */
export const heats = ["heat0", "heat1", "heat2", "heat3", "heat4"] as const;

/** The distances between nodes as a table whose cells are the warmer the farther. */
export function distancesBlock({ nodes, distances }: Topology): Block {
  if (nodes.length < 2) return block(0, 0);
  const title = textBlock(line(span("distances between nodes", "title")), 13);
  if (distances === null) {
    return column([title, textBlock(line(span("unknown", "unknown")), 12)], 6);
  }
  const heatOf = heatScale(distances.flat());
  const table = distanceTable(nodes, distances);
  if (table.names.length > numberedMax) return column([title, tinyTable(distances, heatOf)], 6);
  const texts = table.rows.map((cells) =>
    cells.map(({ value, among }) => ({
      text: among === null ? `${value}` : `${value}/${among}`,
      look: heatOf(among ?? value),
      style: "plain" as const,
    })),
  );
  return column([title, tableBlock(table.names, texts)], 6);
}

export interface TableCell {
  readonly text: string;
  readonly look: string | null;
  readonly style: "plain" | "faint" | "accelerator" | "unknown";
}

/** A square table with its names above and beside it, all columns equally wide. */
export function tableBlock(
  names: readonly string[],
  cells: readonly (readonly TableCell[])[],
): Block {
  const texts = [...names, ...cells.flat().map(({ text }) => text)];
  const width = Math.max(...texts.map((text) => textWidth(line(span(text)), 11))) + 12;
  const at = (text: TableCell, x: number, y: number): Placed => {
    const inner = textBlock(line(span(text.text, text.style)), 11);
    const cell = block(width - 2, cellHeight - 2, {
      look: text.look,
      children: [{ x: (width - 2 - inner.width) / 2, y: 2, block: inner }],
    });
    return { x, y, block: cell };
  };
  const name = (text: string): TableCell => ({ text, look: null, style: "faint" });
  return block((names.length + 1) * width, (names.length + 1) * cellHeight, {
    children: [
      ...names.map((text, i) => at(name(text), (i + 1) * width, 0)),
      ...cells.flatMap((row, i) => [
        at(name(names[i] ?? ""), 0, (i + 1) * cellHeight),
        ...row.map((cell, j) => at(cell, (j + 1) * width, (i + 1) * cellHeight)),
      ]),
    ],
  });
}

/**
 * From each distance to its look: ranks rather than values, so that 12 and 40 both can be told from
 * 10.
 */
function heatScale(values: readonly number[]): (value: number) => string {
  const different = [...new Set(values)].toSorted((a, b) => a - b);
  const last = Math.max(1, different.length - 1);
  return (value) => {
    const rank = different.indexOf(value) / last;
    return heats[Math.min(heats.length - 1, Math.ceil(rank * (heats.length - 1)))] ?? "heat0";
  };
}

/** Neighbors of one look together, from the first to before `to`. */
function runsOf(looks: readonly string[]): readonly Run[] {
  const runs: Run[] = [];
  for (const [i, look] of looks.entries()) {
    const last = runs.at(-1);
    if (last?.look === look) last.to++;
    else runs.push({ look, from: i, to: i + 1 });
  }
  return runs;
}

interface Run {
  readonly look: string;
  readonly from: number;
  to: number;
}

/**
 * One small square for each pair of nodes, one path for each look, and what the looks stand for.
 */
function tinyTable(
  distances: readonly (readonly number[])[],
  heatOf: (value: number) => string,
): Block {
  const paths = new Map<string, string[]>();
  for (const [i, row] of distances.entries()) {
    for (const { look, from, to } of runsOf(row.map(heatOf))) {
      const d = rectPath(from * tiny, i * tiny, (to - from) * tiny, tiny);
      paths.set(look, [...(paths.get(look) ?? []), d]);
    }
  }
  const size = distances.length * tiny;
  const squares = block(size, size, {
    marks: [...paths].map(([look, parts]) => ({ kind: "path", look, d: parts.join("") })),
  });
  const values = [...new Set(distances.flat())].toSorted((a, b) => a - b);
  const legend = heats.flatMap((look) => {
    const own = values.filter((value) => heatOf(value) === look);
    const [first, last] = [own[0], own.at(-1)];
    if (first === undefined || last === undefined) return [];
    const text = textBlock(line(first === last ? `${first}` : `${first}-${last}`), 11);
    return [{ look, text }];
  });
  const rows = legend.map(({ look, text }) =>
    block(18 + text.width, 16, {
      children: [
        { x: 0, y: 2, block: block(12, 12, { look }) },
        { x: 18, y: 0, block: text },
      ],
    }),
  );
  return block(size + 16 + Math.max(...rows.map(({ width }) => width)), size, {
    children: [
      { x: 0, y: 0, block: squares },
      { x: size + 16, y: 0, block: column(rows, 4) },
    ],
  });
}
