import { wrap } from "@evenkeel/core/text/wrap.ts";
import type { Claim } from "@evenkeel/simulate/experiment/claims.ts";
import { aboutExperiment, holdsTexts, timesText } from "@evenkeel/simulate/experiment/describe.ts";
import {
  type Experiment,
  type WayResult,
  wayTexts,
} from "@evenkeel/simulate/experiment/experiment.ts";
import { histogramOf, rangeOf } from "@evenkeel/simulate/experiment/histogram.ts";
import type { Paint } from "../../text/paint.ts";
import { hanging, table } from "../../text/table.ts";
import { linesText } from "../../text/terminal-text.ts";

interface View {
  readonly width: number;
  readonly paint: Paint;
}

const BARS = " ▁▂▃▄▅▆▇█";
const LABEL = 12;

/** The four ways as distributions on one scale, their figures, and the claims. */
export function experimentText(experiment: Experiment, view: View): string {
  const { width, paint } = view;
  const { ways, claims, machine, count } = experiment;
  const end = rangeOf(ways.map(({ loaded }) => loaded));
  return linesText([
    paint("bold", `Step times of ${count} equal VMs on ${machine}`),
    ...wrap(aboutExperiment(experiment), width),
    "",
    ...ways.map((way) => barLine(way, end, width, paint)),
    axisLine(end, width),
    ...wrap("times the best place on the empty machine, all memory local", width - LABEL).map(
      (line) => paint("dim", `${" ".repeat(LABEL)}${line}`),
    ),
    "",
    ...figureLines(ways, paint),
    "",
    ...ways.flatMap(({ way }) =>
      hanging(way.padEnd(LABEL), wrap(wayTexts[way], width - LABEL)).map((line) =>
        paint("dim", line),
      ),
    ),
    "",
    paint("bold", "What is said of distance, and what comes out here"),
    ...claims.flatMap((claim) => claimLines(claim, view)),
  ]);
}

function barLine({ way, loaded }: WayResult, end: number, width: number, paint: Paint): string {
  const { shares } = histogramOf(loaded, end, width - LABEL);
  const most = Math.max(...shares);
  const bars = shares
    .map((share) => BARS[share === 0 ? 0 : Math.max(1, Math.round((share / most) * 8))] ?? "")
    .join("")
    .trimEnd();
  return `${way.padEnd(LABEL)}${way === "evenkeel" ? paint("green", bars) : bars}`;
}

/** The scale below the bars: as many numbers as fit. */
function axisLine(end: number, width: number): string {
  const columns = width - LABEL;
  const room = Math.max(2, Math.floor(columns / 12));
  const marks = Array.from({ length: room }, (_, i) => {
    const column = Math.round((i * (columns - 5)) / (room - 1));
    return { column, text: timesText(1 + (column / columns) * (end - 1)) };
  });
  return marks.reduce((line, { column, text }) => line.padEnd(LABEL + column) + text, "").trimEnd();
}

function figureLines(ways: readonly WayResult[], paint: Paint): readonly string[] {
  const rows = ways.map(({ way, alone, loaded }) => [
    way,
    timesText(loaded.mean),
    timesText(loaded.least),
    timesText(loaded.median),
    timesText(loaded.nineteenOfTwenty),
    timesText(loaded.most),
    timesText(loaded.spread),
    timesText(alone.mean),
    timesText(alone.spread),
  ]);
  const headings = ["", "mean", "least", "median", "95 %", "most", "spread", "alone", "its spread"];
  const right = headings.slice(1).map(() => "right" as const);
  const [heading = "", ...lines] = table([headings, ...rows], ["left", ...right]);
  return [
    paint("dim", heading),
    ...lines.map((line, i) => (ways[i]?.way === "evenkeel" ? paint("green", line) : line)),
  ];
}

function claimLines({ says, found, holds, basis }: Claim, { width, paint }: View): string[] {
  const verdict = holdsTexts[holds].padEnd(LABEL);
  const basisText = basis === "measured" || holds === "unknown" ? "" : ` (${basis})`;
  const [first = "", ...rest] = wrap(says, width - LABEL);
  const blank = " ".repeat(LABEL);
  return [
    `${holds === "yes" ? paint("green", verdict) : paint("yellow", verdict)}${first}`,
    ...rest.map((line) => `${blank}${line}`),
    ...wrap(`${found}${basisText}`, width - LABEL - 2).map((line) =>
      paint("dim", `${blank}  ${line}`),
    ),
  ];
}
