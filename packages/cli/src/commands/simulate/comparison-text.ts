import { linesText } from "../../text/terminal-text.ts";
import { aboutComparison, percentText } from "@evenkeel/simulate/draw/describe.ts";
import { type ComparedPolicy, type Comparison, headline } from "@evenkeel/simulate/run/compare.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import type { Paint } from "../../text/paint.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import { type Align, table } from "../../text/table.ts";

interface View {
  readonly width: number;
  readonly paint: Paint;
}

/** A table of policies, best allocation first, and the meaning of its columns. */
export function comparisonText(comparison: Comparison, { width, paint }: View): string {
  const { scenario, policies } = comparison;
  const ordered = policies.toSorted(
    (a, b) => headline(comparison, b).mean - headline(comparison, a).mean,
  );
  const [heading = "", ...lines] = table(
    [headings(comparison), ...ordered.map((policy) => cells(comparison, policy))],
    align(comparison),
  );
  // The same arrivals for each.
  const whole = at(policies, 0).summary.wholeHostArrived.mean;
  const notes = [
    `allocated: of all GPUs, ${scenario.axis === "arrived" ? "at the end" : "mean over time"}, with the ` +
      "deviation between seeds",
    "fragments: share of all GPUs that a typical request could not use, mean over time",
    `whole hosts: of ${whole.toFixed(0)} requests for all GPUs of a host, refused although they were ` +
      "free / refused",
    ...(scenario.hasNodes
      ? ["promised: share of VMs that lie on nodes as their flavor promises"]
      : []),
  ];
  return linesText([
    paint("bold", scenario.title),
    ...wrap(aboutComparison(comparison), width),
    "",
    paint("dim", heading),
    ...lines.map((line, i) =>
      ["evenkeel", "solver"].includes(ordered[i]?.name ?? "") ? paint("green", line) : line,
    ),
    "",
    ...notes.flatMap((note) => wrap(note, width, "  ").map((line) => paint("dim", line))),
  ]);
}

function align({ scenario }: Comparison): readonly Align[] {
  const figures: readonly Align[] = ["left", "right", "right", "right", "right", "right"];
  return scenario.hasNodes ? [...figures, "right"] : figures;
}

function headings({ scenario }: Comparison): readonly string[] {
  const all = ["policy", "allocated", "±", "placed", "fragments", "whole hosts"];
  return scenario.hasNodes ? [...all, "promised"] : all;
}

function cells(comparison: Comparison, policy: ComparedPolicy): readonly string[] {
  const { summary } = policy;
  const share = headline(comparison, policy);
  const { wholeHostRefusedWhileFree: free, wholeHostRefused: refused } = summary;
  return [
    policy.name,
    percentText(share.mean),
    (share.deviation * 100).toFixed(2),
    percentText(summary.placed.mean, 1),
    summary.meanFragmentation === null ? "?" : percentText(summary.meanFragmentation.mean, 1),
    `${free.mean.toFixed(0)} / ${refused.mean.toFixed(0)}`,
    ...(comparison.scenario.hasNodes ? [percentText(summary.inSignature.mean, 1)] : []),
  ];
}
