import type { Measured } from "../../calibration/calibration.ts";
import { element, type XmlElement } from "../../xml/element.ts";
import { type Piece, text } from "./shapes.ts";
import { heatBounds, heatOf } from "./style.ts";
import { distanceText, figureText, type FigureTable, offBy, spreadText } from "./tables.ts";

const cellHeight = 30;
const cellGap = 2;
/** Of more columns the figures stand in the tooltips alone. */
const figuresMax = 16;
const heading = 62;
const footing = 24;

/**
 * A table as a heat map: in each cell its figure, the warmer the worse it is than the table's best;
 * an unknown cell is an outline with a question mark. A tooltip has the spread.
 */
export function heatMap(table: FigureTable): Piece {
  const { title, unit, rowsAre, columnsAre, rows, columns, cells } = table;
  const isFigures = columns.length <= figuresMax;
  const longest = Math.max(
    3,
    ...columns.map(({ length }) => length),
    ...rows.map(({ length }) => length),
  );
  const cellWidth = isFigures ? Math.max(58, longest * 8 + 8) : 18;
  const height = isFigures ? cellHeight : 18;
  const names = Math.max(34, Math.max(...rows.map(({ length }) => length)) * 8 + 14);
  const remarks = [distanceText(table), spreadText(table)].filter((one) => one !== null);
  const known = cells.flat().filter((cell) => cell !== null);
  const best = known.reduce(
    (found, { median }) =>
      table.better === "lower" ? Math.min(found, median) : Math.max(found, median),
    table.better === "lower" ? Infinity : 0,
  );
  const ratio = ({ median }: Measured): number =>
    table.better === "lower" ? median / best : best / median;
  const axes = `rows: ${rowsAre} · columns: ${columnsAre}`;
  const longestText = Math.max(
    `${title} (${unit})`.length * 8,
    ...[axes, ...remarks].map(({ length }) => length * 6.2),
  );
  const draw = (x: number, y: number): readonly XmlElement[] => [
    text("title", x, y + 13, 13, `${title} (${unit})`),
    text("faint", x, y + 31, 11, axes),
    ...columns.map((name, j) =>
      text(
        "faint",
        x + names + j * cellWidth + cellWidth / 2,
        y + heading - 6,
        11,
        isFigures || j % 4 === 0 ? name : "",
        "middle",
      ),
    ),
    ...rows.flatMap((name, i) => {
      const top = y + heading + i * height;
      return [
        text(
          "faint",
          x + names - 10,
          top + height / 2 + 3,
          11,
          isFigures || i % 4 === 0 ? name : "",
          "end",
        ),
        ...columns.flatMap((column, j) => {
          const cell = cells[i]?.[j] ?? null;
          if (table.isAmongEqual && name === column) return [];
          const left = x + names + j * cellWidth;
          const said =
            cell === null
              ? `${name} → ${column}: not measured`
              : `${name} → ${column}: ${figureText(cell.median)} ${unit}${detail(cell)}`;
          const box = element(
            "rect",
            {
              class: cell === null ? "unknown" : heatOf(ratio(cell)),
              x: left + 0.5,
              y: top + 0.5,
              width: cellWidth - cellGap,
              height: height - cellGap,
              rx: 3,
            },
            [element("title", {}, [said])],
          );
          if (!isFigures) return [box];
          const figure = cell === null ? "?" : figureText(cell.median);
          const look = cell === null ? "faint" : "plain";
          return [
            box,
            text(
              look,
              left + (cellWidth - cellGap) / 2,
              top + height / 2 + 3.5,
              12,
              figure,
              "middle",
            ),
          ];
        }),
      ];
    }),
    ...remarks.map((one, i) =>
      text("faint", x, y + heading + rows.length * height + 16 + i * 16, 11, one),
    ),
  ];
  return {
    width: Math.max(names + columns.length * cellWidth, longestText),
    height: heading + rows.length * height + footing + (remarks.length - 1) * 16,
    at: draw,
  };
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
