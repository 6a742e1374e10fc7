/** Everything that a command can see of the process it runs in, so that tests can be its process. */
export interface World {
  readonly stdout: Stream;
  readonly stderr: Stream;
  /** Reads standard input to its end; null when it is longer than so many bytes. */
  readonly readStdin: (maxBytes: number) => Promise<Uint8Array | null>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
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
export function showsColor(stream: Stream, env: World["env"]): boolean {
  return stream.isTTY && !env["NO_COLOR"] && env["TERM"] !== "dumb";
}
