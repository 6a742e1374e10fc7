import type { Clock } from "@evenkeel/host/clock/clock.ts";

/** Everything that a command sees of the process it runs in. Tests make up their own. */
export interface Surroundings {
  readonly stdout: Stream;
  readonly stderr: Stream;
  /**
   * Writes to standard error at once, without a stream of Node: making one changes how every
   * process has the file open, and the command that this process becomes has it next.
   */
  readonly sayNow: (text: string) => void;
  /** Reads standard input to its end; null if it is longer than `maxBytes`. */
  readonly readStdin: (maxBytes: number) => Promise<Uint8Array | null>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly clock: Clock;
  /** Whether the process does nothing but run this command line, so that it may become another. */
  readonly isOwnProcess: boolean;
  /** A signal that SIGINT and SIGTERM abort from now on, instead of ending the process. */
  readonly interrupted: () => AbortSignal;
}

/** An output stream of the process. */
export interface Stream {
  readonly write: (text: string) => void;
  readonly isTTY: boolean;
  /** The width of the terminal; null where there is none. */
  readonly columns: number | null;
}

/** Whether a stream shows colors: on terminals, unless NO_COLOR is set (https://no-color.org). */
export function showsColor(stream: Stream, env: Surroundings["env"]): boolean {
  return stream.isTTY && !env["NO_COLOR"] && env["TERM"] !== "dumb";
}
