import type { Command } from "@stricli/core";
import type { CliContext } from "./context.ts";

/** A command of `evenkeel`: what stricli runs, and the help beyond its parameters. */
export interface CliCommand {
  readonly name: string;
  readonly command: Command<CliContext>;
  /** Paragraphs of help. A command without any is hidden. */
  readonly description: readonly string[];
  /**
   * The exit status of its own failures, for a command that otherwise ends with another program's
   * status.
   */
  readonly ownFailure?: number;
  /** Command lines that work as they stand, where their files are. */
  readonly examples: readonly Example[];
}

export interface Example {
  readonly does: string;
  /** What to type. A line that ends in a backslash continues in the next. */
  readonly lines: readonly string[];
}

/** The type that stricli wants for the flags of a command without flags. */
export type NoFlags = Readonly<Record<string, never>>;
