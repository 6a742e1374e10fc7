import type { Measured } from "../../calibration/calibration.ts";
import { at } from "../../unit/list.ts";
import { element, type XmlElement } from "../../xml/element.ts";
import { type Piece, text } from "./shapes.ts";
import { heatBounds, heatOf } from "./style.ts";
import { distanceText, figureText, type FigureTable, offBy, spreadText } from "./tables.ts";

const cellHeight = 30;
const cellGap = 2;
const smallSide = 18;
/** Of more columns the figures stand in the tooltips alone. */
const figuresMax = 16;
const heading = 62;
const footing = 24;

/**
 * A table as a heat map: in each cell its figure, the warmer the worse it is than the table's best;
 * an unknown cell is an outline with a question mark. A tooltip has the spread.
 */
export function heatMap(table: FigureTable): Piece {
  const { title, unit, rowsAre, columnsAre, rows, columns } = table;
  const grid = gridOf(table);
  const remarks = [distanceText(table), spreadText(table)].filter((one) => one !== null);
  const axes = `rows: ${rowsAre} · columns: ${columnsAre}`;
  const below = heading + rows.length * grid.height;
  const longestText = Math.max(
    `${title} (${unit})`.length * 8,
    ...[axes, ...remarks].map(({ length }) => length * 6.2),
  );
  const draw = (x: number, y: number): readonly XmlElement[] => [
    text("title", x, y + 13, 13, `${title} (${unit})`),
    text("faint", x, y + 31, 11, axes),
    ...columns.map((name, j) => {
      const middle = x + grid.names + (j + 0.5) * grid.width;
      return text("faint", middle, y + heading - 6, 11, grid.isNamed(j) ? name : "", "middle");
    }),
    ...rows.flatMap((name, i) => {
      const middle = y + heading + (i + 0.5) * grid.height;
      const shown = grid.isNamed(i) ? name : "";
      return [
        text("faint", x + grid.names - 10, middle + 3, 11, shown, "end"),
        ...columns.flatMap((_, j) =>
          cellAt(table, grid, i, j, {
            x: x + grid.names + j * grid.width,
            y: y + heading + i * grid.height,
          }),
        ),
      ];
    }),
    ...remarks.map((one, i) => text("faint", x, y + below + 16 + i * 16, 11, one)),
  ];
  return {
    width: Math.max(grid.names + columns.length * grid.width, longestText),
    height: below + footing + (remarks.length - 1) * 16,
    at: draw,
  };
}

/** The sizes of a heat map's cells, and how bad a figure is. */
interface Grid {
  readonly width: number;
  readonly height: number;
  /** The width of the rows' names. */
  readonly names: number;
  readonly hasFigures: boolean;
  /** Whether the row or column of this position has its name: of small cells every fourth. */
  readonly isNamed: (position: number) => boolean;
  /** How many times as bad as the table's best. */
  readonly ratio: (cell: Measured) => number;
}

function gridOf({ rows, columns, cells, better }: FigureTable): Grid {
  const hasFigures = columns.length <= figuresMax;
  const longest = (names: readonly string[]): number =>
    Math.max(3, ...names.map(({ length }) => length));
  const medians = cells.flat().flatMap((cell) => (cell === null ? [] : [cell.median]));
  const best = better === "lower" ? Math.min(...medians) : Math.max(...medians);
  return {
    width: hasFigures ? Math.max(58, longest([...columns, ...rows]) * 8 + 8) : smallSide,
    height: hasFigures ? cellHeight : smallSide,
    names: Math.max(34, longest(rows) * 8 + 14),
    hasFigures,
    isNamed: (position) => hasFigures || position % 4 === 0,
    ratio: ({ median }) => (better === "lower" ? median / best : best / median),
  };
}

function cellAt(
  { rows, columns, cells, unit, isAmongEqual }: FigureTable,
  { width, height, hasFigures, ratio }: Grid,
  i: number,
  j: number,
  place: { readonly x: number; readonly y: number },
): readonly XmlElement[] {
  if (isAmongEqual && i === j) return [];
  const cell = cells[i]?.[j] ?? null;
  const figure = cell === null ? "?" : figureText(cell.median);
  const said = cell === null ? "not measured" : `${figure} ${unit}${detail(cell)}`;
  const look = cell === null ? "unknown" : heatOf(ratio(cell));
  const size = { width: width - cellGap, height: height - cellGap, rx: 3 };
  const box = element("rect", { class: look, x: place.x + 0.5, y: place.y + 0.5, ...size }, [
    element("title", {}, [`${at(rows, i)} → ${at(columns, j)}: ${said}`]),
  ]);
  if (!hasFigures) return [box];
  const [x, y] = [place.x + (width - cellGap) / 2, place.y + height / 2 + 3.5];
  return [box, text(cell === null ? "faint" : "plain", x, y, 12, figure, "middle")];
}

function detail(cell: Measured): string {
  const { least, most, samples } = cell;
  if (samples <= 1) return ", printed once";
  return `, ${figureText(least)} to ${figureText(most)} in ${samples} repetitions, within ${(offBy(cell) * 100).toPrecision(2)} %`;
}

/** What the shades stand for. */
export function heatLegend(): Piece {
  const step = 74;
  const labels = ["the best", ...heatBounds.map((bound) => `${bound}×`)];
  return {
    width: labels.length * step + 190,
    height: 34,
    at: (x, y) => [
      text("faint", x, y + 12, 11, "shades: times as bad as the best of the table, from"),
      ...labels.flatMap((label, i) => [
        element("rect", {
          class: `heat${i}`,
          x: x + i * step,
          y: y + 18.5,
          width: step - cellGap,
          height: 18,
          rx: 3,
        }),
        text("plain", x + i * step + (step - cellGap) / 2, y + 31, 11, label, "middle"),
      ]),
      element("rect", {
        class: "unknown",
        x: x + labels.length * step + 10.5,
        y: y + 18.5,
        width: 30,
        height: 18,
        rx: 3,
      }),
      text("faint", x + labels.length * step + 25, y + 31, 11, "?", "middle"),
      text("faint", x + labels.length * step + 48, y + 31, 11, "not measured"),
    ],
  };
}
