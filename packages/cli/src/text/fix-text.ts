import type { Command, Remedy } from "@evenkeel/core/remedy/remedy.ts";
import { amountOf } from "@evenkeel/core/text/amount.ts";
import { shellLine } from "@evenkeel/core/text/shell.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import type { StepOutcome } from "@evenkeel/host/fix/carry-out.ts";
import type { View } from "./plan-text.ts";
import { hanging } from "./table.ts";
import { linesText } from "./terminal-text.ts";

/** What a fix would change, and what it leaves to people. */
export interface PlannedFix {
  readonly steps: readonly { readonly run: Command }[];
  readonly left: readonly Remedy[];
  /** Whether it is carried out now. */
  readonly isDone: boolean;
}

/** A fix for people, before it is carried out. */
export function fixText({ steps, left, isDone }: PlannedFix, { width, paint }: View): string {
  const head =
    steps.length === 0
      ? "Nothing of it can be changed while it runs."
      : isDone
        ? `Changing ${amountOf(steps.length, "thing")}:`
        : `With --yes this would be run (${amountOf(steps.length, "command")}):`;
  return linesText([
    "",
    paint("bold", head),
    ...steps.map(({ run }) => `  ${shellLine(run)}`),
    ...(left.length === 0 ? [] : ["", paint("bold", "Left to you:")]),
    ...left.flatMap((remedy) => [
      ...hanging("  - ", wrap(remedy.text, width - 4)),
      ...(remedy.argv ?? []).map((command) => `    ${shellLine(command)}`),
    ]),
  ]);
}

/** What became of each step, and how to take it back. */
export function outcomesText(
  outcomes: readonly StepOutcome[],
  record: string | null,
  { width, paint }: View,
): string {
  const failed = outcomes.filter(({ ok }) => !ok).length;
  const told = outcomes.filter(({ ok, found }) => !ok || found !== "done");
  return linesText([
    "",
    paint("bold", failed === 0 ? "Done." : `${failed} of ${outcomes.length} failed.`),
    ...told.flatMap(({ run, found }) =>
      hanging("  - ", wrap(`${shellLine(run)}: ${found}`, width - 4)),
    ),
    ...(record === null ? [] : [`evenkeel doctor --undo --yes takes it back (${record}).`]),
  ]);
}
