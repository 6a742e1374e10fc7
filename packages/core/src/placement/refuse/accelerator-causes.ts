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
import type { Device } from "../inventory/devices.ts";
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
  const candidates = once(() => candidatesOf(space, stock.free));
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

function shortOnNodes({ wanted, unnamed }: Stock, { nodes, counts }: Choice): readonly Cause[] {
  // They may turn out to be where they are needed.
  let unplaced = countOf(wanted, null);
  return nodes.flatMap((node, i): Cause[] => {
    const needs = at(counts, i);
    const has = countOf(wanted, node);
    const missing = needs - has;
    if (missing <= 0) return [];
    if (missing <= unnamed.filter((device) => device.node === node).length) {
      return [{ code: "accelerator-model-unknown", nodes: [node], needs, has: null }];
    }
    if (missing <= unplaced) {
      unplaced -= missing;
      return [{ code: "accelerator-node-unknown", nodes: [node], needs, has: null }];
    }
    return [{ code: "accelerators-short", nodes: [node], needs, has }];
  });
}

/** Whether the free accelerators that a choice would take can be chosen so that all are linked. */
function isConnected(
  stock: Stock,
  choice: Choice,
  candidates: () => Candidates<number | null>,
): boolean {
  const { wanted, space } = stock;
  const short = shortOnNodes(stock, choice);
  const placed = short.filter(({ code }) => code === "accelerator-node-unknown");
  const named = short.filter(({ code }) => code === "accelerator-model-unknown");
  const unnamed = namedBy(stock, named);
  const all =
    unnamed.length === 0
      ? candidates()
      : candidatesOf(
          space,
          [...stock.free, ...unnamed].toSorted((a, b) => a.position - b.position),
        );
  const found = sumOf(placed, ({ needs, nodes }) => needs - countOn(wanted, nodes));
  const distribution = all.byNode.map(({ node, members }) => {
    const i = node === null ? -1 : choice.nodes.indexOf(node);
    const asked = node === null ? found : i < 0 ? 0 : at(choice.counts, i);
    return Math.min(asked, members.length);
  });
  return sum(distribution) < 2 || hasSetOn(all, distribution, effort());
}

/** The accelerators of unknown model that would be of the one asked for, where that is a cause. */
function namedBy({ unnamed }: Stock, causes: readonly Cause[]): readonly Device[] {
  return unnamed.filter(({ node }) =>
    causes.some(({ nodes }) => node !== null && nodes.includes(node)),
  );
}

function unpartitioned({ space }: Stock): Stock["space"]["topology"] {
  return { ...space.topology, partitions: [] };
}

/** The most free accelerators on some nodes, up to those asked for, that are linked as asked. */
export function linkedOn(stock: Stock, nodes: readonly number[]): number {
  const { space } = stock;
  const on = space.accelerators.filter(({ node }) => nodes.includes(node));
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
  const on = space.accelerators.filter(({ node }) => nodes.includes(node));
  for (let count = accelerators.count - 1; count > 0; count--) {
    const request = { ...space.request, accelerators: { ...accelerators, count } };
    if (freePartitions({ ...space, request }, on, () => true).length > 0) return count;
  }
  return 0;
}

/** The accelerators of a partition are these and no others, so what is missing is one of them. */
function partitionCauses(
  stock: Stock,
  { nodes, counts, anywhere }: Choice,
  partition: Partition,
): readonly Cause[] {
  const { space } = stock;
  const { count, model, link } = space.request.accelerators;
  const members = space.inventory.devices.accelerators.filter(({ address }) =>
    partition.accelerators.includes(address),
  );
  const free = members.filter((device) => stock.free.includes(device));
  const wanted = members.filter((device) => isWanted(device, model));
  const links = space.inventory.relations.connected(link);
  const isLinked = members.every((a) =>
    members.every((b) => a === b || at(at(links, a.position), b.position)),
  );
  const has = free.length;
  const shortOfModel = (needs: number, on: readonly number[], node: number | null): Cause[] => {
    const here = free.filter((device) => device.node === node).length;
    if (here >= needs) return [];
    const unnamed = stock.unnamed.filter(
      (device) => device.node === node && members.includes(device),
    ).length;
    const cause = { nodes: on, needs, partition: partition.id };
    return here + unnamed < needs
      ? [{ ...cause, code: "accelerators-short", has: here }]
      : [{ ...cause, code: "accelerator-model-unknown", has: null }];
  };
  const short = nodes.flatMap((node, i): Cause[] => {
    return shortOfModel(at(counts, i), [node], node);
  });
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
    ...(wanted.length < count ? shortOfModel(anywhere, [], null) : []),
    ...(anywhere > 0
      ? [
          {
            code: "accelerator-node-unknown",
            nodes: [],
            needs: anywhere,
            has: null,
            partition: partition.id,
          } as const,
        ]
      : []),
    ...(isLinked ? [] : [unlinked(nodes, count)]),
  ];
}
