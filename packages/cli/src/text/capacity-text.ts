import type { Capacity } from "@evenkeel/core/fleet/capacity-document.ts";
import type { Move, Rebalancing } from "@evenkeel/core/fleet/rebalance.ts";
import type { Blockers } from "@evenkeel/core/placement/capacity/blockers.ts";
import type {
  ClassCapacity,
  FlavorCapacity,
  HostCapacity,
} from "@evenkeel/core/placement/capacity/report.ts";
import { amountOf } from "@evenkeel/core/text/amount.ts";
import type { View } from "./plan-text.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import { namesText } from "./names-text.ts";
import { hanging, table } from "./table.ts";
import { linesText } from "./terminal-text.ts";

/** More hosts that differ would bury the answer for all of them together. */
const groupsMax = 16;
/** How many sets of VMs in the way are named, and on how many hosts. */
const namedMax = 3;

/**
 * How much more fits, for people: on the fleet, then on every host, hosts with the same counts
 * together. A row for each flavor, with the VMs in the way; with signatures a row for each of them.
 */
export function capacityText(
  { fleet, hosts, restore }: Capacity,
  view: View,
  signatures = false,
): string {
  const shown = signatures ? signatureSection : section;
  const [only] = hosts;
  const unknown = untoldAnywhere(hosts);
  const together =
    hosts.length === 1
      ? []
      : [shown(`${hosts.length} hosts together`, { flavors: fleet, unknown, of: [] }, view)];
  const groups = [...Map.groupBy(hosts, countsKey).values()];
  const each = groups.slice(0, groupsMax).flatMap((of) => {
    const [first] = of;
    if (first === undefined) return [];
    const isUntold = first.flavors.flatMap((one) => (one.untold.length > 0 ? one.flavor : []));
    const counts = { flavors: first.flavors, unknown: new Set(isUntold), of };
    return [shown(titleOf(of), counts, view)];
  });
  const rest = groups.slice(groupsMax).flat().length;
  const more = rest === 0 ? [] : [[`and ${rest} more hosts, which --output json lists`]];
  const advice = restore.map((entry) => adviceLines(entry, view));
  const none = only === undefined ? [["no hosts"]] : [];
  const hint = "--signatures shows how each is placed, and how else it could be";
  const how = signatures || only === undefined ? [] : [[view.paint("dim", hint)]];
  const [first = [], ...others] = [...none, ...together, ...each, ...more, ...advice, ...how];
  return linesText([...first, ...others.flatMap((part) => ["", ...part])]);
}

/** What is shown of a host but its name and its VMs: hosts of one class agree in it. */
function countsKey({ flavors }: HostCapacity): string {
  return JSON.stringify(
    flavors.map(({ blockers: _blockers, untold, ...counts }) => [
      counts,
      untold.map(({ code, message }) => [code, message]),
    ]),
  );
}

/** `a`, or `a, b, c and 17 more, each`. */
function titleOf(hosts: readonly HostCapacity[]): string {
  const names = hosts.map(({ host }) => host);
  return names.length === 1 ? namesText(names) : `${namesText(names)}, each`;
}

/** Flavors with their counts, and those of which some host does not tell enough to count them. */
interface Counts {
  readonly flavors: readonly FlavorCapacity[];
  readonly unknown: ReadonlySet<string>;
  /** The hosts that have these counts; none for the sum of all. */
  readonly of: readonly HostCapacity[];
}

function untoldAnywhere(hosts: Capacity["hosts"]): ReadonlySet<string> {
  const all = hosts.flatMap(({ flavors }) => flavors);
  return new Set(all.flatMap((one) => (one.untold.length > 0 ? one.flavor : [])));
}

/** A count on what is known: none of it says nothing. */
function atLeast(count: number): string {
  return count === 0 ? "?" : `${count}+`;
}

/** A row of a table whose last column may take several lines. */
interface Row {
  readonly cells: readonly string[];
  readonly words: string;
}

/** One row per flavor: how many fit, and who is in the way of one more. */
function section(title: string, counts: Counts, view: View): readonly string[] {
  const isAny = counts.of.some(({ flavors }) => flavors.some((one) => one.blockers !== null));
  const rows = counts.flavors.map((one, i): Row => {
    const own = one.classes.find((entry) => entry.own);
    const shown = (count: number): string =>
      counts.unknown.has(one.flavor)
        ? atLeast(count)
        : own === undefined
          ? `${count}`
          : counted(count, own);
    const absent = own === undefined ? absence(one.flavor, counts) : null;
    return {
      cells: [one.flavor, shown(one.fits), shown(one.most)],
      words: absent ?? inTheWay(counts.of, i),
    };
  });
  return tableLines(title, rows, isAny ? "one more fits if this leaves" : "", counts, view);
}

/** One row per signature: the flavor's own first, the others marked as otherwise placed. */
function signatureSection(title: string, counts: Counts, view: View): readonly string[] {
  const { flavors, unknown } = counts;
  const rows = flavors.flatMap(({ flavor, fits, most, classes }): Row[] => [
    ...(classes.some(({ own }) => own)
      ? []
      : [
          {
            cells: [
              flavor,
              ...[fits, most].map((count) => (unknown.has(flavor) ? atLeast(count) : `${count}`)),
            ],
            words: absence(flavor, counts),
          },
        ]),
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
  const blocked = flavors.flatMap(({ flavor }, i) => {
    const words = inTheWay(counts.of, i);
    return words === "" ? [] : [`One more of ${flavor} fits if this leaves: ${words}.`];
  });
  return [
    ...tableLines(title, rows, "placement", counts, view),
    ...blocked.flatMap((remark) => hanging("  - ", wrap(remark, view.width - 4))),
  ];
}

/** Why a flavor has no count in its own signature. */
function absence(flavor: string, { unknown }: Counts): string {
  return unknown.has(flavor) ? "not enough is known to say" : "does not fit on this kind of host";
}

function tableLines(
  title: string,
  rows: readonly Row[],
  last: string,
  { of }: Counts,
  { width, paint }: View,
): readonly string[] {
  const header = ["flavor", "fits", "of at most"];
  const [top = "", ...lines] = table(
    [header, ...rows.map(({ cells }) => cells)],
    ["left", "right", "right"],
  );
  const left = Math.max(top.length, ...lines.map((line) => line.length)) + 4;
  const body = lines.flatMap((line, i) => {
    const words = rows[i]?.words ?? "";
    return words === ""
      ? [`  ${line}`]
      : hanging(`  ${line}`.padEnd(left), wrap(words, width - left));
  });
  return [
    ...wrap(title, width).map((line) => paint("bold", line)),
    paint("dim", (`  ${top}`.padEnd(left) + last).trimEnd()),
    ...body,
    ...untoldLines(of, width),
  ];
}

/** What would have to be told, once for all flavors that it is asked for. */
function untoldLines(hosts: readonly HostCapacity[], width: number): string[] {
  const told = (hosts[0]?.flavors ?? []).filter(({ untold }) => untold.length > 0);
  const facts = Map.groupBy(told, ({ untold }) => untold.map(({ message }) => message).join(" "));
  return [...facts].flatMap(([text, flavors]) => {
    const names = flavors.map(({ flavor }) => flavor).join(", ");
    return hanging("  - ", wrap(`Nobody can say how many of ${names} fit. ${text}`, width - 4));
  });
}

/** Who is in the way of one more VM of a flavor, on each of several hosts with the same counts. */
function inTheWay(hosts: readonly HostCapacity[], flavor: number): string {
  const all = hosts.flatMap(({ host, flavors }) => {
    const blockers = flavors[flavor]?.blockers ?? null;
    if (blockers === null) return [];
    const words = blockersText(blockers);
    return hosts.length === 1 ? words : `${words} on ${host}`;
  });
  if (all.length <= namedMax) return all.join("; ");
  return `${all[0] ?? ""}; likewise on ${all.length - 1} other hosts`;
}

/** A count that is not exact is a lower bound, and has a plus. */
function counted(count: number, { exact }: Pick<ClassCapacity, "exact">): string {
  return exact ? `${count}` : `${count}+`;
}

/** The smallest sets of VMs that would have to leave; the first few of many. */
function blockersText({ sets, triedUpTo, more }: Blockers): string {
  if (sets.length === 0)
    return `more than ${amountOf(triedUpTo, "VM")} together; not searched further`;
  const most = sets.some(({ length }) => length > 1) ? 1 : namedMax;
  const named = sets.slice(0, most).map((set) => set.join(" and "));
  if (more || sets.length > most) return `${named.join(", ")} or others`;
  return listed(named);
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
