import { linesText } from "./terminal-text.ts";
import type { MergeFinding } from "@evenkeel/core/topology/merge/finding.ts";
import type { TopologyWarning } from "@evenkeel/core/topology/warnings/warning.ts";
import { restOfFindings } from "./notes-text.ts";
import type { View } from "./plan-text.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import { hanging } from "./table.ts";

/** More would bury the drawing above. */
const remarksMax = 24;

/** Where the sources of a machine disagree, printed below its drawing. Empty if they agree. */
export function findingsText(findings: readonly MergeFinding[], view: View): string {
  return remarks(
    "the sources disagree; the first one counts",
    findings.map(({ message }) => message),
    view,
    restOfFindings,
  );
}

/** What is unusual about a machine, printed below its drawing: first what costs something. */
export function warningsText(warnings: readonly TopologyWarning[], view: View): string {
  const of = (severity: TopologyWarning["severity"]): string[] =>
    warnings.filter((one) => one.severity === severity).map(({ message }) => message);
  return remarks("warnings", of("warning"), view) + remarks("worth knowing", of("info"), view);
}

function remarks(
  title: string,
  sentences: readonly string[],
  { width, paint }: View,
  rest = "",
): string {
  if (sentences.length === 0) return "";
  const shown = sentences.slice(0, remarksMax);
  const more = sentences.length - shown.length;
  return linesText([
    "",
    paint("bold", title),
    ...shown.flatMap((sentence) => hanging("- ", wrap(sentence, width - 2))),
    ...(more > 0 ? [`- and ${more} more of these${rest}`] : []),
  ]);
}
