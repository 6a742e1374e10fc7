import type { NoFlags } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";

/** Prints one proposal per line: the word, a tab, and its meaning. */
export async function runComplete(
  this: CliContext,
  _flags: NoFlags,
  ...words: string[]
): Promise<void> {
  const proposals = await this.propose(words);
  this.surroundings.stdout.write(
    proposals.map(({ word, brief }) => `${word}\t${brief}\n`).join(""),
  );
}
