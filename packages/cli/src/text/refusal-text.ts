import { linesText } from "./terminal-text.ts";
import type { HostRefusal, Refusal } from "@evenkeel/core/plan/refusal.ts";
import type { View } from "./plan-text.ts";
import { remedyLines } from "./remedy-text.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import { hanging } from "./table.ts";

/** A refusal for people: every host with every cause, and what would make it fit there. */
export function refusalText({ vm, hosts }: Refusal, view: View): string {
  const [only] = hosts;
  const [verb, where] =
    hosts.length === 1 && only !== undefined
      ? ["does not fit", `on ${only.host}`]
      : ["fits on none", `of the ${hosts.length} hosts`];
  return linesText([
    `${view.paint("bold", vm)} ${view.paint("red", verb)} ${where}`,
    ...hosts.flatMap((host) => ["", ...hostLines(host, view)]),
  ]);
}

function hostLines({ host, reasons, remedies }: HostRefusal, view: View): string[] {
  const { width, paint } = view;
  const label = Math.max(0, ...reasons.map(({ code }) => code.length));
  const causes = reasons.flatMap(({ code, message }) => {
    const [first = "", ...rest] = hanging(
      `  ${code.padEnd(label)}  `,
      wrap(message, width - label - 4),
    );
    return [first.replace(code, paint("yellow", code)), ...rest];
  });
  const style = {
    text: "  try   ",
    run: "  run   ",
    undo: "  undo  ",
    paint: (word: string) => (word === "try" ? paint("green", word) : word),
  };
  const ways = remedies.flatMap((remedy) => remedyLines(remedy, style, view));
  const none = `  ${paint("dim", "No single change would make it fit here.")}`;
  return [paint("bold", host), ...causes, ...(ways.length > 0 ? ways : [none])];
}
