import { fonts, ink, type Paint, paintRules, quiet } from "../../xml/svg-style.ts";

/** How many times as bad as the best a figure may be to have each shade; the last has no bound. */
export const heatBounds: readonly number[] = [1.05, 1.15, 1.35, 1.7, 2.2, 3];

/** From as good as the best to three times as bad. Text on each has a contrast of at least 4.5. */
const heats: readonly (readonly [light: string, dark: string])[] = [
  ["#d8f0df", "#153824"],
  ["#e8f1cf", "#2a3a1a"],
  ["#faf0c8", "#43390f"],
  ["#fde1b5", "#553512"],
  ["#fbc9a0", "#6b3413"],
  ["#f7ab8b", "#80301a"],
  ["#f18f80", "#962c26"],
];

/** The look of a figure that is so many times as bad as the best of its table. */
export function heatOf(ratio: number): string {
  const place = heatBounds.findIndex((bound) => ratio < bound);
  return `heat${place < 0 ? heatBounds.length : place}`;
}

/** Curves: own memory, another node's, and the whole machine; told apart by dashes too. */
const curves: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  own: ["#15803d", "#4ade80"],
  remote: ["#b93815", "#fb923c"],
  all: ["#0b5a8f", "#7cc7f5"],
};

/** The style sheet of a calibration's drawing. */
export function calibrationStyle(): string {
  const looks: Record<string, Paint> = {
    canvas: { fill: ["#ffffff", "#11161d"] },
    unknown: {
      fill: ["#ffffff", "#11161d"],
      stroke: ["#98a2b3", "#5b6980"],
      more: "stroke-dasharray:3 3",
    },
    grid: { stroke: ["#e4e8ee", "#2a3442"], more: "fill:none" },
    axis: { stroke: ["#98a2b3", "#5b6980"], more: "fill:none" },
    bar: { fill: ["#9fc5e8", "#2f6690"] },
    plain: { fill: ink },
    title: { fill: ink, more: "font-weight:600" },
    faint: { fill: quiet },
  };
  for (const [i, fill] of heats.entries()) looks[`heat${i}`] = { fill };
  for (const [name, color] of Object.entries(curves)) {
    looks[`line-${name}`] = { stroke: color, more: "fill:none;stroke-width:2" };
    looks[`dot-${name}`] = { fill: color };
    looks[`text-${name}`] = { fill: color, more: "font-weight:600" };
  }
  return (
    `.evenkeel text{${fonts};font-variant-numeric:tabular-nums}` +
    ".evenkeel path{stroke-linejoin:round;stroke-linecap:round}" +
    ".evenkeel .line-remote{stroke-dasharray:7 4}" +
    paintRules(looks)
  );
}
