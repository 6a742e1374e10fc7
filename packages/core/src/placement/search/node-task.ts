import type { NodeSpace, Space } from "../space/space.ts";
import { type Distances, distancesOf } from "./distance.ts";
import type { OwnNeed } from "./equal-cells.ts";
import { interleaveNodes } from "./fit.ts";
import { nodeKinds } from "./kinds.ts";
import { fewestAlong } from "./nics-alone.ts";
import type { NodeNeed } from "./node-sets.ts";
import { type InterleavedPaths, interleavedPaths } from "./place-cost.ts";
import type { Rules } from "./rules.ts";

/** What is the same for all sets of nodes that a request without accelerators could be placed on. */
export interface NodeTask {
  /** Those that can be cells. */
  readonly nodes: readonly NodeSpace[];
  /** Of each the one before it that it could change places with, by position; -1 if there is none. */
  readonly twin: Int32Array;
  readonly distances: () => Distances;
  /** The paths to where memory is interleaved; null where it is not. */
  readonly interleaved: InterleavedPaths | null;
  /** What each cell must have from its own node. */
  readonly own: readonly OwnNeed[];
  /** What the nodes of a set must have in all, with equal cells, and with any. */
  readonly needs: { readonly even: readonly NodeNeed[]; readonly uneven: readonly NodeNeed[] };
  /** Whether so many nodes could have that, each need by itself. */
  readonly mayHold: (count: number) => boolean;
  /** How many devices the NICs take along at least. */
  readonly extra: number;
}

/** Null where there is too little of something however it is spread. */
export function nodeTask(space: Space, rules: Rules): NodeTask | null {
  const { request, inventory } = space;
  const strict = rules.besideDevices;
  const isInterleaved = !strict && request.locality === "interleave";
  const extra = fewestAlong(space.nics, request.nics.count);
  if (extra === null) return null;
  const over = isInterleaved ? interleaveNodes(space) : [];
  if (isInterleaved && over.length === 0) return null;
  const nodes = space.nodes.filter(
    (node) => node.units > 0 && (!strict || (node.granules ?? 0) > 0),
  );
  const ofCores = { total: space.units, has: ({ units }: NodeSpace) => units };
  const ofMemory = { total: space.granules, has: ({ granules }: NodeSpace) => granules ?? 0 };
  const own = strict ? [ofCores, ofMemory] : isInterleaved ? [ofCores] : [];
  const needs = strict ? needsOf(space, nodes, own) : { even: [], uneven: [] };
  const greatest = needs.uneven.map(({ has }) => sums(has.toSorted().toReversed()));
  let distances: Distances | null = null;
  return {
    nodes,
    twin: twins(space, nodes),
    distances: () =>
      (distances ??= distancesOf(
        nodes.map((node) => node.id),
        inventory.relations.distance,
      )),
    interleaved: isInterleaved ? interleavedPaths(nodes, over, inventory) : null,
    own,
    needs,
    mayHold: (count) =>
      needs.uneven.every(({ total }, i) => (greatest[i]?.[count] ?? Infinity) >= total),
    extra,
  };
}

/** Of NICs the nodes need enough together, of cores and memory too where cells are not equal. */
function needsOf(
  { request, nics }: Space,
  nodes: readonly NodeSpace[],
  own: readonly OwnNeed[],
): NodeTask["needs"] {
  const need = ({ total, has }: OwnNeed): NodeNeed => ({
    total,
    has: Float64Array.from(nodes, has),
  });
  const { count: total } = request.nics;
  const onNode = ({ id }: NodeSpace): number => nics.filter(({ node }) => node === id).length;
  const ofNics = total === 0 ? [] : [need({ total, has: onNode })];
  const all = [...own.map(need), ...ofNics];
  return { even: ofNics, uneven: [...all, ...inPairs(all)] };
}

/**
 * What has enough of two things has all that is needed of both, each counted by its part of what is
 * needed. Where nodes have much of the one or of the other, this tells that so many are too few
 * when neither thing does by itself. More of a thing than is needed in all counts for no more.
 */
function inPairs(needs: readonly NodeNeed[]): readonly NodeNeed[] {
  const part = ({ total, has }: NodeNeed, i: number): number => Math.min(1, (has[i] ?? 0) / total);
  return needs.flatMap((one, i) =>
    needs.slice(i + 1).map((other) => ({
      total: 2 - rounding,
      has: one.has.map((_, node) => part(one, node) + part(other, node)),
    })),
  );
}

/** Sums of parts of at most some dozens of nodes are as near as that to what they should be. */
const rounding = 1e-9;

function twins(space: Space, nodes: readonly NodeSpace[]): Int32Array {
  const kinds = nodeKinds(space, nodes);
  const latest = new Map<string, number>();
  return Int32Array.from(nodes, ({ id }, i) => {
    const kind = kinds.get(id) ?? `${id}`;
    const before = latest.get(kind) ?? -1;
    latest.set(kind, i);
    return before;
  });
}

function sums(values: Float64Array): readonly number[] {
  const all = [0];
  for (const value of values) all.push((all.at(-1) ?? 0) + value);
  return all;
}
