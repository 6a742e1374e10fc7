import type { Clock } from "@evenkeel/host/clock/clock.ts";

/** Everything that a command sees of the process it runs in. Tests make up their own. */
export interface Surroundings {
  readonly stdout: Stream;
  readonly stderr: Stream;
  /** Reads standard input to its end; null when it is longer than so many bytes. */
  readonly readStdin: (maxBytes: number) => Promise<Uint8Array | null>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly clock: Clock;
  /** From when it is asked for, aborted once the process is told to end, by SIGINT or SIGTERM. */
  readonly interrupted: () => AbortSignal;
}

export interface Stream {
  readonly write: (text: string) => void;
  readonly isTTY: boolean;
  /** The width of the terminal; null where there is none. */
  readonly columns: number | null;
}

/** Whether a stream shows colors: on a terminal, unless the user prefers not (https://no-color.org). */
export function showsColor(stream: Stream, env: Surroundings["env"]): boolean {
  return stream.isTTY && !env["NO_COLOR"] && env["TERM"] !== "dumb";
}
