import type { CoreParts } from "@evenkeel/core/topology/build.ts";
import type { L3Cache } from "@evenkeel/core/topology/topology.ts";
import { GiB, KiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import { numberIn } from "./cores.ts";
import type { Summary } from "./summary.ts";
import type { Row } from "./table.ts";

const units: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["K", KiB],
  ["M", MiB],
  ["G", GiB],
]);

/**
 * The size and ways of the L3 caches that the cores refer to.
 *
 * `lscpu -C` has the ways, and its sets, ways and lines give the exact size. The summary has the
 * size of one cache (before 2.34, `22528K`), or of all together with their number (`64 MiB (2
 * instances)`). Both are the same for all L3 caches: lscpu does not print several kinds. A size
 * with a decimal other than a half was rounded, and is left out.
 */
export function l3CachesOf(
  cores: readonly CoreParts[],
  table: readonly Row[],
  summary: Summary,
): L3Cache[] {
  const ids = [...new Set(cores.flatMap(({ l3 }) => l3 ?? []))];
  const row = table.find((each) => each.get("name") === "L3");
  const ways = row === undefined ? null : numberIn(row, "ways");
  const sizeBytes = exactSize(row) ?? summarySize(summary, ids.length);
  if (sizeBytes === null && ways === null) return [];
  return ids.map((id) => ({ id, sizeBytes, ways, kernelId: null }));
}

function exactSize(row: Row | undefined): number | null {
  if (row === undefined) return null;
  const printed = /^\d{1,12}$/.test(row.get("one-size") ?? "") ? numberOf(row, "one-size") : null;
  const factors = ["ways", "sets", "phy-line", "coherency-size"].map((name) => numberIn(row, name));
  const known = factors.filter((factor) => factor !== null);
  const product = known.reduce((a, b) => a * b, 1);
  const isKnown = known.length === factors.length && Number.isSafeInteger(product) && product > 0;
  return printed ?? (isKnown ? product : null);
}

function numberOf(row: Row, name: string): number {
  return Number(row.get(name));
}

function summarySize({ caches }: Summary, count: number): number | null {
  const size = caches.find(({ name }) => name === "L3")?.size ?? "";
  const [, figure = "", unit = "", iec, instances] =
    /^(\d{1,6}(?:\.5)?)(?: ?)([KMG]?)(iB)?(?: \((\d{1,5}) instances?\))?$/.exec(size) ?? [];
  const unitBytes = units.get(unit);
  if (figure === "" || unitBytes === undefined) return null;
  const all = Number(figure) * unitBytes;
  // From 2.34 to 2.36 the sum is printed without the number of caches.
  if (instances === undefined) return iec === undefined || count === 1 ? all : null;
  const one = all / Number(instances);
  return Number(instances) === count && Number.isInteger(one) ? one : null;
}

/** The number of L3 caches, where the summary has it. */
export function l3CountOf({ caches }: Summary): number | null {
  const size = caches.find(({ name }) => name === "L3")?.size ?? "";
  const instances = / \((\d{1,5}) instances?\)$/.exec(size)?.[1];
  return instances === undefined ? null : Number(instances);
}
