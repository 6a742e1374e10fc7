import type { CommandContext } from "@stricli/core";
import type { ExitStatus } from "./exit-status.ts";
import type { Paint } from "../text/paint.ts";
import type { Surroundings } from "./surroundings.ts";

/** What a command is given as `this`. */
export interface CliContext extends CommandContext {
  readonly surroundings: Surroundings;
  /** Whether standard output shows colors, and how to use them if so. */
  readonly color: boolean;
  readonly paint: Paint;
  /** How wide a text for people may be. */
  readonly columns: number;
  /** How the words of a command line, the last of them unfinished, may go on. */
  readonly propose: (words: readonly string[]) => Promise<readonly Proposal[]>;
  /** Ends the command with another status than 0 without an error. */
  readonly finish: (status: ExitStatus) => void;
}

export interface Proposal {
  readonly word: string;
  readonly brief: string;
}
