import { argumentRules } from "./argument-rules.ts";
import { binderRules } from "./binder-rules.ts";
import { commandRules } from "./command-rules.ts";
import { flagRules } from "./flag-rules.ts";
import { commandNamed, type Known, type Rule, typedLine } from "./rule.ts";

/**
 * The line that was probably meant by one that cannot be understood. Each rule mends one kind of
 * slip and leaves the rest of the words as they are; rules are applied until none finds anything,
 * so that a line with two slips is answered once, with a line that works.
 *
 * Nothing is run on a guess: the line is shown, as `try`, for the user to type.
 */

const rules: readonly Rule[] = [
  ...commandRules.map(ownWords),
  ...binderRules,
  ...[...flagRules, ...argumentRules].map(ownWords),
];

/** A rule that leaves alone what stands behind the dashes of a command that becomes another. */
function ownWords(rule: Rule): Rule {
  return (words, known) => {
    const end = commandNamed(words[0], known)?.ownFailure === undefined ? -1 : words.indexOf("--");
    if (end < 0) return rule(words, known);
    const mended = rule(words.slice(0, end), known);
    return Array.isArray(mended) ? [...mended, ...words.slice(end)] : mended;
  };
}

const ROUNDS_MAX = 8;

/** A sentence or a command line to try; null where no rule knows better. */
export function rightLine(argv: readonly string[], known: Known): string | null {
  let words = argv;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const mended = rules.map((rule) => rule(words, known)).find((found) => found !== null) ?? null;
    if (mended === null) break;
    if (typeof mended === "string") return mended;
    words = mended;
  }
  return words === argv ? null : typedLine(words);
}
