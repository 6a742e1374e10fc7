import type { Recovered } from "@evenkeel/host/instance/recover.ts";
import { notesText } from "./notes-text.ts";

/** What became of starts and stops that were cut off, for standard error. */
export function recoveredText(recovered: readonly Recovered[]): string {
  return notesText(
    recovered.map(({ instance: { name }, failure }) => {
      const cut = `a start or stop of ${name} was cut off`;
      return failure === null
        ? `${cut}; it is undone`
        : `${cut}, and cannot be undone now: ${failure.message}`;
    }),
  );
}
