import { areAlike } from "@evenkeel/core/topology/diff/diff-topologies.ts";
import type { TopologyDifference } from "@evenkeel/core/topology/diff/difference.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import type { View } from "./plan-text.ts";
import { hanging } from "./table.ts";
import { linesText } from "./terminal-text.ts";

/**
 * More of one group, or of one field in it, would bury the others; `--output json` lists all.
 * Devices that are there in one machine alone count by their group.
 */
const perGroupMax = 12;
/** What lies between devices and the processor follows from them more often than not. */
const bridgesMax = 4;
const perFieldMax = 4;
/** How many more subjects of one change are named. */
const namedMax = 3;

/**
 * How two machines differ, for people, by group: one entry for a change that several things share,
 * and how many more there are. Differences that may change by themselves say so.
 */
export function differencesText(
  names: readonly [string, string],
  differences: readonly TopologyDifference[],
  { width, paint }: View,
): string {
  const head = (answer: string): string[] => {
    const [a, b] = names;
    const plain = `${a} and ${b} ${answer}`;
    if (plain.length > width) return wrap(plain, width, "  ");
    return [`${paint("bold", a)} and ${paint("bold", b)} ${answer}`];
  };
  if (differences.length === 0) return linesText(head("are the same"));
  const groups = Map.groupBy(differences, ({ group }) => group);
  return linesText([
    ...head(answerOf(differences)),
    ...[...groups].flatMap(([group, members]) => {
      const shared = sharedChanges(members);
      const fields = Map.groupBy(shared, ([first]) => fieldOf(first));
      const few = new Set(
        [...fields].flatMap(([field, own]) =>
          own.slice(0, field === "pci" ? own.length : perFieldMax),
        ),
      );
      const most = group === "bridges" ? bridgesMax : perGroupMax;
      const shown = shared.filter((one) => few.has(one)).slice(0, most);
      const rest = members.length - shown.flat().length;
      return [
        "",
        paint("bold", group),
        ...shown.flatMap((one) => hanging("  ", wrap(changeText(one), width - 4, "  "))),
        ...(rest > 0 ? [`  and ${rest} more, which --output json lists`] : []),
      ];
    }),
  ]);
}

/** Whether the two are one machine, alike, or neither, and by how many differences. */
function answerOf(differences: readonly TopologyDifference[]): string {
  const passing = differences.filter(({ lasting }) => !lasting);
  const count = (amount: number): string =>
    amount === 1 ? "one difference" : `${amount} differences`;
  if (passing.length === differences.length) {
    return `are the same machine in another state: ${count(passing.length)}`;
  }
  if (!areAlike(differences)) return `are not the same machine: ${count(differences.length)}`;
  const isAddress = differences.some(({ path }) => path === "pci.address");
  const how = isAddress ? "the same devices at other addresses" : "only numbers differ";
  const state = passing.length > 0 ? `, in another state: ${count(passing.length)}` : "";
  return `are alike: ${how}${state}`;
}

/** The differences that are one change of several subjects, in the order of the first of each. */
function sharedChanges(
  differences: readonly TopologyDifference[],
): readonly (readonly TopologyDifference[])[] {
  const changeOf = ({ subject, message, lasting, before, after }: TopologyDifference): string => {
    const [kind = ""] = subject.split(" ");
    // That a value became known or unknown is the change, whatever the value.
    const told = message.replace(subject, "").replace(/ became (known|unknown).*/s, " $1");
    return `${kind} ${lasting} ${before === null} ${after === null} ${told}`;
  };
  return [...Map.groupBy(differences, changeOf).values()];
}

/** The field that differs: `nodes[1].memoryBytes` is `memoryBytes` of `nodes`. */
function fieldOf(difference: TopologyDifference | undefined): string {
  return difference?.path.replace(/\[.*\]/s, "") ?? "";
}

function changeText(shared: readonly TopologyDifference[]): string {
  const [first, ...others] = shared;
  if (first === undefined) return "";
  const named = others.slice(0, namedMax).map(({ subject }) => subject);
  const more = others.length - named.length;
  const all = more > 0 ? [...named, `${more} more`] : named;
  const likewise = all.length === 0 ? "" : `; likewise ${all.join(", ")}`;
  return `${first.message}${likewise}${first.lasting ? "" : " (may change while it runs)"}`;
}
