import type {
  Checked,
  Difference,
  Explanation,
  Side,
  Unchecked,
} from "@evenkeel/core/explain/explanation.ts";
import { amountOf } from "@evenkeel/core/text/amount.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import { slowerText } from "@evenkeel/core/text/slower.ts";
import { faultLines, priceText } from "./fault-text.ts";
import type { View } from "./plan-text.ts";
import { hanging } from "./table.ts";
import { linesText } from "./terminal-text.ts";

/** How many differences are told in full: with what follows they fit on one screen. */
const toldInFull = 4;

/**
 * An explanation for people, on one screen: the answer, what sets the two apart with the dearest
 * first, what both have, and what was looked at or could not be.
 */
export function explanationText(explanation: Explanation, view: View): string {
  const { differences, checked, unchecked } = explanation;
  const { paint, width } = view;
  const apart = differences.filter((one) => one.in !== "both");
  const both = differences.filter((one) => one.in === "both");
  const most = apart.length > 0 ? reasonsTold.found : reasonsTold.nothing;
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ["", paint("bold", title), ...lines];
  return linesText([
    ...wrap(answerOf(explanation), width).map((line) => paint("bold", line)),
    ...apart.slice(0, toldInFull).flatMap((one, i) => {
      const head = `${i + 1}. ${sideName(one.in, explanation)}: `;
      return ["", ...faultLines(one, head, view)];
    }),
    ...section("and", briefLines(apart.slice(toldInFull), explanation, view)),
    ...section("both have", briefLines(both, explanation, view)),
    ...section("in order in both", checkedLines(checked, apart.length > 0, width)),
    ...section("not looked at", uncheckedLines(unchecked, explanation, most, width)),
    ...(apart.length === 0 ? section("next", nextLines(explanation, width)) : []),
  ]);
}

/** The answer in one or two sentences: who is slower, by how much, and what of the gap that is. */
export function answerOf(explanation: Explanation): string {
  const { a, b, predicted, explained, unexplained, twins } = explanation;
  const gap = unexplained === null ? null : explained + unexplained;
  const rest =
    gap === null || unexplained === null
      ? ""
      : ` Of the ${part(gap)} that you measured, ${part(explained)} is explained and ${part(unexplained)} is not.`;
  if (twins) {
    const answer = `Nothing that was looked at sets ${a} and ${b} apart: placement does not explain it.`;
    return `${answer}${rest}`;
  }
  const [slower, faster] = predicted.a >= predicted.b ? [a, b] : [b, a];
  const ratio = Math.max(predicted.a, predicted.b) / Math.min(predicted.a, predicted.b);
  const answer =
    ratio > 1.0005
      ? `${slower} is ${slowerText(ratio)} than ${faster} by what has a price.`
      : `${a} and ${b} differ, but nothing that sets them apart has a price.`;
  return `${answer}${rest}`;
}

const part = (share: number): string => `${Number((share * 100).toFixed(1))} %`;

function sideName(side: Side, { a, b }: Explanation): string {
  return { a, b, both: "both" }[side];
}

function briefLines(
  list: readonly Difference[],
  explanation: Explanation,
  { width }: View,
): string[] {
  return list.flatMap((one) => {
    const of = one.in === "both" ? "" : `${sideName(one.in, explanation)}: `;
    const text = `${of}${one.code}, ${priceText(one)}: ${one.found}`;
    return hanging("  - ", wrap(text, width - 4));
  });
}

/** By name where nothing sets the two apart, since that is the answer; otherwise how many. */
function checkedLines(checked: readonly Checked[], isBrief: boolean, width: number): string[] {
  if (checked.length === 0) return [];
  const amount = amountOf(checked.length, "cause");
  if (isBrief) return [`  ${amount}, which --output json lists`];
  const codes = checked.map(({ code }) => code).join(", ");
  return hanging("  ", wrap(`${amount}: ${codes}`, width - 2));
}

/** As many reasons for which causes were not looked at are told, so that the rest is seen. */
const reasonsTold = { found: 6, nothing: 16 } as const;

/** One entry for each reason that several causes share; of many reasons the first ones. */
function uncheckedLines(
  unchecked: readonly Unchecked[],
  explanation: Explanation,
  most: number,
  width: number,
): string[] {
  const groups = Map.groupBy(unchecked, (one) => `${one.in} ${one.why}`);
  const all = [...groups.values()];
  const told = all.length <= most + 1 ? all : all.slice(0, most);
  const lines = told.flatMap((own) => {
    const [first] = own;
    if (first === undefined) return [];
    const codes = own.map(({ code }) => code).join(", ");
    const text = `${sideName(first.in, explanation)}: ${first.why}: ${codes}`;
    return hanging("  - ", wrap(text, width - 4));
  });
  const left = all.slice(told.length).flat().length;
  if (left === 0) return lines;
  const more = `${amountOf(left, "cause")} more, which --output json lists with what would tell`;
  return [...lines, ...hanging("  - ", wrap(more, width - 4))];
}

/** What to look at where nothing was found: first what nobody could read. */
function nextLines({ unchecked }: Explanation, width: number): string[] {
  const steps = [
    ...(unchecked.length > 0
      ? ["give what could not be read, as each line above says, and ask again"]
      : []),
    "ask again while the slow one is slow: load, clocks and throttling come and go",
    "see whether the accelerators wait: if nvidia-smi shows little use of them while it is slow, what feeds them is slow, which is data from a disk or the network, the program itself, or its CPUs",
    "measure both with the same program, and swap their places: if the slowness stays with the place, it is the machine; if it goes along, it is the software",
  ];
  return steps.flatMap((step) => hanging("  - ", wrap(step, width - 4)));
}
