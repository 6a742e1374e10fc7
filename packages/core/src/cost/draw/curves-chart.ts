import type { LoadedCurve, LoadedPoint } from "../../calibration/calibration.ts";
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
const labelStep = 17;

/**
 * Loaded-latency curves: latency over the bandwidth that all cores read meanwhile. Own memory is a
 * full line, another node's is dashed; each curve ends with its name, and a ring marks its knee.
 */
export function curvesChart(curves: readonly LoadedCurve[]): Piece {
  const points = curves.flatMap((curve) => curve.points);
  const xMax = niceAbove(Math.max(...points.map(({ bytesPerSecond }) => bytesPerSecond / 1e9)));
  const yMax = niceAbove(Math.max(...points.map(({ latencyNs }) => latencyNs)));
  const xOf = ({ bytesPerSecond }: LoadedPoint): number =>
    left + (bytesPerSecond / 1e9 / xMax) * plotWidth;
  const yOf = ({ latencyNs }: LoadedPoint): number => top + (1 - latencyNs / yMax) * plotHeight;
  const drawn = curves.filter((curve) => curve.points.length > 0);
  const ends = movedApart(drawn.map((curve) => yOf(lastOf(curve))));
  const draw = (x: number, y: number): readonly XmlElement[] => [
    text("title", x, y + 13, 13, "latency under load (ns)"),
    text(
      "faint",
      x,
      y + 31,
      11,
      "of dependent reads, while all cores read as much as the axis says; ring: the knee",
    ),
    ...ticks(yMax).flatMap((value) => {
      const at = y + top + (1 - value / yMax) * plotHeight;
      return [
        element("path", { class: "grid", d: `M${x + left} ${coordinate(at)}h${plotWidth}` }),
        text("faint", x + left - 8, at + 4, 11, figureAxis(value), "end"),
      ];
    }),
    element("path", {
      class: "axis",
      d: `M${x + left} ${y + top + plotHeight + 0.5}h${plotWidth}`,
    }),
    ...ticks(xMax).flatMap((value) => {
      const at = x + left + (value / xMax) * plotWidth;
      return [
        element("path", { class: "axis", d: `M${coordinate(at)} ${y + top + plotHeight}v5` }),
        text("faint", at, y + top + plotHeight + 18, 11, figureAxis(value), "middle"),
      ];
    }),
    text(
      "faint",
      x + left + plotWidth / 2,
      y + top + plotHeight + 36,
      11,
      "bandwidth (GB/s)",
      "middle",
    ),
    ...drawn.flatMap((curve, i) => {
      const look = lookOf(curve);
      const path = curve.points
        .map(
          (point, j) =>
            `${j === 0 ? "M" : "L"}${coordinate(x + xOf(point))} ${coordinate(y + yOf(point))}`,
        )
        .join("");
      const knee = kneeOf(curve);
      const kneeText =
        knee === null
          ? "no knee"
          : `knee at ${figureText(knee.bytesPerSecond / 1e9)} GB/s, ${figureText(knee.latencyNs)} ns`;
      const name = curveName(curve);
      const last = lastOf(curve);
      const end = y + (ends[i] ?? yOf(last));
      return [
        element("path", { class: `line-${look}`, d: path }, [
          element("title", {}, [`${name}: ${kneeText}`]),
        ]),
        ...(knee === null
          ? []
          : [
              element("circle", {
                class: `line-${look}`,
                style: "stroke-dasharray:none",
                cx: coordinate(x + xOf(knee)),
                cy: coordinate(y + yOf(knee)),
                r: 5,
              }),
            ]),
        ...(drawn.length > namedMax
          ? []
          : [
              element("path", {
                class: "grid",
                d: `M${coordinate(x + xOf(last) + 4)} ${coordinate(y + yOf(last))}L${x + left + plotWidth + 8} ${coordinate(end)}`,
              }),
              text(`text-${look}`, x + left + plotWidth + 12, end + 4, 11, name),
              text("faint", x + left + plotWidth + 12, end + 17, 10, kneeText),
            ]),
      ];
    }),
  ];
  return { width: left + plotWidth + labelWidth, height: top + plotHeight + bottom, at: draw };
}

const lookOf = (curve: LoadedCurve): string =>
  isRemote(curve) ? "remote" : curve.initiator === null && curve.target === null ? "all" : "own";

const lastOf = ({ points }: LoadedCurve): LoadedPoint =>
  points.at(-1) ?? { bytesPerSecond: 0, latencyNs: 0 };

/** Places for names, in the order of their curves' ends, that leave room for two lines each. */
function movedApart(wanted: readonly number[]): readonly number[] {
  const order = [...wanted.keys()].toSorted((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0));
  const step = labelStep * 2;
  const placed: number[] = [];
  let next = top;
  for (const i of order) {
    const at = Math.max(next, wanted[i] ?? top);
    placed[i] = at;
    next = at + step;
  }
  const over = Math.max(0, next - step - (top + plotHeight));
  return placed.map((at) => at - over);
}

/** The least number that is not below and whose quarters are round. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-9)));
  const factor = [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8].find((one) => one * power >= value) ?? 10;
  return factor * power;
}

function ticks(most: number): readonly number[] {
  return [0, 1, 2, 3, 4].map((i) => (i / 4) * most);
}

const figureAxis = (value: number): string =>
  value >= 100 ? value.toFixed(0) : `${Math.round(value * 100) / 100}`;
