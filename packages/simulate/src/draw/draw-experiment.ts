import { element, type XmlElement } from "@evenkeel/core/xml/element.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import { writeXml } from "@evenkeel/core/xml/write.ts";
import type { Claim } from "../experiment/claims.ts";
import { aboutExperiment, holdsTexts, timesText } from "../experiment/describe.ts";
import { type Experiment, type WayResult, wayTexts } from "../experiment/experiment.ts";
import { histogramOf, rangeOf } from "../experiment/histogram.ts";
import { coordinate } from "./lines.ts";
import { chartStyle } from "./style.ts";

const WIDTH = 1040;
const MARGIN = 28;
const LABELS = 250;
const FIGURES = 190;
const ROW = 104;
const CHART = { left: MARGIN + LABELS, width: WIDTH - 2 * MARGIN - LABELS - FIGURES } as const;
const BINS = 80;
const LINE = 16;

/** The class of each way's bars, of the colors that policies have. */
const looks = {
  luck: "random",
  interleave: "first-fit",
  pinned: "pack",
  evenkeel: "evenkeel",
} as const;

/**
 * Draws an experiment as SVG: for each way how the step times of equal VMs are distributed, one
 * above the other on one scale, and below what is claimed of distance and what comes out here. The
 * file needs no other file and follows the reader's light or dark scheme; the same experiment gives
 * the same bytes.
 */
export function drawExperiment(experiment: Experiment): string {
  const { ways, claims } = experiment;
  const title = `Step times of ${experiment.count} equal VMs on ${experiment.machine}`;
  const about = wrap(aboutExperiment(experiment), 150);
  const top = MARGIN + 44 + about.length * LINE;
  const end = rangeOf(ways.map(({ loaded }) => loaded));
  const axisAt = top + ways.length * ROW + 8;
  const claimsAt = axisAt + 64;
  const rows = claimRows(claims, claimsAt + 24);
  const height = rows.end + MARGIN - 8;
  return writeXml(
    element(
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
        element("title", {}, [title]),
        element("desc", {}, [ways.map((way) => figuresText(way).join(", ")).join("; ")]),
        element("style", {}, [chartStyle()]),
        element("rect", { class: "canvas", width: WIDTH, height }),
        text("title", MARGIN, MARGIN + 18, 20, title),
        ...about.map((line, i) => text("faint", MARGIN, MARGIN + 40 + i * LINE, 12, line)),
        ...ways.flatMap((way, i) => wayRow(way, top + i * ROW, end)),
        ...axis(top, axisAt, end),
        text("title", MARGIN, claimsAt, 14, "What is said of distance, and what comes out here"),
        ...rows.elements,
      ],
    ),
  );
}

const xOf = (value: number, end: number): number =>
  CHART.left + ((value - 1) / (end - 1)) * CHART.width;

/** One way: its name, the distribution under load as bars, and its figures. */
function wayRow(result: WayResult, y: number, end: number): readonly XmlElement[] {
  const { way, loaded } = result;
  const look = looks[way];
  const base = y + ROW - 18;
  const tallest = ROW - 36;
  const { shares } = histogramOf(loaded, end, BINS);
  const most = Math.max(...shares);
  const width = CHART.width / BINS;
  const mean = xOf(loaded.mean, end);
  return [
    text(`text-${look}`, MARGIN, y + 26, 14, way),
    ...wrap(wayTexts[way], 36).map((line, i) => text("faint", MARGIN, y + 44 + i * LINE, 12, line)),
    element("rect", {
      class: "track",
      x: CHART.left,
      y: base,
      width: CHART.width,
      height: 1,
    }),
    ...shares.flatMap((share, i) => {
      if (share === 0) return [];
      const height = Math.max(1.5, (share / most) * tallest);
      return [
        element("rect", {
          class: `bar-${look}`,
          x: coordinate(CHART.left + i * width + 0.5),
          y: coordinate(base - height),
          width: coordinate(width - 1),
          height: coordinate(height),
        }),
      ];
    }),
    element("path", {
      class: `line-${look}`,
      d: `M${coordinate(mean)} ${base + 2}l-4 7h8z`,
    }),
    ...figuresText(result).map((line, i) =>
      text(
        i === 0 ? `text-${look}` : "faint",
        WIDTH - MARGIN - FIGURES + 18,
        y + 26 + i * LINE,
        12,
        line,
      ),
    ),
  ];
}

function figuresText({ loaded, alone }: WayResult): readonly string[] {
  const range =
    loaded.spread < 1.0005
      ? "all the same"
      : `${timesText(loaded.least)} to ${timesText(loaded.most)}`;
  return [
    `mean ${timesText(loaded.mean)}`,
    range,
    `19 of 20 within ${timesText(loaded.nineteenOfTwenty)}`,
    `alone ${timesText(alone.mean)}`,
  ];
}

/** Steps of the axis, of which at most eight fit. */
function axis(top: number, y: number, end: number): readonly XmlElement[] {
  const step =
    [0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 20].find((one) => (end - 1) / one <= 8) ?? end - 1;
  const ticks = Array.from(
    { length: Math.floor((end - 1) / step + 1e-9) + 1 },
    (_, i) => 1 + i * step,
  );
  return [
    ...ticks.flatMap((tick) => [
      element("path", { class: "grid", d: `M${coordinate(xOf(tick, end))} ${top}V${y}` }),
      text("faint", xOf(tick, end), y + 16, 12, timesText(tick), "middle"),
    ]),
    text(
      "faint",
      CHART.left + CHART.width / 2,
      y + 34,
      12,
      "time of a step, as a multiple of the best place on the empty machine, all memory local; ▲ is the mean",
      "middle",
    ),
  ];
}

function claimRows(
  claims: readonly Claim[],
  top: number,
): { readonly elements: readonly XmlElement[]; readonly end: number } {
  const elements: XmlElement[] = [];
  let y = top;
  for (const { says, found, holds, basis } of claims) {
    const left = wrap(says, 60);
    const right = wrap(basis === "measured" ? found : `${found} (${basis})`, 74);
    elements.push(
      text(holds === "yes" ? "text-evenkeel" : "title", MARGIN, y, 12, holdsTexts[holds]),
      ...left.map((line, i) => text("plain", MARGIN + 96, y + i * LINE, 12, line)),
      ...right.map((line, i) => text("faint", MARGIN + 500, y + i * LINE, 12, line)),
    );
    y += Math.max(left.length, right.length) * LINE + 8;
  }
  return { elements, end: y };
}

function text(
  look: string,
  x: number,
  y: number,
  size: number,
  content: string,
  anchor: "start" | "middle" = "start",
): XmlElement {
  const at = { class: look, x: coordinate(x), y: coordinate(y), "font-size": size };
  return element("text", anchor === "start" ? at : { ...at, "text-anchor": anchor }, [content]);
}
