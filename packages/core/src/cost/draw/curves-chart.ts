import type { LoadedCurve, LoadedPoint } from "../../calibration/calibration.ts";
import { at, valueOf } from "../../unit/list.ts";
import { element, type XmlElement } from "../../xml/element.ts";
import { curveName, isRemote, kneeOf } from "./knee.ts";
import { coordinate, type Piece, text } from "./shapes.ts";
import { figureText } from "./tables.ts";

const plotWidth = 560;
const plotHeight = 280;
const left = 56;
const top = 44;
const bottom = 46;
const labelWidth = 250;
/** More curves than this are drawn without their names. */
const namedMax = 12;
const labelStep = 34;

/**
 * Loaded-latency curves: latency over the bandwidth that all cores read meanwhile. Own memory is a
 * full line, another node's is dashed; each curve ends with its name, and a ring marks its knee.
 */
export function curvesChart(given: readonly LoadedCurve[]): Piece {
  const curves = given.filter((curve) => curve.points.length > 0);
  const points = curves.flatMap((curve) => curve.points);
  const xMax = niceAbove(Math.max(...points.map(({ bytesPerSecond }) => bytesPerSecond / 1e9)));
  const yMax = niceAbove(Math.max(...points.map(({ latencyNs }) => latencyNs)));
  const draw = (x: number, y: number): readonly XmlElement[] => {
    const place = (point: LoadedPoint): Place => ({
      x: x + left + (point.bytesPerSecond / 1e9 / xMax) * plotWidth,
      y: y + top + (1 - point.latencyNs / yMax) * plotHeight,
    });
    const ends = curves.map((curve) => place(lastOf(curve)).y);
    const names = movedApart(ends, y + top, y + top + plotHeight);
    return [
      text("title", x, y + 13, 13, "latency under load (ns)"),
      text("faint", x, y + 31, 11, about),
      ...axes(x, y, xMax, yMax),
      ...curves.flatMap((curve, i) => [
        ...curveLine(curve, place),
        ...(curves.length > namedMax ? [] : curveLabel(curve, place, x, at(names, i))),
      ]),
    ];
  };
  return { width: left + plotWidth + labelWidth, height: top + plotHeight + bottom, at: draw };
}

const about =
  "of dependent reads, while all cores read as much as the axis says; a ring marks the knee";

interface Place {
  readonly x: number;
  readonly y: number;
}

type Placing = (point: LoadedPoint) => Place;

function axes(x: number, y: number, xMax: number, yMax: number): readonly XmlElement[] {
  const base = y + top + plotHeight;
  return [
    ...quarters.flatMap((share) => {
      const height = base - share * plotHeight;
      return [
        element("path", { class: "grid", d: `M${x + left} ${coordinate(height)}h${plotWidth}` }),
        text("faint", x + left - 8, height + 4, 11, axisText(share * yMax), "end"),
      ];
    }),
    element("path", { class: "axis", d: `M${x + left} ${base + 0.5}h${plotWidth}` }),
    ...quarters.flatMap((share) => {
      const place = x + left + share * plotWidth;
      return [
        element("path", { class: "axis", d: `M${coordinate(place)} ${base}v5` }),
        text("faint", place, base + 18, 11, axisText(share * xMax), "middle"),
      ];
    }),
    text("faint", x + left + plotWidth / 2, base + 36, 11, "bandwidth (GB/s)", "middle"),
  ];
}

function curveLine(curve: LoadedCurve, place: Placing): readonly XmlElement[] {
  const look = lookOf(curve);
  const knee = kneeOf(curve);
  const d = curve.points.map((point, i) => `${i === 0 ? "M" : "L"}${pair(place(point))}`).join("");
  const line = element("path", { class: `line-${look}`, d }, [
    element("title", {}, [`${curveName(curve)}: ${kneeText(knee)}`]),
  ]);
  if (knee === null) return [line];
  const { x, y } = place(knee);
  const ring = { class: `line-${look}`, style: "stroke-dasharray:none", r: 5 };
  return [line, element("circle", { ...ring, cx: coordinate(x), cy: coordinate(y) })];
}

function curveLabel(
  curve: LoadedCurve,
  place: Placing,
  x: number,
  y: number,
): readonly XmlElement[] {
  const end = place(lastOf(curve));
  const right = x + left + plotWidth;
  return [
    element("path", {
      class: "grid",
      d: `M${pair({ ...end, x: end.x + 4 })}L${pair({ x: right + 8, y })}`,
    }),
    text(`text-${lookOf(curve)}`, right + 12, y + 4, 11, curveName(curve)),
    text("faint", right + 12, y + 17, 10, kneeText(kneeOf(curve))),
  ];
}

const pair = ({ x, y }: Place): string => `${coordinate(x)} ${coordinate(y)}`;

function kneeText(knee: LoadedPoint | null): string {
  if (knee === null) return "no knee";
  return `knee at ${figureText(knee.bytesPerSecond / 1e9)} GB/s, ${figureText(knee.latencyNs)} ns`;
}

const lookOf = (curve: LoadedCurve): string =>
  isRemote(curve) ? "remote" : curve.initiator === null && curve.target === null ? "all" : "own";

const lastOf = ({ points }: LoadedCurve): LoadedPoint => at(points, points.length - 1);

/** Places for names, in the order of their curves' ends, that leave room for two lines each. */
function movedApart(wanted: readonly number[], from: number, to: number): readonly number[] {
  const order = [...wanted.entries()].toSorted(([, a], [, b]) => a - b);
  const placed = new Map<number, number>();
  let next = from;
  for (const [i, y] of order) {
    const free = Math.max(next, y);
    placed.set(i, free);
    next = free + labelStep;
  }
  const over = Math.max(0, next - labelStep - to);
  return wanted.map((_, i) => valueOf(placed, i) - over);
}

/** The least number that is not below and whose quarters are round. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const factors = [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10];
  return (
    at(
      factors.filter((one) => one * power >= value * 0.999_999),
      0,
    ) * power
  );
}

const quarters = [0, 0.25, 0.5, 0.75, 1] as const;

const axisText = (value: number): string =>
  value >= 100 ? value.toFixed(0) : `${Math.round(value * 100) / 100}`;
