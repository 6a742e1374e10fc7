import type { Command } from "@stricli/core";
import type { CliContext } from "./context.ts";

/** One command of `evenkeel`: what stricli runs, and what its help tells beyond its parameters. */
export interface CliCommand {
  readonly name: string;
  readonly command: Command<CliContext>;
  /** Paragraphs of help; none makes the command a hidden one. */
  readonly description: readonly string[];
  /** Command lines that work as they stand where their files are, each with what it does. */
  readonly examples: readonly Example[];
}

export interface Example {
  readonly does: string;
  /** What to type, line by line; a long line goes on after a backslash, as shells take it. */
  readonly lines: readonly string[];
}

/** The flags of a command that has none; stricli wants an empty record of them. */
export type NoFlags = Readonly<Record<string, never>>;
