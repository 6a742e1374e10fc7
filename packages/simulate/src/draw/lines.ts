import { at } from "@evenkeel/core/unit/list.ts";
import { element, type XmlElement } from "@evenkeel/core/xml/element.ts";
import { type ComparedPolicy, type Comparison, headline } from "../run/compare.ts";
import { percentText } from "./describe.ts";
import { lookOf } from "./style.ts";

/** A rectangle of the drawing. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The width at the right for the names of the lines with figures, and without. */
const LABELS = 190;
const NAMES = 110;
const LABEL_HEIGHT = 17;

/**
 * The share of GPUs allocated along the axis: one line for each policy, with its name at the end.
 * Where tasks only arrive, all policies place everything at first, so the drawing starts at 70 %.
 * The vertical scale starts near the lowest value of any line, not at 0, because the differences
 * between policies are small. Its labels show that.
 */
export function linesChart(comparison: Comparison, area: Area): readonly XmlElement[] {
  const { scenario, policies } = comparison;
  const from = scenario.axis === "arrived" ? 70 : 0;
  const to = Math.round(scenario.end * 100);
  const shown = (policy: ComparedPolicy): readonly number[] => policy.summary.curve.slice(from);
  const start = scenario.axis === "arrived" ? 0 : Math.round(scenario.settled * 100);
  const least = Math.min(...policies.flatMap((policy) => shown(policy).slice(start)));
  const bottom = Math.max(0, Math.min(0.9, Math.floor(least * 20) / 20));
  const inner = {
    ...area,
    x: area.x + 44,
    width: area.width - 44 - (scenario.axis === "time" ? NAMES : LABELS),
  };
  const xOf = (percent: number): number =>
    inner.x + ((percent - from) / Math.max(1, to - from)) * inner.width;
  const yOf = (share: number): number =>
    inner.y + ((1 - Math.max(bottom, share)) / (1 - bottom)) * inner.height;
  const lines = policies.toReversed().map((policy) => {
    const look = `line-${lookOf(policy.name)}`;
    const values = shown(policy);
    // While a fleet fills up its share is below the scale: the line begins where it reaches it.
    const first = Math.max(
      0,
      values.findIndex((share) => share >= bottom),
    );
    const points = values
      .slice(first)
      .map(
        (share, i) =>
          `${i === 0 ? "M" : "L"}${coordinate(xOf(from + first + i))} ${coordinate(yOf(share))}`,
      );
    const aware = isAware(policy) ? " aware" : "";
    return element("path", { class: `${look}${aware}`, d: points.join("") }, [
      element("title", {}, [policy.title]),
    ]);
  });
  return [
    element("text", { class: "faint", x: area.x, y: area.y - 12, "font-size": 11 }, [
      `GPUs allocated, of all GPUs (↑ higher is better; the scale starts at ${Math.round(bottom * 100)} %)${policies.some(isAware) ? "; dashed: kept to nodes by +numa" : ""}`,
    ]),
    ...gridLines(inner, bottom, yOf),
    ...ticks(scenario.axis, inner, from, to, xOf),
    ...lines,
    ...labels(comparison, inner, yOf),
  ];
}

/** Whether a policy is one that ignores nodes, made to keep VMs to theirs. */
function isAware({ name }: ComparedPolicy): boolean {
  return name.includes("+");
}

function gridLines(
  { x, width }: Area,
  bottom: number,
  yOf: (share: number) => number,
): XmlElement[] {
  const step = 1 - bottom > 0.5 ? 0.1 : 1 - bottom > 0.2 ? 0.05 : 0.02;
  const count = Math.round((1 - bottom) / step);
  return Array.from({ length: count + 1 }, (_, i) => 1 - i * step).flatMap((share) => [
    element("path", { class: "grid", d: `M${x} ${coordinate(yOf(share))}h${width}` }),
    element(
      "text",
      {
        class: "faint",
        x: x - 8,
        y: coordinate(yOf(share) + 4),
        "font-size": 11,
        "text-anchor": "end",
      },
      [`${Math.round(share * 100)} %`],
    ),
  ]);
}

function ticks(
  axis: Comparison["scenario"]["axis"],
  { x, y, width, height }: Area,
  from: number,
  to: number,
  xOf: (percent: number) => number,
): XmlElement[] {
  const base = y + height;
  const marks = Array.from({ length: Math.floor((to - from) / 10) + 1 }, (_, i) => from + i * 10);
  const name = axis === "arrived" ? "GPUs asked for so far, of all GPUs" : "time, of the whole run";
  return [
    element("path", { class: "axis", d: `M${x} ${base + 0.5}h${width}` }),
    ...marks.flatMap((percent) => [
      element("path", { class: "axis", d: `M${coordinate(xOf(percent))} ${base}v5` }),
      element(
        "text",
        {
          class: "faint",
          x: coordinate(xOf(percent)),
          y: base + 18,
          "font-size": 11,
          "text-anchor": "middle",
        },
        [`${percent} %`],
      ),
    ]),
    element(
      "text",
      { class: "faint", x: x + width / 2, y: base + 36, "font-size": 11, "text-anchor": "middle" },
      [name],
    ),
  ];
}

/** Names and figures at the ends of the lines, moved apart where they would overlap. */
function labels(
  comparison: Comparison,
  { x, y, width, height }: Area,
  yOf: (share: number) => number,
): XmlElement[] {
  const wanted = comparison.policies
    .map((policy) => {
      const { curve } = policy.summary;
      return { policy, y: yOf(at(curve, curve.length - 1)) };
    })
    .toSorted((a, b) => a.y - b.y);
  const placed = movedApart(
    wanted.map((one) => one.y),
    LABEL_HEIGHT,
    y + height - 4,
  );
  return wanted.flatMap(({ policy, y: end }, i) => {
    const level = at(placed, i);
    const right = x + width;
    const look = lookOf(policy.name);
    return [
      element("path", {
        class: "leader",
        d: `M${right + 3} ${coordinate(end)}L${right + 16} ${coordinate(level)}`,
      }),
      element(
        "text",
        { class: `text-${look}`, x: right + 21, y: coordinate(level + 4), "font-size": 12 },
        [policy.name],
      ),
      // Where VMs come and go, the end is a moment like any other: the bars below show the mean.
      ...(comparison.scenario.axis === "time"
        ? []
        : [
            element(
              "text",
              {
                class: `text-${look}`,
                x: right + LABELS,
                y: coordinate(level + 4),
                "font-size": 12,
                "text-anchor": "end",
              },
              [percentText(headline(comparison, policy).mean)],
            ),
          ]),
    ];
  });
}

/**
 * Moves ascending positions apart until neighbors are at least `gap` apart and none is beyond
 * `most`, with the least sum of squared moves. With i times the gap subtracted from position i,
 * this is isotonic regression, solved by pooling adjacent violators: neighbors in the wrong order
 * are replaced by their mean.
 */
export function movedApart(
  places: readonly number[],
  gap: number,
  most: number,
): readonly number[] {
  const pools: { mean: number; count: number }[] = [];
  for (const [i, place] of places.entries()) {
    let pool = { mean: place - i * gap, count: 1 };
    for (
      let last = pools.at(-1);
      last !== undefined && last.mean > pool.mean;
      last = pools.at(-1)
    ) {
      const count = last.count + pool.count;
      pool = { mean: (last.mean * last.count + pool.mean * pool.count) / count, count };
      pools.pop();
    }
    pools.push(pool);
  }
  const moved = pools.flatMap(({ mean, count }) => Array.from({ length: count }, () => mean));
  const highest = most - (places.length - 1) * gap;
  return moved.map((place, i) => Math.min(place, highest) + i * gap);
}

/** A coordinate with at most two decimals. */
export function coordinate(value: number): string {
  return `${Math.round(value * 100) / 100}`;
}
