import type { Calibration } from "../../calibration/calibration.ts";
import { printable } from "../../text/printable.ts";
import { element } from "../../xml/element.ts";
import { writeXml } from "../../xml/write.ts";
import { conditionsOf, titleOf } from "./calibration-text.ts";
import { curvesChart } from "./curves-chart.ts";
import { heatLegend, heatMap } from "./heat-map.ts";
import { flowed, text } from "./shapes.ts";
import { calibrationStyle } from "./style.ts";
import { figureTables } from "./tables.ts";
import { totalBars } from "./total-bars.ts";

const width = 1180;
const margin = 28;
const gap = 32;

/**
 * Draws a calibration as SVG: heat maps of idle latency, bandwidths and copies by pairs, with
 * figures in the cells and unknown cells as such; loaded-latency curves with axes, units and their
 * knees; and what the reader should know of the measurement. The file needs no other file and
 * follows the reader's light or dark scheme. The same calibration gives the same bytes.
 */
export function drawCalibration(calibration: Calibration): string {
  const tables = figureTables(calibration);
  const title = printable(titleOf(calibration));
  const about = [calibration.tool.method, ...conditionsOf(calibration), ...calibration.warnings]
    .map(printable)
    .flatMap(wrapped);
  const content = flowed(
    [
      ...(tables.length > 0
        ? [flowed(tables.map(heatMap), gap, width - 2 * margin), heatLegend()]
        : []),
      ...(calibration.total.length > 0 ? [totalBars(calibration.total)] : []),
      ...(calibration.loaded.some(({ points }) => points.length > 0)
        ? [curvesChart(calibration.loaded)]
        : []),
    ],
    gap,
    1,
  );
  const head = margin + 30 + about.length * 17;
  const full = Math.max(640, content.width + 2 * margin);
  const height = head + 14 + content.height + margin;
  const drawing = element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      class: "evenkeel",
      role: "img",
      width: Math.ceil(full),
      height: Math.ceil(height),
      viewBox: `0 0 ${Math.ceil(full)} ${Math.ceil(height)}`,
    },
    [
      element("title", {}, [title]),
      element("desc", {}, [about.join(" ")]),
      element("style", {}, [calibrationStyle()]),
      element("rect", { class: "canvas", width: Math.ceil(full), height: Math.ceil(height) }),
      text("title", margin, margin + 14, 18, title),
      ...about.map((line, i) => text("faint", margin, margin + 36 + i * 17, 12, line)),
      ...content.at(margin, head + 14),
    ],
  );
  return writeXml(drawing);
}

/** Lines of at most some 130 characters, which the drawing is wide enough for. */
function wrapped(sentence: string): readonly string[] {
  const lines: string[] = [];
  for (const word of sentence.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < 110)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
