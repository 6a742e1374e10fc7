import { at } from "../../unit/list.ts";
import { isDirect, interconnects } from "../interconnect.ts";
import type { Topology } from "../topology.ts";
import { acceleratorNumbers, numbersByAddress, wholeAccelerators } from "../virtual-functions.ts";
import { listOf } from "./describe.ts";
import { type Line, line, span, type Style, widestOf, wrapped } from "./line.ts";
import { acceleratorNames } from "./pci-branches.ts";

/** More rows than this are drawn as classes of nodes. */
const nodesInFullMax = 8;

/** The distances between nodes as a table, or in one line where that is enough. */
export function distanceLines({ nodes, distances }: Topology, width: number): Line[] {
  if (nodes.length < 2) return [];
  if (distances === null) {
    return [line("distances  ", span("unknown", "unknown"))];
  }
  const { names, rows } = distanceTable(nodes, distances);
  const texts = rows.map((row) =>
    row.map(({ value, among }) => (among === null ? `${value}` : `${value}/${among}`)),
  );
  const table = tableLines("distances", names, texts, (_, i, j) => (i === j ? "faint" : "plain"));
  if (widestOf(table) <= width) return table;
  const all = distances.flat();
  const range = `${Math.min(...all)} to ${Math.max(...all)}`;
  return [line(`distances  ${range}, in too many classes to draw: see the machine as JSON`)];
}

/** Distances between classes of interchangeable nodes; a class of one is a node. */
export interface DistanceTable {
  /** List strings of nodes. */
  readonly names: readonly string[];
  readonly rows: readonly (readonly DistanceEntry[])[];
}

export interface DistanceEntry {
  readonly value: number;
  /** Between two nodes of one class, where this is the class's distance to itself. */
  readonly among: number | null;
}

/** The table of a few nodes in full, and that of many by classes. */
export function distanceTable(
  nodes: Topology["nodes"],
  distances: readonly (readonly number[])[],
): DistanceTable {
  const value = (i: number, j: number): number => at(at(distances, i), j);
  const places = [...nodes.keys()];
  const classes =
    nodes.length <= nodesInFullMax ? places.map((i) => [i]) : interchangeable(places, value);
  return {
    names: classes.map((members) => listOf(members.map((i) => at(nodes, i).id))),
    rows: classes.map((from) =>
      classes.map((to) => {
        const i = at(from, 0);
        return {
          value: value(i, at(to, 0)),
          among: from === to && from.length > 1 ? value(i, at(from, 1)) : null,
        };
      }),
    ),
  };
}

/**
 * Groups nodes into classes: exchanging two nodes of a class leaves the table of distances as it
 * is. This relation is transitive, so comparing with one member of a class is enough; the cost is
 * at most cubic in the nodes, and they are few.
 */
function interchangeable(
  places: readonly number[],
  value: (i: number, j: number) => number,
): readonly (readonly number[])[] {
  const alike = (a: number, b: number): boolean =>
    value(a, a) === value(b, b) &&
    value(a, b) === value(b, a) &&
    places.every(
      (k) => k === a || k === b || (value(a, k) === value(b, k) && value(k, a) === value(k, b)),
    );
  const classes: number[][] = [];
  for (const place of places) {
    const known = classes.find(([first]) => first !== undefined && alike(first, place));
    if (known === undefined) classes.push([place]);
    else known.push(place);
  }
  return classes;
}

/**
 * The interconnects of the accelerators: in one line where all pairs are alike, else as a table.
 */
export function interconnectLines(topology: Topology, width: number): Line[] {
  const accelerators = wholeAccelerators(topology);
  if (accelerators.length < 2) return [];
  const numbers = acceleratorNumbers(accelerators);
  const rows = interconnectRows(topology);
  const classes = new Set(rows.flat().filter((text) => text !== "X"));
  const [only] = classes;
  if (classes.size === 1 && only !== undefined) {
    const every = accelerators.length === 2 ? "" : " between every two";
    const names = acceleratorNames(numbers);
    return [line("links  ", span(`${names}  ${only}${every}`, styleOf(only)))];
  }
  const names = numbers.map((number) => `GPU${number}`);
  const table = tableLines("links", names, rows, (text) => styleOf(text));
  if (widestOf(table) <= width) return table;
  const narrow = tableLines(
    "links",
    numbers.map((number) => `${number}`),
    rows,
    styleOf,
  );
  if (widestOf(narrow) <= width) return narrow;
  return [line(`links  ${[...classes].toSorted().join(", ")}: too many pairs to draw`)];
}

/** How each accelerator reaches each: `X` itself, `?` where the topology does not tell. */
export function interconnectRows(topology: Topology): readonly (readonly string[])[] {
  const of = interconnects(topology);
  const addresses = wholeAccelerators(topology).map(({ address }) => address);
  return addresses.map((a) => addresses.map((b) => (a === b ? "X" : (of(a, b) ?? "?"))));
}

/** What kind of thing an interconnect class is. */
export function styleOf(text: string): Style {
  if (text === "X") return "faint";
  if (text === "?") return "unknown";
  return isDirect(text) ? "accelerator" : "plain";
}

function tableLines(
  title: string,
  names: readonly string[],
  rows: readonly (readonly string[])[],
  styleAt: (text: string, i: number, j: number) => Style,
): Line[] {
  const first = Math.max(title.length, ...names.map((name) => name.length));
  const widths = names.map((name, j) =>
    Math.max(name.length, ...rows.map((row) => at(row, j).length)),
  );
  const head = names.map((name, j) => span(`  ${name.padStart(at(widths, j))}`, "faint"));
  return [
    [span(title.padEnd(first)), ...head],
    ...rows.map((row, i) => [
      span(at(names, i).padStart(first), "faint"),
      ...row.map((text, j) => span(`  ${text.padStart(at(widths, j))}`, styleAt(text, i, j))),
    ]),
  ];
}

/** The fabric partitions, as many to a line as fit. */
export function partitionLines(topology: Topology, width: number): Line[] {
  const ordinals = numbersByAddress(topology);
  const sets = topology.partitions.map(({ id, accelerators: members, active }) => {
    const names = acceleratorNames(members.flatMap((address) => ordinals.get(address) ?? []));
    const text = `${id}: ${names}`;
    return line(active === true ? span(`${text} active`, "warning") : text);
  });
  return wrapped(sets.length === 0 ? [] : [line("partitions"), ...sets], "  ", width);
}
