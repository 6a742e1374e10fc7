import { at } from "@evenkeel/core/unit/list.ts";
import {
  type Golden,
  type GoldenDistances,
  type GoldenObject,
  goldenOf,
  numberOf,
} from "./golden.ts";

/** Parses the output of `lstopo -`: one object per line, indented by two below its parent. */
export function readGoldenConsole(text: string): Golden {
  const objects: GoldenObject[] = [];
  let above: readonly { readonly indent: number; readonly object: GoldenObject }[] = [];
  const lines = text.split("\n");
  const end = lines.findIndex((line) => line.startsWith("depth 0:"));
  for (const line of lines.slice(0, end)) {
    const match = /^( *)(\w+)(?:\([^)]*\))?(?: L#(\d+))?(?: \((.*)\))?$/.exec(line);
    if (match === null) throw new Error(`not an object: ${line}`);
    const [, blanks = "", type = "", , attributes = ""] = match;
    above = above.filter(({ indent }) => indent < blanks.length);
    const osIndex = /(?:^| )P#(\d+)/.exec(attributes)?.[1];
    const object: GoldenObject = {
      type,
      osIndex: osIndex === undefined ? null : Number(osIndex),
      parent: above.at(-1)?.object ?? null,
      children: [],
      memory: /(?:^| )local=(\w+)/.exec(attributes)?.[1] ?? "0",
      busId: /busid=([\w:.]+)/.exec(attributes)?.[1] ?? null,
      identity: "",
      stated: null,
    };
    object.parent?.children.push(object);
    objects.push(object);
    above = [...above, { indent: blanks.length, object }];
  }
  return goldenOf(objects, readDistances(lines.slice(end), objects));
}

/** A matrix whose rows and columns are headed by logical indexes: the order of printing. */
function readDistances(
  lines: readonly string[],
  objects: readonly GoldenObject[],
): GoldenDistances | null {
  const start = lines.findIndex((line) => /^Relative latency matrix .* NUMANodes/.test(line));
  if (start < 0) return null;
  const numbers = (line: string): number[] => (line.match(/\d+/g) ?? []).map(Number);
  const nodes = objects.filter(({ type }) => type === "NUMANode");
  const header = numbers(lines[start + 1] ?? "");
  const ids = header.map((logical) => numberOf(at(nodes, logical)));
  const values = header.map((_, i) => numbers(lines[start + 2 + i] ?? "").slice(1));
  return { ids, values };
}
