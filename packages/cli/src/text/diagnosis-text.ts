import { checks as guides } from "@evenkeel/core/explain/checks.ts";
import { checkStates } from "@evenkeel/core/explain/look/look.ts";
import {
  type CheckResult,
  type Diagnosed,
  type Diagnosis,
} from "@evenkeel/core/explain/diagnosis.ts";
import type { Checked } from "@evenkeel/core/explain/explanation.ts";
import { amountOf } from "@evenkeel/core/text/amount.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import { faultLines } from "./fault-text.ts";
import type { View } from "./plan-text.ts";
import { namesText } from "./names-text.ts";
import { hanging } from "./table.ts";
import { linesText } from "./terminal-text.ts";

/** A diagnosis for people: every subject with its faults, and what was looked at. */
export function diagnosisText({ host, subjects }: Diagnosis, view: View): string {
  const faulty = subjects.filter(({ faults }) => faults.length > 0).length;
  const head =
    faulty === 0
      ? `Nothing wrong was found on ${host}.`
      : `${amountOf(faulty, "subject")} of ${subjects.length} on ${host} with something wrong.`;
  return linesText([
    view.paint("bold", head),
    ...groupsOf(subjects).flatMap((same) => ["", ...subjectLines(same, view)]),
  ]);
}

/**
 * Subjects one by one where something is wrong; those that are in order, and of which the same was
 * looked at, together.
 */
function groupsOf(subjects: readonly Diagnosed[]): readonly (readonly Diagnosed[])[] {
  const keyOf = ({ of, faults, checked, unchecked, checks }: Diagnosed, i: number): string =>
    faults.length > 0
      ? `${i}`
      : JSON.stringify([
          of,
          checked.map(({ code }) => code),
          unchecked.map(({ code, why }) => [code, why]),
          checks.map(({ id, state }) => [id, state]),
        ]);
  return [...Map.groupBy(subjects, keyOf).values()];
}

function subjectLines(same: readonly Diagnosed[], view: View): string[] {
  const [diagnosed] = same;
  if (diagnosed === undefined) return [];
  const { of, faults, checked, unchecked, checks } = diagnosed;
  const name = namesText(same.map((one) => one.name));
  const { paint, width } = view;
  const kind = { vm: "VM", process: "process", container: "container", machine: "machine" }[of];
  const called = of === "process" ? name : `${kind}${same.length > 1 ? "s" : ""} ${name}`;
  return [
    paint(
      "bold",
      `${called}: ${faults.length === 0 ? "in order" : amountOf(faults.length, "fault")}`,
    ),
    ...faults.flatMap((fault, i) => faultLines(fault, `${i + 1}. `, view)),
    ...(checked.length === 0
      ? []
      : hanging("  in order: ", wrap(inOrder(checked, faults.length > 0), width - 12))),
    ...uncheckedLines(unchecked, faults.length > 0, width),
    ...checkLines(checks, view),
  ];
}

/** As many reasons for which causes were not looked at are told, so that the rest is seen. */
const reasonsTold = { found: 6, nothing: 16 } as const;

/** A line for each reason that several causes share; of many reasons the first ones. */
function uncheckedLines(
  unchecked: Diagnosed["unchecked"],
  found: boolean,
  width: number,
): string[] {
  const groups = [...Map.groupBy(unchecked, ({ why }) => why)];
  const most = found ? reasonsTold.found : reasonsTold.nothing;
  const told = groups.length <= most + 1 ? groups : groups.slice(0, most);
  const left = groups.slice(told.length).flatMap(([, own]) => own).length;
  const sentences = [
    ...told.map(([why, own]) => `${why}: ${own.map(({ code }) => code).join(", ")}`),
    ...(left === 0
      ? []
      : [`${amountOf(left, "cause")} more, which --output json lists with what would tell`]),
  ];
  const label = "  not looked at: ";
  return sentences.flatMap((one) => hanging(label, wrap(one, width - label.length)));
}

/** What was looked at: by name where nothing was found, which is the answer, otherwise how many. */
function inOrder(checked: readonly Checked[], isBrief: boolean): string {
  const codes = checked.map(({ code }) => code);
  return isBrief ? amountOf(codes.length, "other cause") : codes.join(", ");
}

/** The checks that causes look at: what they found is told among the faults. */
const byCauses: ReadonlySet<string> = new Set(
  guides.filter(({ look }) => look === undefined).map(({ id }) => id),
);

/**
 * What vendors' guides ask: in full where it is not as asked, otherwise by its number. What no
 * cause of slowness tells is said here.
 */
function checkLines(results: readonly CheckResult[], { width }: View): string[] {
  const shown = checkStates.filter((state) => state !== "not concerned");
  return shown.flatMap((state) => {
    const own = results.filter((check) => check.state === state);
    if (own.length === 0) return [];
    const isFull = state === "not as asked";
    const words = own.map(({ id, asks, found }) => {
      const said = found === null || byCauses.has(id) ? "" : ` (${found})`;
      return `${id}${isFull ? ` ${asks}` : ""}${said}`;
    });
    const text = words.join(isFull ? "; " : ", ");
    const more = state === "not looked at" ? " (docs/checks.md says how)" : "";
    const label = `  guides, ${state}: `;
    return hanging(label, wrap(`${text}${more}`, width - label.length));
  });
}
