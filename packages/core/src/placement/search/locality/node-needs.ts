import { type NodeSpace, knownGranules, type Space } from "../../space/space.ts";
import type { LocalityPolicy } from "./locality-policy.ts";
import { sumOf } from "../../../unit/sum.ts";

/** An amount that the nodes of a set must have together. */
export interface SetNeed {
  readonly total: number;
  readonly has: (node: NodeSpace) => number;
}

/** What equal cells need of each node by itself, and of all nodes together. */
export interface EvenNeeds {
  readonly mayBeCell: (node: NodeSpace) => boolean;
  readonly needs: readonly SetNeed[];
  /** Whether a set of nodes holds equal cells. */
  readonly holds: (set: readonly NodeSpace[]) => boolean;
}

/**
 * The needs of `count` equal cells. Every cell needs its share of cores and memory, rounded down.
 * The remainder goes to some cells, one each, so as many nodes must have room for one more. Only
 * amounts that must lie on the cell's own node count.
 */
export function evenNeeds(space: Space, policy: LocalityPolicy, count: number): EvenNeeds {
  const own = ownAmounts(space, policy);
  const share = ({ total }: SetNeed): number => Math.floor(total / count);
  const mayBeCell = (node: NodeSpace): boolean => own.every((one) => one.has(node) >= share(one));
  const oneMore = own.map((one): SetNeed => ({
    total: one.total % count,
    has: (node) => (one.has(node) > share(one) ? 1 : 0),
  }));
  const needs = [...oneMore, ...nicsOf(space, policy)];
  return {
    mayBeCell,
    needs,
    holds: (set) =>
      set.every(mayBeCell) && needs.every(({ total, has }) => sumOf(set, has) >= total),
  };
}

/** What cells of any size need of all their nodes together. */
export function unevenNeeds(space: Space, policy: LocalityPolicy): readonly SetNeed[] {
  const all = [...ownAmounts(space, policy), ...nicsOf(space, policy)];
  return [...all, ...inPairs(all)];
}

function ownAmounts({ units, granules }: Space, policy: LocalityPolicy): readonly SetNeed[] {
  const cores: SetNeed = { total: units, has: (node) => node.units };
  const memory: SetNeed = { total: granules, has: knownGranules };
  return [...(policy.coresOnOwnNode ? [cores] : []), ...(policy.memoryOnOwnNode ? [memory] : [])];
}

function nicsOf({ request, nics }: Space, { nicsOnCellNodes }: LocalityPolicy): readonly SetNeed[] {
  if (!nicsOnCellNodes || request.nics.count === 0) return [];
  const onNode = ({ id }: NodeSpace): number => nics.filter(({ node }) => node === id).length;
  return [{ total: request.nics.count, has: onNode }];
}

/**
 * A need for each pair of needs: both amounts as fractions of their totals, which must add up to 2.
 * Where nodes have much of the one or of the other, this finds that a set has too little when
 * neither need does alone. A node counts for at most all of each.
 */
function inPairs(needs: readonly SetNeed[]): readonly SetNeed[] {
  const part = ({ total, has }: SetNeed, node: NodeSpace): number => Math.min(1, has(node) / total);
  return needs.flatMap((one, i) =>
    needs.slice(i + 1).map((other) => ({
      total: 2 - rounding,
      has: (node: NodeSpace) => part(one, node) + part(other, node),
    })),
  );
}

/** The error of a sum of fractions over some dozens of nodes is below this. */
const rounding = 1e-9;
