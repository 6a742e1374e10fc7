import { linesText } from "./terminal-text.ts";
import type { TopologyDifference } from "@evenkeel/core/topology/diff/difference.ts";
import type { View } from "./plan-text.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import { hanging } from "./table.ts";

/**
 * How two machines differ, for people, by group. Differences that may change by themselves say so.
 */
export function differencesText(
  names: readonly [string, string],
  differences: readonly TopologyDifference[],
  { width, paint }: View,
): string {
  const pair = `${paint("bold", names[0])} and ${paint("bold", names[1])}`;
  if (differences.length === 0) return linesText([`${pair} are the same`]);
  const count = differences.length === 1 ? "one difference" : `${differences.length} differences`;
  const same = differences.every(({ lasting }) => !lasting);
  const groups = Map.groupBy(differences, ({ group }) => group);
  return linesText([
    same
      ? `${pair} are the same machine in another state: ${count}`
      : `${pair} are not the same machine: ${count}`,
    ...[...groups].flatMap(([group, members]) => [
      "",
      paint("bold", group),
      ...members.flatMap(({ message, lasting }) =>
        hanging("  ", wrap(`${message}${lasting ? "" : " (may change while it runs)"}`, width - 2)),
      ),
    ]),
  ]);
}
