import { linesText } from "../../text/terminal-text.ts";
import { aboutComparison, percentText } from "@evenkeel/simulate/draw/describe.ts";
import { type ComparedPolicy, type Comparison, headline } from "@evenkeel/simulate/run/compare.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import type { Paint } from "../../text/paint.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import { type Align, hanging, table } from "../../text/table.ts";

interface View {
  readonly width: number;
  readonly paint: Paint;
}

/** A table of policies, most GPUs allocated first; its columns, and which way they are better. */
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
  const when = scenario.axis === "arrived" ? "at the end" : "mean over time";
  const notes: readonly (readonly [string, string])[] = [
    ["allocated", `share of all GPUs, ${when}; higher is better`],
    ["±", "standard deviation between seeds, in percentage points"],
    ["placed", "share of requests that got a place; higher is better"],
    ["fragments", "share of all GPUs that a typical request cannot use; lower is better"],
    [
      "refused",
      `of ${whole.toFixed(0)} requests for a whole host, those refused although as many GPUs ` +
        "were free / all refused; lower is better",
    ],
    ...(scenario.hasNodes
      ? ([
          ["promised", "share of VMs on nodes as their flavor promises; higher is better"],
        ] as const)
      : []),
  ];
  const label = Math.max(...notes.map(([name]) => name.length)) + 2;
  return linesText([
    paint("bold", scenario.title),
    ...wrap(aboutComparison(comparison), width),
    "",
    paint("dim", heading),
    ...lines.map((line, i) =>
      ["evenkeel", "solver"].includes(ordered[i]?.name ?? "") ? paint("green", line) : line,
    ),
    "",
    ...notes.flatMap(([name, note]) =>
      hanging(name.padEnd(label), wrap(note, width - label)).map((line) => paint("dim", line)),
    ),
  ]);
}

function align({ scenario }: Comparison): readonly Align[] {
  const figures: readonly Align[] = ["left", "right", "right", "right", "right", "right"];
  return scenario.hasNodes ? [...figures, "right"] : figures;
}

function headings({ scenario }: Comparison): readonly string[] {
  const all = ["policy", "allocated ↑", "±", "placed ↑", "fragments ↓", "refused ↓"];
  return scenario.hasNodes ? [...all, "promised ↑"] : all;
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
