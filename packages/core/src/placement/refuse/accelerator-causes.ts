import type { Request } from "../../request/request.ts";
import type { Partition } from "../../topology/topology.ts";
import { once } from "../../once.ts";
import { at } from "../../unit/list.ts";
import { sum, sumOf } from "../../unit/sum.ts";
import { countOf } from "../../unit/tally.ts";
import { hasConnectedSet } from "../search/accelerators/any-set.ts";
import { type Candidates, hasSetOn } from "../search/accelerators/sets-of-distribution.ts";
import { candidatesOf } from "../search/accelerators/with-accelerators.ts";
import { freePartitions } from "../search/candidates/partitions.ts";
import { effort } from "../search/rank/effort.ts";
import { isWanted } from "../space/devices.ts";
import type { Cause } from "./cause.ts";
import type { Choice } from "./choices.ts";
import { countOn, type Stock } from "./stock.ts";

/**
 * What keeps the accelerators of a request off a choice of nodes: too few on a node, of unknown
 * node or model, not linked as asked, or no partition of the fabric.
 */
export function acceleratorCauses(stock: Stock): (choice: Choice) => readonly Cause[] {
  const { space } = stock;
  const { count, link } = space.request.accelerators;
  const isPartitioned = space.topology.partitions.length > 0;
  const candidates = once(() => candidatesOf(space, space.accelerators));
  return (choice) => {
    if (count === 0) return [];
    const { partition, nodes } = choice;
    if (partition !== null) return partitionCauses(stock, choice, partition);
    const isLinked = link === "any" || isConnected(stock, choice, candidates);
    return [
      ...shortOnNodes(stock, choice),
      ...(isLinked ? [] : [unlinked(nodes, count)]),
      ...(isPartitioned
        ? [
            {
              code: "partition-unavailable",
              nodes: [],
              needs: count,
              has: largestPartition(stock, choice),
            } as const,
          ]
        : []),
    ];
  };
}

/** How many are connected is worked out only for a way that is shown (`linkedOn`). */
function unlinked(nodes: readonly number[], count: number): Cause {
  return { code: "accelerators-unlinked", nodes, needs: count, has: count - 1 };
}

/** The free accelerators that can be given at all: under `strict` those of known node. */
function usable({ space }: Stock): Stock["space"]["accelerators"] {
  const isStrict = space.request.locality === "strict";
  return space.accelerators.filter(({ node }) => node !== null || !isStrict);
}

function shortOnNodes(
  { space, wanted, unnamed }: Stock,
  { nodes, counts, anywhere }: Choice,
): readonly Cause[] {
  let unplaced = unplacedOf(space.request, wanted);
  const causes = nodes.flatMap((node, i): Cause[] => {
    const needs = at(counts, i);
    const has = countOf(wanted, node);
    const missing = needs - has;
    if (missing <= 0) return [];
    if (missing <= countOf(unnamed, node)) {
      return [{ code: "accelerator-model-unknown", nodes: [node], needs, has: null }];
    }
    if (missing <= unplaced) {
      unplaced -= missing;
      return [{ code: "accelerator-node-unknown", nodes: [node], needs, has: null }];
    }
    return [{ code: "accelerators-short", nodes: [node], needs, has }];
  });
  const has = countOf(wanted, null);
  return anywhere > has
    ? [...causes, { code: "accelerators-short", nodes: [], needs: anywhere, has }]
    : causes;
}

/**
 * The free accelerators of unknown node that may turn out to be on the one where they are needed.
 */
function unplacedOf({ locality }: Request, wanted: Stock["wanted"]): number {
  return locality === "strict" ? countOf(wanted, null) : 0;
}

/** Whether the free accelerators that a choice would take can be chosen so that all are linked. */
function isConnected(stock: Stock, choice: Choice, candidates: () => Candidates): boolean {
  const { wanted } = stock;
  const { byNode } = candidates();
  const placed = shortOnNodes(stock, choice).filter(
    ({ code }) => code === "accelerator-node-unknown",
  );
  const found = sumOf(placed, ({ needs, nodes }) => needs - countOn(wanted, nodes));
  const distribution = byNode.map(({ node }) => {
    const i = node === null ? -1 : choice.nodes.indexOf(node);
    const asked = node === null ? choice.anywhere + found : i < 0 ? 0 : at(choice.counts, i);
    return Math.min(asked, countOf(wanted, node));
  });
  return sum(distribution) < 2 || hasSetOn(candidates(), distribution, effort());
}

function unpartitioned({ space }: Stock): Stock["space"]["topology"] {
  return { ...space.topology, partitions: [] };
}

/** The most free accelerators on some nodes, up to those asked for, that are linked as asked. */
export function linkedOn(stock: Stock, nodes: readonly number[]): number {
  const { space } = stock;
  const on = usable(stock).filter(({ node }) => node === null || nodes.includes(node));
  const topology = unpartitioned(stock);
  const most = Math.min(space.request.accelerators.count, on.length);
  for (let count = most; count > 0; count--) {
    const request = {
      ...space.request,
      accelerators: { ...space.request.accelerators, count },
    };
    if (hasConnectedSet({ ...space, request, topology, accelerators: on })) return count;
  }
  return 0;
}

/**
 * The size of the largest free partition, smaller than asked for, that lies on a choice's nodes.
 */
function largestPartition({ space }: Stock, { nodes }: Choice): number {
  const { accelerators } = space.request;
  const on = space.accelerators.filter(({ node }) => node !== null && nodes.includes(node));
  for (let count = accelerators.count - 1; count > 0; count--) {
    const request = { ...space.request, accelerators: { ...accelerators, count } };
    if (freePartitions({ ...space, request }, on, () => true).length > 0) return count;
  }
  return 0;
}

/** The accelerators of a partition are these and no others, so what is missing is one of them. */
function partitionCauses(
  { space }: Stock,
  { nodes, counts, anywhere }: Choice,
  partition: Partition,
): readonly Cause[] {
  const { count, model, link } = space.request.accelerators;
  const members = space.inventory.devices.accelerators.filter(({ address }) =>
    partition.accelerators.includes(address),
  );
  const free = members.filter((device) => space.accelerators.includes(device));
  const wanted = members.filter((device) => isWanted(device, model));
  const links = space.inventory.relations.connected(link);
  const isLinked = members.every((a) =>
    members.every((b) => a === b || at(at(links, a.position), b.position)),
  );
  const has = free.length;
  const isUnplaced = space.request.locality === "strict" && anywhere > 0;
  const short = nodes.flatMap((node, i): Cause[] => {
    const here = free.filter((device) => device.node === node).length;
    const needs = at(counts, i);
    return here >= needs ? [] : [{ code: "accelerators-short", nodes: [node], needs, has: here }];
  });
  const elsewhere = free.filter(({ node }) => node === null).length;
  return [
    ...(wanted.length === count
      ? has === count
        ? []
        : [
            {
              code: "partition-unavailable",
              nodes: [],
              needs: count,
              has,
              partition: partition.id,
            } as const,
          ]
      : short),
    ...(wanted.length < count && elsewhere < anywhere
      ? [{ code: "accelerators-short", nodes: [], needs: anywhere, has: elsewhere } as const]
      : []),
    ...(isUnplaced
      ? [{ code: "accelerator-node-unknown", nodes: [], needs: count, has: null } as const]
      : []),
    ...(isLinked ? [] : [unlinked(nodes, count)]),
  ];
}
