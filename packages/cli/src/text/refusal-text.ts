import { linesText } from "./terminal-text.ts";
import type { HostRefusal, Refusal } from "@evenkeel/core/plan/refusal.ts";
import type { View } from "./plan-text.ts";
import { remedyLines } from "./remedy-text.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import { hanging } from "./table.ts";

/** A refusal for people: every host with every cause, and what would make it fit there. */
export function refusalText({ vm, hosts, untold }: Refusal, view: View): string {
  const [only] = hosts;
  const many = hosts.length === 1 && only !== undefined ? only.host : "some host";
  const [verb, where] =
    hosts.length === 1 && only !== undefined
      ? ["does not fit", `on ${only.host}`]
      : ["fits on none", `of the ${hosts.length} hosts`];
  if (untold.length > 0) {
    return linesText([
      `${view.paint("bold", vm)} ${view.paint("yellow", "may fit")} on ${many}: not enough is known to say`,
      ...hosts.flatMap((one) => ["", ...hostLines(one, view, untoldOf(one, untold))]),
    ]);
  }
  return linesText([
    `${view.paint("bold", vm)} ${view.paint("red", verb)} ${where}`,
    ...hosts.flatMap((host) => ["", ...hostLines(host, view, [])]),
  ]);
}

/** What would have to be told of a host; its causes then only repeat that nothing is known. */
function untoldOf({ host }: HostRefusal, untold: Refusal["untold"]): Refusal["untold"] {
  return untold.filter((fact) => fact.host === host);
}

function hostLines(
  { host, reasons, remedies }: HostRefusal,
  view: View,
  untold: Refusal["untold"],
): string[] {
  const { width, paint } = view;
  const shown = untold.length > 0 ? untold : reasons;
  const label = Math.max(0, ...shown.map(({ code }) => code.length));
  const causes = shown.flatMap(({ code, message }) => {
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
  if (untold.length > 0) return [paint("bold", host), ...causes];
  return [paint("bold", host), ...causes, ...(ways.length > 0 ? ways : [none])];
}
