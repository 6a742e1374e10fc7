/** Takes a sentence that a reader of the topology should know. */
export type Note = (sentence: string) => void;

/** For a caller who wants no notes. */
export function ignore(): void {
  // Nothing is kept.
}

/** What stands in a tool's output and not in the topology, and the other way round. */
export interface Leftovers {
  /** What the output would have if it were whole, such as `the size of node 1`. */
  readonly missing: readonly string[];
  /** What the reader knows and a topology has no place for, such as `numactl --show`. */
  readonly unused: readonly string[];
}

/** The most items of a kind that one note lists. */
const shownMax = 8;

/**
 * Says what the topology lacks of a tool's output: one note for what is missing in the text, and
 * one for what was not used, so that a long output cannot bury the answer. `tool` is the program's
 * name. Each item is said once.
 */
export function noteLeftovers(
  note: Note,
  tool: string,
  where: string,
  { missing, unused }: Leftovers,
): void {
  if (missing.length > 0) {
    note(`the output of ${tool} in ${where} is not whole: it lacks ${listed(missing)}`);
  }
  if (unused.length > 0) {
    note(`the output of ${tool} in ${where} also has ${listed(unused)}: not used`);
  }
}

function listed(items: readonly string[]): string {
  const each = [...new Set(items)];
  const more = each.length - shownMax;
  return each.slice(0, shownMax).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
