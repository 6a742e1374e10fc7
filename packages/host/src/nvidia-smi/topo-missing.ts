import type { TopoRow } from "./topo-tables.ts";

/** The most names in a message. */
const namesMax = 8;

function rowsText(labels: readonly string[]): string {
  const more = labels.length - namesMax;
  const names = labels.slice(0, namesMax).join(", ") + (more > 0 ? ` and ${more} more` : "");
  return `the ${labels.length === 1 ? "row" : "rows"} of ${names}`;
}

/** A row that is missing leaves its pairs to the others' rows. */
export function missingIn(
  labels: readonly string[],
  rows: ReadonlyMap<string, TopoRow>,
  untold: number,
): string[] {
  const without = labels.filter((label) => !rows.has(label));
  return [
    ...(without.length === 0 ? [] : [rowsText(without)]),
    ...(untold === 0 ? [] : [`the interconnect of ${untold === 1 ? "a pair" : `${untold} pairs`}`]),
  ];
}
