import { at } from "@evenkeel/core/unit/list.ts";
import { element, type XmlElement } from "@evenkeel/core/xml/element.ts";
import { type ComparedPolicy, type Comparison, headline } from "../run/compare.ts";
import type { Figure } from "../run/summary.ts";
import { percentText } from "./describe.ts";
import { type Area, coordinate } from "./lines.ts";
import { lookOf } from "./style.ts";

const ROW = 24;
const BAR = 10;
const HEADING = 46;

interface Column {
  readonly title: string;
  readonly note: string;
  /** From 0 to 1. */
  readonly share: (policy: ComparedPolicy) => number;
  readonly text: (policy: ComparedPolicy) => string;
}

/** The height of the chart for this number of policies. */
export function barsHeight(policies: number): number {
  return HEADING + policies * ROW;
}

/**
 * Bars with one row for each policy: GPUs allocated, whole hosts refused although there was room,
 * and VMs that lie as their flavor promises.
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
    ...columns.flatMap(({ title, note }, i) => [
      text("title", left(i), area.y + 12, 12, title),
      text("faint", left(i), area.y + 28, 11, note),
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
      note: scenario.axis === "arrived" ? "at the end" : "mean over time",
      share: (policy) => headline(comparison, policy).mean,
      text: (policy) => percentText(headline(comparison, policy).mean),
    },
    {
      title: "Whole hosts refused with room",
      note: `with as many GPUs free, of all refused; ${whole} arrived`,
      share: ({ summary }) => part(summary.wholeHostRefusedWhileFree, summary.wholeHostArrived),
      text: ({ summary }) =>
        `${summary.wholeHostRefusedWhileFree.mean.toFixed(0)} of ${summary.wholeHostRefused.mean.toFixed(0)}`,
    },
    ...(scenario.hasNodes
      ? [
          {
            title: "VMs as their flavor promises",
            note: "on the nodes of their signature",
            share: ({ summary }: ComparedPolicy) => summary.inSignature.mean,
            text: ({ summary }: ComparedPolicy) => percentText(summary.inSignature.mean, 1),
          },
        ]
      : []),
  ];
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
