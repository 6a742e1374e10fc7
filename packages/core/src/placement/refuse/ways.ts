import { formatList } from "../../set/list-format.ts";
import { indexSet } from "../../set/index-set.ts";
import { sum, sumOf } from "../../unit/sum.ts";
import { count, countOf, type Tally } from "../../unit/tally.ts";
import type { Space } from "../space/space.ts";
import type { Cause } from "./cause.ts";
import { causesOn } from "./causes.ts";
import { type Choice, distributions, nodeSets, partitionChoices, wholeHost } from "./choices.ts";
import { type Stock, stockOf } from "./stock.ts";

/** The causes that keep a request off some nodes, all of which must be mended for it to fit. */
export interface NodesWay {
  /** The nodes of its cells; all of the host where cells may stray. */
  readonly nodes: readonly number[];
  readonly causes: readonly Cause[];
}

/**
 * The ways in which a refused request would come to fit, the nearest first: with the fewest kinds
 * of causes that are known to hold, then the fewest that may hold, then the least that is missing
 * of what is needed, on the fewest and the lowest nodes.
 */
export function waysOf(space: Space): Ways & { readonly stock: Stock } {
  const stock = stockOf(space);
  const { ways, exhaustive } = allWays(stock);
  return { stock, ways: nearestFirst(ways).slice(0, comparedMax), exhaustive };
}

/** Ways, and whether all choices of nodes were looked at: otherwise a nearer one may be missed. */
interface Ways {
  readonly ways: readonly NodesWay[];
  readonly exhaustive: boolean;
}

function allWays(stock: Stock): Ways {
  const { space } = stock;
  if (space.inventory.nodeIds.length === 0)
    return { ways: [onUnknownNodes(space)], exhaustive: true };
  const { accelerators, locality } = space.request;
  const causesOf = causesOn(stock);
  const on = (choices: readonly Choice[]): NodesWay[] =>
    choices.flatMap((choice) => {
      const causes = causesOf(choice);
      const nodes = locality === "preferred" ? space.inventory.nodeIds : choice.nodes;
      return causes === null ? [] : [{ nodes, causes }];
    });
  if (accelerators.count === 0) {
    if (locality === "preferred") return { ways: on([wholeHost(space)]), exhaustive: true };
    const { choices, exhaustive } = nodeSets(space);
    return { ways: on(choices), exhaustive };
  }
  // The request may be too small for the cells of every partition of its size.
  const declared = on(partitionChoices(space));
  if (declared.length > 0) return { ways: declared, exhaustive: true };
  const { choices, exhaustive } = distributions(stock);
  return { ways: on(choices), exhaustive };
}

/** The only way on a machine of which nobody told any node. */
function onUnknownNodes({ units, granules }: Space): NodesWay {
  return {
    nodes: [],
    causes: [
      { code: "cores-unknown", nodes: [], needs: units, has: null },
      { code: "memory-unknown", nodes: [], needs: granules, has: null },
    ],
  };
}

/** How many ways are looked at further. */
const comparedMax = 256;

/** Ways in their order. */
export function nearestFirst(ways: readonly NodesWay[]): readonly NodesWay[] {
  return ways
    .map((way) => ({ way, rank: rankOf(way) }))
    .toSorted((a, b) => compareRanks(a.rank, b.rank))
    .map(({ way }) => way);
}

/**
 * The ways worth telling, of ways in their order: not those that ask for the same as one before
 * them on other nodes, or for more of the same things; nor those that ask for more than any other
 * on their own nodes, which may come after them where some of it is unknown.
 */
export function withoutRepeats(ways: readonly NodesWay[]): readonly NodesWay[] {
  const kept: NodesWay[] = [];
  const seen: NodesWay[] = [];
  const shapes = new Set<string>();
  for (const way of ways) {
    if (seen.some((other) => asksForLess(other, way))) continue;
    if (ways.some((other) => isBeaten(way, other))) continue;
    seen.push(way);
    const shape = shapeOf(way);
    if (shapes.has(shape)) continue;
    shapes.add(shape);
    kept.push(way);
  }
  return kept;
}

function rankOf({ nodes, causes }: NodesWay): readonly number[] {
  const kinds = Map.groupBy(causes, ({ code }) => code);
  const certain = [...kinds.values()].flatMap((own) => {
    const counted = own.flatMap(({ needs, has }) => (has === null ? [] : [{ needs, has }]));
    const needs = sumOf(counted, (one) => one.needs);
    return needs === 0 ? [] : [1 - sumOf(counted, (one) => one.has) / needs];
  });
  return [certain.length, kinds.size, sum(certain), nodes.length, ...nodes];
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (const [i, one] of a.entries()) {
    const other = b[i];
    if (other !== undefined && Math.abs(one - other) > rounding) return one - other;
  }
  return 0;
}

/** Sums of a few fractions that differ by less are equal. */
const rounding = 1e-9;

/** The causes without their nodes. */
function shapeOf({ causes }: NodesWay): string {
  return causes
    .map(({ code, needs, has }) => `${code} ${needs} ${has}`)
    .toSorted()
    .join();
}

/**
 * Whether a way asks for no more of anything than another on fewer or more of the same nodes: then
 * nobody would take the other.
 */
function asksForLess(one: NodesWay, other: NodesWay): boolean {
  const [few, many] = one.nodes.length < other.nodes.length ? [one, other] : [other, one];
  if (!few.nodes.every((node) => many.nodes.includes(node))) return false;
  const [less, more] = [missingOf(one), missingOf(other)];
  return [...less].every(([code, missing]) => missing <= countOf(more, code));
}

/** Whether a way asks for more than another on the same nodes. */
function isBeaten(way: NodesWay, other: NodesWay): boolean {
  const isSame = other.nodes.join() === way.nodes.join();
  return isSame && asksForLess(other, way) && !asksForLess(way, other);
}

/** How much is missing of each kind. */
function missingOf({ causes }: NodesWay): ReadonlyMap<Cause["code"], number> {
  const missing: Tally<Cause["code"]> = new Map();
  for (const { code, needs, has } of causes)
    count(missing, code, has === null ? needs : needs - has);
  return missing;
}

/** Nodes as a list: `0-1`. */
export function nodeList(nodes: readonly number[]): string {
  return formatList(indexSet(nodes));
}
