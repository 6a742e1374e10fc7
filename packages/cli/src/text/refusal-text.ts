import { linesText } from "./terminal-text.ts";
import type { HostRefusal, Refusal } from "@evenkeel/core/plan/refusal.ts";
import type { View } from "./plan-text.ts";
import { remedyLines } from "./remedy-text.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import { namesText } from "./names-text.ts";
import { hanging } from "./table.ts";

/** More kinds of refusing hosts would bury those that are nearest to a fit. */
const groupsMax = 8;

/**
 * A refusal for people: every host with the ways to fit there and the causes that keep each of them
 * closed, and what would make it fit. Hosts of which the same is to be said are named together.
 */
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
      ...groupLines(hosts, untold, view),
    ]);
  }
  return linesText([
    `${view.paint("bold", vm)} ${view.paint("red", verb)} ${where}`,
    ...groupLines(hosts, [], view),
  ]);
}

function groupLines(
  hosts: readonly HostRefusal[],
  untold: Refusal["untold"],
  view: View,
): string[] {
  const all = hosts.map((one) => ({
    host: one.host,
    lines: hostLines(one, view, untoldOf(one, untold)),
  }));
  const groups = [...Map.groupBy(all, ({ lines }) => lines.join("\n")).values()];
  const rest = groups.slice(groupsMax).flat().length;
  return [
    ...groups.slice(0, groupsMax).flatMap((of) => {
      const title = wrap(namesText(of.map(({ host }) => host)), view.width);
      return ["", ...title.map((line) => view.paint("bold", line)), ...(of[0]?.lines ?? [])];
    }),
    ...(rest === 0 ? [] : ["", `and ${rest} more hosts, which --output json lists`]),
  ];
}

/** What would have to be told of a host; its causes then only repeat that nothing is known. */
function untoldOf({ host }: HostRefusal, untold: Refusal["untold"]): Refusal["untold"] {
  return untold.filter((fact) => fact.host === host);
}

function hostLines(
  { ways, waysExhaustive, remedies }: HostRefusal,
  view: View,
  untold: Refusal["untold"],
): string[] {
  const { paint } = view;
  if (untold.length > 0) {
    return causeLines(untold, { indent: "  ", label: labelOf(untold) }, view);
  }
  const label = labelOf(ways.flatMap(({ reasons }) => reasons));
  const causes = ways.flatMap(({ nodes, reasons }, i) => [
    `  ${wayHead(nodes, i)}`,
    ...causeLines(reasons, { indent: "    ", label }, view),
  ]);
  const missed = "Not all choices of nodes were looked at: a nearer way may be missing.";
  const bounded = waysExhaustive ? [] : [`  ${paint("dim", missed)}`];
  const style = {
    text: "  try   ",
    run: "  run   ",
    undo: "  undo  ",
    paint: (word: string) => (word === "try" ? paint("green", word) : word),
  };
  const changes = remedies.flatMap((remedy) => remedyLines(remedy, style, view));
  const none = `  ${paint("dim", "No single change would make it fit here.")}`;
  return [...causes, ...bounded, ...(changes.length > 0 ? changes : [none])];
}

/** What stands above the causes of a way: where the VM would be without them. */
function wayHead(nodes: string, place: number): string {
  if (nodes === "") return "It would fit, but for:";
  const where = `on node${/[-,]/.test(nodes) ? "s" : ""} ${nodes}`;
  return place === 0 ? `It would fit ${where}, but for:` : `or ${where}, but for:`;
}

type Coded = readonly { readonly code: string; readonly message: string }[];

function labelOf(causes: Coded): number {
  return Math.max(0, ...causes.map(({ code }) => code.length));
}

function causeLines(
  causes: Coded,
  { indent, label }: { readonly indent: string; readonly label: number },
  view: View,
): string[] {
  return causes.flatMap(({ code, message }) => {
    const head = `${indent}${code.padEnd(label)}  `;
    const [first = "", ...rest] = hanging(head, wrap(message, view.width - head.length));
    return [first.replace(code, view.paint("yellow", code)), ...rest];
  });
}
