import type { Fault } from "@evenkeel/core/explain/explanation.ts";
import { slowerText } from "@evenkeel/core/text/slower.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import type { View } from "./plan-text.ts";
import { remedyLines } from "./remedy-text.ts";
import { hanging } from "./table.ts";

/**
 * A fault for people: its cause, what it costs, what was found, and what to do.
 *
 * @param head what stands before the code: a number, and in which of two it is.
 */
export function faultLines(fault: Fault, head: string, view: View): string[] {
  const { width, paint } = view;
  const { code, what, subject, promised, found, evidence, leadsTo, remedy } = fault;
  const rows: readonly (readonly [string, string])[] = [
    ["what", what],
    ["found", found],
    ["expected", promised],
    ...(leadsTo.length === 0 ? [] : [["leads to", leadsTo.join(", ")] as const]),
    ...evidence.slice(0, 1).map((line) => ["seen in", line] as const),
  ];
  const style = {
    text: "   try       ",
    run: "   run       ",
    undo: "   undo      ",
    paint: (word: string) => paint("dim", word),
  };
  const title = wrap(`${head}${priceText(fault)}: ${subject} (${code})`, width, "   ");
  return [
    ...title.map((line, i) => (i === 0 ? line.replace(code, paint("bold", code)) : line)),
    ...rows.flatMap(([label, text]) => {
      const [first = "", ...rest] = hanging(`   ${label.padEnd(8)}  `, wrap(text, width - 13));
      return [first.replace(label, paint("dim", label)), ...rest];
    }),
    ...remedyLines({ ...remedy, text: `${remedy.text}${whenText(fault)}` }, style, view),
  ];
}

function whenText({ remedy: { when } }: Fault): string {
  switch (when) {
    case "live":
    case null:
      return "";
    case "restart":
      return " (takes a restart)";
    case "host-reboot":
      return " (takes a reboot of the host)";
  }
}

/** `31 % slower (modelled)`; `price unknown`. */
export function priceText({ cost: { slowdown, basis } }: Pick<Fault, "cost">): string {
  return slowdown === null ? "price unknown" : `${slowerText(slowdown)} (${basis})`;
}
