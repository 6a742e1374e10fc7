import { amountOf } from "../../text/amount.ts";
import { at } from "../../unit/list.ts";
import { memoryReason, reason } from "./reason.ts";
import type { RefusalReason } from "../../plan/refusal.ts";
import { effort } from "../search/rank/effort.ts";
import { interleaveNodes } from "../search/locality/interleave.ts";
import { previousNodeWithDevices } from "../search/candidates/device-orbits.ts";
import { freePartitions } from "../search/candidates/partitions.ts";
import { candidatesByNode } from "../search/candidates/node-candidates.ts";
import { splitByWeight } from "../search/locality/split.ts";
import { distributionsOf } from "../search/accelerators/distributions.ts";
import { knownGranules, nodeOf, type Space } from "../space/space.ts";
import { sumOf } from "../../unit/sum.ts";

/**
 * What each node is short of. Where the accelerators fix the cells, every distribution of the
 * accelerators over nodes is tried, and the smallest need of each shortage is kept: the least that
 * the node must have for any placement that uses it.
 */
export function shortages(space: Space): RefusalReason[] {
  const { accelerators, locality } = space.request;
  const pooled = locality === "preferred" || (accelerators.count === 0 && locality === "strict");
  const reasons = pooled ? pooledShortages(space) : nodeShortages(space);
  return [
    ...leastNeeds([...reasons, ...(locality === "interleave" ? interleaveShortages(space) : [])]),
  ];
}

/** What all usable nodes together are short of, for a request that may use any of them. */
function pooledShortages(space: Space): RefusalReason[] {
  const { request } = space;
  const alone = request.locality === "strict";
  const usable = space.nodes.filter(
    (node) => !alone || (node.units > 0 && (node.granules === null || node.granules > 0)),
  );
  const total = (amount: (node: Space["nodes"][number]) => number): number =>
    sumOf(usable, (node) => amount(node));
  const granules = total(knownGranules);
  const unknown = usable.filter((node) => node.granules === null);
  const nodes = new Set(usable.map((node) => node.id));
  const nics = space.nics.filter(({ node }) => !alone || (node !== null && nodes.has(node)));
  return [
    ...unitShortage(
      space,
      null,
      space.units,
      total((node) => node.units),
    ),
    ...(granules < space.granules
      ? [
          memoryReason(space, null, space.granules, granules),
          ...unknown.map((node) => memoryReason(space, node.id, 0, null)),
        ]
      : []),
    ...nicShortage(space, nics.length),
  ];
}

/** What single nodes are short of for their cell, over every distribution of the accelerators. */
function nodeShortages(space: Space): RefusalReason[] {
  const distributions = acceleratorDistributions(space);
  const mostNics = Math.max(
    0,
    ...distributions.map(
      (distribution) =>
        space.nics.filter((nic) => distribution.some(([node]) => node === nic.node)).length,
    ),
  );
  const found = distributions.flatMap((distribution) => distributionShortages(space, distribution));
  return distributions.length === 0 ? found : [...found, ...nicShortage(space, mostNics)];
}

type Distribution = readonly (readonly [node: number, accelerators: number])[];

/** Every way in which sets of accelerators lie on nodes, each once. */
function acceleratorDistributions(space: Space): readonly Distribution[] {
  const candidates = space.accelerators.filter(({ node }) => node !== null);
  const byNode = candidatesByNode(candidates);
  const distributions = new Map<string, Distribution>();
  const add = (counts: readonly number[]): void => {
    const distribution = byNode
      .flatMap(({ node }, s): [number, number][] => {
        const some = at(counts, s);
        return some === 0 || node === null ? [] : [[node, some]];
      })
      .toSorted(([a], [b]) => a - b);
    distributions.set(distribution.join(";"), distribution);
  };
  if (space.topology.partitions.length > 0) {
    for (const { set } of freePartitions(space, candidates, () => true)) {
      add(byNode.map(({ members }) => members.filter((i) => set.includes(i)).length));
    }
    return [...distributions.values()];
  }
  const { count } = space.request.accelerators;
  const most = byNode.map(({ members }) => members.length);
  const previousNode = previousNodeWithDevices(space, candidates);
  const visitDistributions = distributionsOf(byNode, {
    count,
    most,
    previousNode,
    together: null,
    effort: effort(),
  });
  for (let cells = 1; cells <= Math.min(count, byNode.length); cells++) {
    visitDistributions(cells, (counts) => {
      add(counts);
      return true;
    });
  }
  return [...distributions.values()];
}

function distributionShortages(space: Space, distribution: Distribution): RefusalReason[] {
  const nodes = distribution.map(([id]) => nodeOf(space, id));
  const isOwnMemory = space.request.locality !== "interleave";
  const units = sharesOf(
    space.units,
    distribution,
    nodes.map((node) => node.units),
  );
  const granules = sharesOf(
    space.granules,
    distribution,
    nodes.map((node) => (isOwnMemory ? knownGranules(node) : Infinity)),
  );
  if (units === null || granules === null) return [emptyCell(space, distribution.length)];
  return nodes.flatMap((node, cell) => {
    const needed = at(granules, cell);
    return [
      ...unitShortage(space, node.id, at(units, cell), node.units),
      ...(isOwnMemory && knownGranules(node) < needed
        ? [memoryReason(space, node.id, needed, node.granules)]
        : []),
    ];
  });
}

/**
 * What each cell needs: its share, and one more where every cell has room for its share but none
 * for the remainder. Null where there are fewer than cells.
 */
function sharesOf(
  total: number,
  distribution: Distribution,
  rooms: readonly number[],
): readonly number[] | null {
  const weights = distribution.map(([, accelerators]) => accelerators);
  const shares = splitByWeight(
    total,
    weights,
    weights.map(() => Infinity),
  );
  if (shares === null) return null;
  const isWithout = shares.base.every((share, cell) => share <= at(rooms, cell));
  const hasRoom = !isWithout || splitByWeight(total, weights, rooms) !== null;
  return hasRoom ? shares.base : shares.base.map((share) => share + 1);
}

function emptyCell(space: Space, cells: number): RefusalReason {
  const message = `${amountOf(space.units, "core")} and ${amountOf(space.granules, "page")} are too few for ${cells} cells: one would get none.`;
  const has = Math.min(space.units, space.granules);
  return reason({ code: "accelerators-split", needs: cells, has, message });
}

function interleaveShortages(space: Space): RefusalReason[] {
  const over = interleaveNodes(space);
  const needed = Math.ceil(space.granules / Math.max(1, over.length));
  return space.nodes
    .filter((node) => over.includes(node.id) && knownGranules(node) < needed)
    .map((node) => memoryReason(space, node.id, needed, node.granules));
}

function unitShortage(
  space: Space,
  node: number | null,
  needs: number,
  has: number,
): RefusalReason[] {
  if (has >= needs) return [];
  const where = node === null ? "the host" : `node ${node}`;
  const left = Math.max(0, has);
  const isShared = space.request.isolation === "shared";
  const message = `${amountOf(needs, isShared ? "CPU" : "whole core")} needed on ${where}, ${left} free.`;
  return [
    reason({ code: isShared ? "cpus-short" : "cores-short", node, needs, has: left, message }),
  ];
}

function nicShortage(space: Space, has: number): RefusalReason[] {
  const { count: needs, rdma } = space.request.nics;
  if (has >= needs) return [];
  const what = `${amountOf(needs, "NIC")}${rdma ? " with RDMA" : ""}`;
  const where =
    space.request.locality === "strict" ? "beside the VM's cores and GPUs" : "on the host";
  const message = `${what} needed ${where}, ${has} free.`;
  return [reason({ code: "nics-short", needs, has, message })];
}

/** The reason that needs least for each code and node, in order of nodes. */
function leastNeeds(reasons: readonly RefusalReason[]): RefusalReason[] {
  const least = new Map<string, RefusalReason>();
  for (const entry of reasons) {
    const key = `${entry.code} ${entry.node}`;
    const before = least.get(key);
    if (before === undefined || needsLess(entry, before)) least.set(key, entry);
  }
  return [...least.values()].toSorted((a, b) => rankOf(a) - rankOf(b));
}

function needsLess(a: RefusalReason, b: RefusalReason): boolean {
  return a.needs !== null && b.needs !== null && a.needs < b.needs;
}

/** The host as a whole comes before its nodes. */
function rankOf({ node }: RefusalReason): number {
  return node === null ? -1 : node;
}
