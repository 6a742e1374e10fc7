import type { NoFlags } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";

/** Prints one proposal a line: the word, a tab, and what it means. */
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
