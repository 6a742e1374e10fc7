import type { Stream } from "./surroundings.ts";
import { restartedLine } from "../text/terminal-text.ts";

/** Progress in one line of a terminal, and nothing elsewhere. */
export interface Progress {
  readonly show: (text: string) => void;
  readonly clear: () => void;
}

export function progressOn(stderr: Stream): Progress {
  const write = (text: string): void => {
    if (stderr.isTTY) stderr.write(`${restartedLine}${text}`);
  };
  return { show: write, clear: () => write("") };
}
