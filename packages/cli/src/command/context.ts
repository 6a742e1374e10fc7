import type { CommandContext } from "@stricli/core";
import type { ExecFailure, ExitStatus } from "./exit-status.ts";
import type { Paint } from "../text/paint.ts";
import type { Surroundings } from "./surroundings.ts";

/** What a command is given as `this`. */
export interface CliContext extends CommandContext {
  readonly surroundings: Surroundings;
  /** Whether standard output shows colors, and how to use them if so. */
  readonly color: boolean;
  readonly paint: Paint;
  /** The width of text for people. */
  readonly columns: number;
  /** The words of the command line that is being completed; none where a command runs. */
  readonly typed: readonly string[];
  /** The help of a command, or of all for null. Errors: `usage` where there is no such command. */
  readonly help: (name: string | null) => string;
  /** The names of the commands that are shown. */
  readonly commandNames: readonly string[];
  /** Proposals for the last, unfinished word of a command line. */
  readonly propose: (words: readonly string[]) => Promise<readonly Proposal[]>;
  /** Sets another exit status than 0, without an error. */
  readonly finish: (status: ExitStatus | ExecFailure) => void;
}

export interface Proposal {
  readonly word: string;
  readonly brief: string;
}
