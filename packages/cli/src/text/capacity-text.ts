import type { UntoldFact } from "@evenkeel/core/plan/refusal.ts";
import type { Capacity } from "@evenkeel/core/fleet/capacity-document.ts";
import type { Move, Rebalancing } from "@evenkeel/core/fleet/rebalance.ts";
import type { Blockers } from "@evenkeel/core/placement/capacity/blockers.ts";
import type { ClassCapacity, FlavorCapacity } from "@evenkeel/core/placement/capacity/report.ts";
import { amountOf } from "@evenkeel/core/text/amount.ts";
import type { View } from "./plan-text.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import { hanging, table } from "./table.ts";
import { linesText } from "./terminal-text.ts";

/** How much more fits, for people: on the fleet, then on every host, with the VMs in the way. */
export function capacityText({ fleet, hosts, restore }: Capacity, view: View): string {
  const [only] = hosts;
  const together =
    hosts.length === 1
      ? []
      : [
          section(
            `${hosts.length} hosts together`,
            { flavors: fleet, unknown: untoldAnywhere(hosts) },
            () => [],
            view,
          ),
        ];
  const each = hosts.map(({ host, flavors }) => {
    const remarksOn = (i: number): readonly string[] => {
      const { flavor = "", blockers = null, untold = [] } = flavors[i] ?? {};
      return [
        ...(blockers === null ? [] : [blockersText(flavor, blockers)]),
        ...(untold.length === 0 ? [] : [untoldText(flavor, untold)]),
      ];
    };
    const unknown = new Set(flavors.flatMap((one) => (one.untold.length > 0 ? one.flavor : [])));
    return section(host, { flavors, unknown }, remarksOn, view);
  });
  const advice = restore.map((entry) => adviceLines(entry, view));
  const none = only === undefined ? [["no hosts"]] : [];
  const [first = [], ...others] = [...none, ...together, ...each, ...advice];
  return linesText([...first, ...others.flatMap((part) => ["", ...part])]);
}

/** Flavors with their counts, and those of which some host does not tell enough to count them. */
interface Counts {
  readonly flavors: readonly FlavorCapacity[];
  readonly unknown: ReadonlySet<string>;
}

function untoldAnywhere(hosts: Capacity["hosts"]): ReadonlySet<string> {
  const all = hosts.flatMap(({ flavors }) => flavors);
  return new Set(all.flatMap((one) => (one.untold.length > 0 ? one.flavor : [])));
}

/** A count on what is known: none of it says nothing. */
function atLeast(count: number): string {
  return count === 0 ? "?" : `${count}+`;
}

function untoldText(flavor: string, untold: readonly UntoldFact[]): string {
  const facts = untold.map(({ message }) => message).join(" ");
  return `Nobody can say how many of ${flavor} fit. ${facts}`;
}

/** One line per signature: the flavor's own first, the others marked as otherwise placed. */
function section(
  title: string,
  { flavors, unknown }: Counts,
  remarksOn: (flavor: number) => readonly string[],
  { width, paint }: View,
): readonly string[] {
  const rows = flavors.flatMap(({ flavor, fits, most, classes }) => [
    ...(classes.some(({ own }) => own)
      ? []
      : unknown.has(flavor)
        ? [{ cells: [flavor, atLeast(fits), atLeast(most)], words: "not enough is known to say" }]
        : [{ cells: [flavor, `${fits}`, `${most}`], words: "does not fit on this kind of host" }]),
    ...classes.map((entry, i) => ({
      cells: [
        i === 0 ? flavor : "",
        ...[entry.fits, entry.most].map((count) =>
          unknown.has(flavor) ? atLeast(count) : counted(count, entry),
        ),
      ],
      words: `${entry.own ? "" : "otherwise placed: "}${entry.signatureText}`,
    })),
  ]);
  const header = ["flavor", "fits", "of at most"];
  const [top = "", ...lines] = table(
    [header, ...rows.map(({ cells }) => cells)],
    ["left", "right", "right"],
  );
  const left = Math.max(top.length, ...lines.map((line) => line.length)) + 4;
  const body = lines.flatMap((line, i) =>
    hanging(`  ${line}`.padEnd(left), wrap(rows[i]?.words ?? "", width - left)),
  );
  const remarks = flavors.flatMap((_, i) => remarksOn(i));
  return [
    paint("bold", title),
    paint("dim", `  ${top}`.padEnd(left) + "placement"),
    ...body,
    ...remarks.flatMap((remark) => hanging("  - ", wrap(remark, width - 4))),
  ];
}

/** A count that is not exact is a lower bound, and has a plus. */
function counted(count: number, { exact }: Pick<ClassCapacity, "exact">): string {
  return exact ? `${count}` : `${count}+`;
}

function blockersText(flavor: string, { sets, triedUpTo, more }: Blockers): string {
  if (sets.length === 0) {
    return `One more of ${flavor} needs more than ${amountOf(triedUpTo, "VM")} to leave; larger sets were not searched.`;
  }
  const named = sets.map((set) => set.join(" and "));
  const others = more ? ", and other sets as small" : "";
  const verb = triedUpTo === 1 ? "leaves" : "leave together";
  return `One more of ${flavor} fits if ${listed(named)}${others} ${verb}.`;
}

function listed(names: readonly string[]): string {
  return names.length < 2
    ? names.join("")
    : `${names.slice(0, -1).join(", ")} or ${names.at(-1) ?? ""}`;
}

function adviceLines(entry: Rebalancing, { width, paint }: View): readonly string[] {
  const { flavor, wanted, moves, excludedBelow, exact } = entry;
  const [before, after] = [counted(entry.before, entry), counted(entry.after, entry)];
  const goal = `${amountOf(wanted, "more slot")} of ${flavor}`;
  if (moves === null) {
    const text = noMovesText(excludedBelow - 1, `${wanted} more ${flavor} (${before} fit now)`);
    const all = exact ? text : `${text} ${unsure}`;
    return [paint("bold", `to restore ${goal}`), ...hanging("  - ", wrap(all, width - 4))];
  }
  const title = `to restore ${goal}: ${amountOf(moves.length, "move")}, ${before} → ${after}`;
  return [
    paint("bold", title),
    ...moves.flatMap((move, i) => hanging(`  ${i + 1}. `, wrap(moveText(move, entry), width - 5))),
    ...(exact ? [] : hanging("  - ", wrap(unsure, width - 4))),
  ];
}

/** Up to `most` moves were tried in every way. */
function noMovesText(most: number, wanted: string): string {
  if (most < 1) {
    return `No move that makes room for ${wanted} was found before the search ended.`;
  }
  const moved = most === 1 ? "No single move makes" : `No 1 to ${most} moves make`;
  return `${moved} room for ${wanted}; more moves were not tried.`;
}

const unsure =
  "Not all choices could be counted: N+ slots are at least N, and fewer moves may be enough.";

function moveText(move: Move, { flavor, exact }: Rebalancing): string {
  const { vm, from, to, nodes, accelerators, slots } = move;
  const where = nodes.length === 1 ? `node ${nodes[0] ?? ""}` : `nodes ${nodes.join(", ")}`;
  const devices = accelerators.length === 0 ? "" : ` with ${accelerators.join(", ")}`;
  return `${vm} from ${from} to ${to}, ${where}${devices}: then ${exact ? amountOf(slots, "slot") : `${slots}+ slots`} of ${flavor}`;
}
