import { linesText } from "./terminal-text.ts";
import type { VerdictChange } from "@evenkeel/core/verify/verdict/changes.ts";
import type { Finding, Unverified, Verdict } from "@evenkeel/core/verify/verdict/verdict.ts";
import { sharedRemedies } from "@evenkeel/core/remedy/remedy.ts";
import type { View } from "./plan-text.ts";
import { sharedRemedyLines } from "./remedy-text.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import { hanging } from "./table.ts";

/** How many findings are told in full; what follows is one line each, and then by number. */
const fullMax = 12;
const briefMax = 24;

const color = { error: "red", warning: "yellow", info: "dim" } as const;

/** What a verdict of each scope covers, in words. */
const covers = {
  host: "without the guest's own report",
  guest: "host and guest",
  process: "its processes",
} as const;

/**
 * A verdict for people: whether the plan or the binding holds, the findings, what is as planned or
 * bound, what was not verified.
 */
export function verdictText(verdict: Verdict, view: View): string {
  const { paint } = view;
  const { vm, host, findings, verified, unverified, scope, takenAt } = verdict;
  const answer = answerText(verdict, view);
  const isPlan = scope !== "process";
  const judged = isPlan ? "plan" : "binding";
  const shared = sharedRemedies(findings);
  const style = {
    text: "  try       ",
    run: "  run       ",
    undo: "  undo      ",
    paint: (word: string) => paint("dim", word),
  };
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ["", paint("bold", title), ...lines];
  return linesText([
    `The ${judged} of ${paint("bold", vm)} ${answer} on ${host} ${paint("dim", `(${covers[scope]}, ${takenAt})`)}`,
    ...findings
      .slice(0, fullMax)
      .flatMap((finding, place) => [
        "",
        `${findings.length > 1 ? `${place + 1}. ` : ""}${findingHead(finding, view)}`,
        ...findingLines(finding, view),
        ...sharedRemedyLines(shared, place, "finding", style, view),
      ]),
    ...briefLines(findings, view),
    ...section(
      isPlan ? "as planned" : "as bound",
      pairs(
        verified.map(({ what, found }) => [what, found]),
        view,
      ),
    ),
    ...unverifiedLines(unverified, judged, view),
  ]);
}

/** What was only not verified breaks nothing, as far as anybody knows. */
function answerText({ holds, findings }: Verdict, { paint }: View): string {
  if (holds) return paint("green", "holds");
  return findings.some(({ severity }) => severity === "error")
    ? paint("red", "does not hold")
    : paint("yellow", "is not known to hold");
}

/** The findings beyond those in full: worst first, as all are. */
function briefLines(findings: readonly Finding[], view: View): string[] {
  const brief = findings.slice(fullMax);
  if (brief.length === 0) return [];
  const more = brief.length - briefMax;
  return [
    "",
    ...brief.slice(0, briefMax).flatMap((finding, i) => {
      const { severity, code, subject, found } = finding;
      const head = `${fullMax + i + 1}. `;
      const [first = "", ...rest] = wrap(
        `${head}${severity} ${code}: ${subject}: ${found}`,
        view.width,
        "    ",
      );
      return [first.replace(severity, view.paint(color[severity], severity)), ...rest];
    }),
    ...(more > 0 ? [`and ${more} more`] : []),
    "--output json has all of them in full",
  ];
}

/** What was not verified: a list for each reason that several share, and a row for each other. */
function unverifiedLines(unverified: readonly Unverified[], judged: string, view: View): string[] {
  const groups = [...Map.groupBy(unverified, reasonOf).values()];
  const single = groups.filter((group) => group.length === 1).flat();
  const { paint, width } = view;
  return [
    ...groups.flatMap((group) => {
      const [first] = group;
      if (first === undefined || group.length === 1) return [];
      const { why, essential } = first;
      const needed = essential ? `; the ${judged} holds only if these are known` : "";
      const all = `${group.map(({ what }) => what).join(", ")}${needed}`;
      const [head = "", ...rest] = wrap(`not verified, because ${why}: ${all}`, width, "  ");
      return ["", head.replace("not verified", paint("bold", "not verified")), ...rest];
    }),
    ...(single.length === 0 ? [] : ["", paint("bold", "not verified")]),
    ...pairs(
      single.map((one) => unverifiedRow(one, judged)),
      view,
    ),
  ];
}

const reasonOf = ({ why, essential }: Unverified): string => `${essential} ${why}`;

const unverifiedRow = (
  { what, why, essential }: Unverified,
  judged: string,
): readonly [string, string] => [
  what,
  essential ? `${why}; the ${judged} holds only if this is known` : why,
];

function pairs(rows: readonly (readonly [string, string])[], { width }: View): string[] {
  const label = Math.min(40, Math.max(0, ...rows.map(([what]) => what.length)));
  return rows.flatMap(([what, text]) =>
    hanging(`  ${what.padEnd(label)}  `, wrap(text, width - label - 4)),
  );
}

function findingHead({ severity, code, subject }: Finding, { paint }: View): string {
  return `${paint(color[severity], severity)} ${paint("bold", code)}: ${subject}`;
}

function findingLines(finding: Finding, { width, paint }: View): string[] {
  const { promised, found, evidence } = finding;
  const rows: readonly (readonly [string, string])[] = [
    ["promised", promised],
    ["found", found],
    ["costs", costText(finding)],
    ...evidence.slice(0, 3).map((line) => ["seen in", line] as const),
  ];
  return rows.flatMap(([label, text]) => {
    const [first = "", ...rest] = hanging(`  ${label.padEnd(8)}  `, wrap(text, width - 12));
    return [first.replace(label, paint("dim", label)), ...rest];
  });
}

function costText({ cost: { slowdown, basis } }: Finding): string {
  if (slowdown === null) return "unknown";
  return `${((slowdown - 1) * 100).toFixed(1)} % on that path (${basis})`;
}

/** A change as one line. */
export function changeText(change: VerdictChange, view: View): string {
  return linesText([changeLine(change, view)]);
}

function changeLine(change: VerdictChange, { paint }: View): string {
  const at = paint("dim", change.takenAt);
  switch (change.event) {
    case "holds":
      return `${at} ${paint("green", "holds")}`;
    case "does-not-hold":
      return `${at} ${paint("red", "does not hold")}`;
    case "finding":
    case "finding-changed":
    case "finding-gone": {
      const { severity, code, subject, found } = change.finding;
      const verb = { finding: "found", "finding-changed": "now", "finding-gone": "gone" };
      const what = `${paint(color[severity], severity)} ${code} ${subject}`;
      return `${at} ${verb[change.event]} ${what}: ${found}`;
    }
    case "unverified":
      return `${at} unverified ${change.unverified.what}: ${change.unverified.why}`;
    case "verified-again":
      return `${at} verified again ${change.unverified.what}`;
  }
}
