import type { Command, Remedy, SharedRemedy } from "@evenkeel/core/remedy/remedy.ts";
import { indexSet } from "@evenkeel/core/set/index-set.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import { shellLine } from "@evenkeel/core/text/shell.ts";
import type { View } from "./plan-text.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import { hanging } from "./table.ts";

/** The most commands that are shown of a remedy: a VM may need one for each of its vCPUs. */
const COMMANDS_SHOWN = 8;

/** What stands before a remedy's text, its commands and their undo, with blanks on both sides. */
export interface RemedyStyle {
  readonly text: string;
  readonly run: string;
  readonly undo: string;
  /** Colors the word in one of these. */
  readonly paint: (word: string) => string;
}

/**
 * The remedy of the finding at a place, from 0: in full where it is the first with this remedy, and
 * otherwise by that one's number.
 */
export function sharedRemedyLines(
  shared: readonly SharedRemedy[],
  place: number,
  noun: "finding" | "problem",
  style: RemedyStyle,
  view: View,
): string[] {
  const own = shared.find(({ mends }) => mends.includes(place));
  const [first] = own?.mends ?? [];
  if (own === undefined || first === undefined) return [];
  const { text } = own.remedy;
  if (first !== place) {
    const same = `as for ${noun} ${first + 1}`;
    return remedyLines({ ...own.remedy, text: same, argv: null, undo: null }, style, view);
  }
  const all = own.mends.map((one) => one + 1);
  const mends = all.length === 1 ? "" : ` This mends ${noun}s ${numbers(all)}.`;
  return remedyLines({ ...own.remedy, text: `${text}${mends}` }, style, view);
}

/**
 * What to do, then the commands and their undo, quoted for a shell and each on a line of its own.
 */
export function remedyLines(remedy: Remedy, style: RemedyStyle, { width }: View): string[] {
  const row = (head: string, lines: readonly string[]): string[] => {
    const word = head.trim();
    const [first = "", ...rest] = hanging(head, lines);
    return [first.replace(word, style.paint(word)), ...rest];
  };
  return [
    ...row(style.text, wrap(remedy.text, width - style.text.length)),
    ...(remedy.argv === null ? [] : row(style.run, commandLines(remedy.argv))),
    ...(remedy.undo === null ? [] : row(style.undo, commandLines(remedy.undo))),
  ];
}

function commandLines(commands: readonly Command[]): string[] {
  const more = commands.length - COMMANDS_SHOWN;
  return [
    ...commands.slice(0, COMMANDS_SHOWN).map((command) => shellLine(command)),
    ...(more > 0 ? [`... and ${more} more, which --output json has`] : []),
  ];
}

/** `1 and 2`, `1-4, 6 and 9`. */
function numbers(list: readonly number[]): string {
  const parts = formatList(indexSet(list))
    .split(",")
    .flatMap((run) => {
      const [from = "", to = from] = run.split("-");
      return Number(to) - Number(from) === 1 ? [from, to] : [run];
    });
  const last = parts.at(-1) ?? "";
  return parts.length === 1 ? last : `${parts.slice(0, -1).join(", ")} and ${last}`;
}
