import { element } from "@evenkeel/core/xml/element.ts";
import { writeXml } from "@evenkeel/core/xml/write.ts";
import { type Comparison, headline } from "../run/compare.ts";
import { barsChart, barsHeight } from "./bars.ts";
import { aboutComparison, percentText } from "./describe.ts";
import { linesChart } from "./lines.ts";
import { chartStyle } from "./style.ts";

const WIDTH = 1040;
const MARGIN = 28;
const LINES = 330;

/**
 * Draws a comparison of policies as SVG: the share of GPUs allocated along the axis, and below it
 * for each policy the GPUs allocated, the whole hosts refused and the VMs that lie as promised. The
 * file needs no other file and follows the reader's light or dark scheme. The same comparison gives
 * the same bytes.
 */
export function drawComparison(comparison: Comparison): string {
  const { scenario, policies } = comparison;
  const inner = WIDTH - 2 * MARGIN;
  const about = aboutComparison(comparison);
  const barsTop = MARGIN + 80 + LINES + 78;
  const height = barsTop + barsHeight(policies.length) + MARGIN - 8;
  const figures = policies.map(
    (policy) => `${policy.name} ${percentText(headline(comparison, policy).mean)}`,
  );
  const drawing = element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      class: "evenkeel",
      role: "img",
      width: WIDTH,
      height,
      viewBox: `0 0 ${WIDTH} ${height}`,
    },
    [
      element("title", {}, [scenario.title]),
      element("desc", {}, [`${about}. GPUs allocated: ${figures.join(", ")}.`]),
      element("style", {}, [chartStyle()]),
      element("rect", { class: "canvas", width: WIDTH, height }),
      element("text", { class: "title", x: MARGIN, y: MARGIN + 18, "font-size": 20 }, [
        scenario.title,
      ]),
      element("text", { class: "faint", x: MARGIN, y: MARGIN + 40, "font-size": 12 }, [about]),
      ...linesChart(comparison, { x: MARGIN, y: MARGIN + 84, width: inner, height: LINES }),
      ...barsChart(comparison, { x: MARGIN, y: barsTop, width: inner, height: 0 }),
    ],
  );
  return writeXml(drawing);
}
