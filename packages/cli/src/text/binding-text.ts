import type { Binding } from "@evenkeel/core/binding/binding.ts";
import { numactlWords } from "@evenkeel/core/binding/numactl.ts";
import { shellLine } from "@evenkeel/core/text/shell.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import type { LibraryVariable } from "@evenkeel/core/binding/libraries.ts";
import type { View } from "./plan-text.ts";
import { hanging } from "./table.ts";
import { linesText } from "./terminal-text.ts";

/**
 * What `exec` would do, for people: the line of numactl that does the same, the variables, why, and
 * what is not known.
 */
export function bindingText(
  binding: Binding,
  variables: readonly LibraryVariable[],
  command: readonly string[],
  { width, paint }: View,
): string {
  const line = numactlWords(binding);
  const words = line === null ? [...command] : [...line, ...command];
  const each = (label: string, texts: readonly string[]): string[] =>
    texts.length === 0
      ? []
      : [paint("bold", label), ...texts.flatMap((text) => hanging("  - ", wrap(text, width - 4)))];
  const settings = variables.map(({ name, value }) => `${name}=${value}`);
  return linesText([
    line === null ? paint("yellow", "the command stays as it is") : shellLine(words),
    ...each("why", binding.reasons),
    ...each("variables", settings),
    ...each(
      "not known",
      binding.unknowns.map(({ what, tells }) => `${what}; ${tells} would tell`),
    ),
  ]);
}
