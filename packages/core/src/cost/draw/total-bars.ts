import type { TotalFigures } from "../../calibration/calibration.ts";
import { element } from "../../xml/element.ts";
import { trafficNames } from "./calibration-text.ts";
import { type Piece, text } from "./shapes.ts";
import { figureText } from "./tables.ts";

const rowHeight = 24;
const names = 140;
const longest = 320;

/** The bandwidths of all cores together as bars, from none, each with its figure and its range. */
export function totalBars(total: readonly TotalFigures[]): Piece {
  const most = Math.max(...total.map(({ bytesPerSecond }) => bytesPerSecond.median));
  const [first] = total;
  const threads = first?.threads ?? null;
  const title = `bandwidth of all cores together (GB/s)${threads === null ? "" : `, ${threads} threads`}`;
  return {
    width: names + longest + 170,
    height: 26 + total.length * rowHeight,
    at: (x, y) => [
      text("title", x, y + 13, 13, title),
      ...total.flatMap(({ traffic, bytesPerSecond: { median, least, most: top, samples } }, i) => {
        const at = y + 26 + i * rowHeight;
        const width = Math.max(2, (median / most) * longest);
        const range =
          samples > 1 ? ` (${figureText(least / 1e9)} to ${figureText(top / 1e9)})` : "";
        return [
          text("faint", x, at + 13, 11, trafficNames[traffic] ?? traffic),
          element("rect", { class: "bar", x: x + names, y: at + 2, width, height: 14, rx: 3 }),
          text("plain", x + names + width + 8, at + 13, 12, `${figureText(median / 1e9)}${range}`),
        ];
      }),
    ],
  };
}
