import type { PreflightReport } from "@evenkeel/core/preflight/problem.ts";
import type { View } from "./plan-text.ts";
import { hanging, wrap } from "./table.ts";

/** What stands in the way of a start, for people: what is needed, what is there, what mends it. */
export function preflightText({ vm, host, ready, problems }: PreflightReport, view: View): string {
  const { paint, width } = view;
  const head = ready
    ? `${paint("bold", vm)} ${paint("green", "can be started")} on ${host}`
    : `${paint("bold", vm)} ${paint("red", "is not started")} on ${host}, and nothing was changed`;
  const lines = problems.flatMap(({ code, severity, subject, needs, has, remedy }) => {
    const color = severity === "error" ? "yellow" : "dim";
    const label = severity === "error" ? code : `${code} (warning)`;
    return [
      `  ${paint(color, label)}: ${subject}`,
      ...hanging("    needs  ", wrap(needs, width - 11)),
      ...hanging("    has    ", wrap(has, width - 11)),
      // A command stays on one line, to be copied.
      `    ${paint("green", "->")}     ${remedy}`,
    ];
  });
  return `${[head, ...lines].join("\n")}\n`;
}
