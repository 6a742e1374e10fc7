import { at } from "@evenkeel/core/unit/list.ts";
import { element, type XmlElement } from "@evenkeel/core/xml/element.ts";
import { type ComparedPolicy, type Comparison, headline } from "../run/compare.ts";
import type { Figure } from "../run/summary.ts";
import { percentText } from "./describe.ts";
import { type Area, coordinate } from "./lines.ts";
import { lookOf } from "./style.ts";

const ROW = 24;
const BAR = 10;
const HEADING = 62;

interface Column {
  readonly title: string;
  readonly note: string;
  readonly better: "higher" | "lower";
  /** From 0 to 1. */
  readonly share: (policy: ComparedPolicy) => number;
  readonly text: (policy: ComparedPolicy) => string;
}

/** The height of the chart for this number of policies. */
export function barsHeight(policies: number): number {
  return HEADING + policies * ROW;
}

/**
 * Bars with one row for each policy, and which way each column is better: GPUs allocated, whole
 * hosts refused although there was room, and VMs that lie as their flavor promises.
 */
export function barsChart(comparison: Comparison, area: Area): readonly XmlElement[] {
  const names = 150;
  const gap = 36;
  const columns = columnsOf(comparison);
  const width = (area.width - names - gap * (columns.length - 1)) / columns.length;
  const left = (i: number): number => area.x + names + i * (width + gap);
  const ordered = comparison.policies.toSorted(
    (a, b) => headline(comparison, b).mean - headline(comparison, a).mean,
  );
  return [
    text("title", area.x, area.y + 12, 12, "Policy"),
    text("faint", area.x, area.y + 28, 11, "most GPUs allocated first"),
    ...columns.flatMap(({ title, note, better }, i) => [
      text("title", left(i), area.y + 12, 12, title),
      text("faint", left(i), area.y + 28, 11, note),
      text("faint", left(i), area.y + 44, 11, betterText(better)),
    ]),
    ...ordered.flatMap((policy, row) => {
      const y = area.y + HEADING + row * ROW;
      const look = lookOf(policy.name);
      return [
        text(`text-${look}`, area.x, y + BAR, 12, policy.name),
        ...columns.flatMap((column, i) =>
          bar(left(i), y, width - 62, column.share(policy), look, column.text(policy)),
        ),
      ];
    }),
  ];
}

function columnsOf(comparison: Comparison): readonly Column[] {
  const { scenario } = comparison;
  const part = (of: Figure, all: Figure): number => of.mean / Math.max(1, all.mean);
  const whole = Math.round(at(comparison.policies, 0).summary.wholeHostArrived.mean);
  return [
    {
      title: "GPUs allocated",
      note: `share of all GPUs, ${scenario.axis === "arrived" ? "at the end" : "mean over time"}`,
      better: "higher",
      share: (policy) => headline(comparison, policy).mean,
      text: (policy) => percentText(headline(comparison, policy).mean),
    },
    {
      title: "Whole hosts refused with room",
      note: `with as many GPUs free, of all refused; ${whole} arrived`,
      better: "lower",
      share: ({ summary }) => part(summary.wholeHostRefusedWhileFree, summary.wholeHostArrived),
      text: ({ summary }) =>
        `${summary.wholeHostRefusedWhileFree.mean.toFixed(0)} of ${summary.wholeHostRefused.mean.toFixed(0)}`,
    },
    ...(scenario.hasNodes
      ? [
          {
            title: "VMs as their flavor promises",
            note: "share on the nodes of their signature",
            better: "higher" as const,
            share: ({ summary }: ComparedPolicy) => summary.inSignature.mean,
            text: ({ summary }: ComparedPolicy) => percentText(summary.inSignature.mean, 1),
          },
        ]
      : []),
  ];
}

function betterText(better: Column["better"]): string {
  return better === "higher" ? "→ longer is better" : "← shorter is better";
}

function bar(
  x: number,
  y: number,
  width: number,
  share: number,
  look: string,
  label: string,
): XmlElement[] {
  const rect = (of: string, length: number): XmlElement =>
    element("rect", {
      class: of,
      x: coordinate(x),
      y,
      width: coordinate(length),
      height: BAR,
      rx: 3,
    });
  return [
    rect("track", width),
    rect(`bar-${look}`, Math.max(0, Math.min(1, share)) * width),
    text(`text-${look}`, x + width + 8, y + BAR - 0.5, 12, label),
  ];
}

function text(look: string, x: number, y: number, size: number, content: string): XmlElement {
  return element("text", { class: look, x: coordinate(x), y: coordinate(y), "font-size": size }, [
    content,
  ]);
}
