import { linesText } from "./terminal-text.ts";
import type { PreflightReport } from "@evenkeel/core/preflight/problem.ts";
import type { View } from "./plan-text.ts";
import { sharedRemedies } from "@evenkeel/core/remedy/remedy.ts";
import { sharedRemedyLines } from "./remedy-text.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import { hanging } from "./table.ts";

/** A host that lacks more for a VM lacks the same again and again. */
const problemsMax = 16;

/** What stands in the way of a start, for people: what is needed, what there is, what mends it. */
export function preflightText({ vm, host, ready, problems }: PreflightReport, view: View): string {
  const { paint, width } = view;
  const head = ready
    ? `${paint("bold", vm)} ${paint("green", "can be started")} on ${host}`
    : `${paint("bold", vm)} ${paint("red", "is not started")} on ${host}, and nothing was changed`;
  const shared = sharedRemedies(problems);
  const style = {
    text: "    try    ",
    run: "    run    ",
    undo: "    undo   ",
    paint: (word: string) => (word === "try" ? paint("green", word) : word),
  };
  const more = problems.length - problemsMax;
  const lines = problems
    .slice(0, problemsMax)
    .flatMap(({ code, severity, subject, needs, has }, place) => {
      const color = severity === "error" ? "yellow" : "dim";
      const label = severity === "error" ? code : `${code} (warning)`;
      return [
        `  ${problems.length > 1 ? `${place + 1}. ` : ""}${paint(color, label)}: ${subject}`,
        ...hanging("    needs  ", wrap(needs, width - 11)),
        ...hanging("    has    ", wrap(has, width - 11)),
        ...sharedRemedyLines(shared, place, "problem", style, view),
      ];
    });
  const rest = more > 0 ? [`  and ${more} more, which --output json has`] : [];
  return linesText([head, ...lines, ...rest]);
}
