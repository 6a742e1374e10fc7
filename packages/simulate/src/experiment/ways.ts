import { sharesOf } from "@evenkeel/core/cost/node-shares.ts";
import type { NodeShare, Placed } from "@evenkeel/core/cost/placement-cost.ts";
import type { Random } from "@evenkeel/core/random/random.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { shuffled } from "../random.ts";
import type { Offered, OfferedDevice, OfferedNode } from "./offered.ts";

/**
 * Ways to place VMs without a plan, each as one random history of a host. All of them give a VM the
 * devices that happen to be free: on a host where VMs have come and gone, any may be.
 *
 * - `luck`: vCPUs float over all CPUs, and over time each node runs its share. Memory is first
 *   touch: from the node where QEMU's first thread started, any at all, and when that is full from
 *   the next nearest.
 * - `interleave`: the same, with the memory spread evenly over all nodes that have some left.
 * - `pinned`: vCPUs are pinned to cores of the node with the most left, and the memory is bound
 *   beside them, without regard to the devices: what pinning by hand or by a scheduler that knows
 *   cores alone does. A VM too large for one node straddles the next. The guest sees one node, so
 *   any of its threads reads any of its memory.
 *
 * Nothing is made worse than it is: a VM that by luck lies well counts as well.
 */
export type UnplannedWay = "luck" | "interleave" | "pinned";

export const unplannedWays: readonly UnplannedWay[] = ["luck", "interleave", "pinned"];

/** Places so many VMs of a request on an empty host; fewer where something runs out. */
export function placeUnplanned(
  way: UnplannedWay,
  offered: Offered,
  request: Request,
  count: number,
  random: Random,
): readonly Placed[] {
  const left = leftOf(offered);
  const accelerators = shuffled(offered.accelerators, random);
  const nics = shuffled(offered.nics, random);
  const placed: Placed[] = [];
  for (let i = 0; i < count; i++) {
    const own = (devices: readonly OfferedDevice[], each: number): readonly OfferedDevice[] =>
      devices.slice(i * each, (i + 1) * each);
    const gpus = own(accelerators, request.accelerators.count);
    const cards = own(nics, request.nics.count);
    const nodes = nodesBy(way, left, request, random);
    const isShort = gpus.length < request.accelerators.count || cards.length < request.nics.count;
    if (isShort || nodes === null) break;
    placed.push({
      cells: [{ share: 1, ...nodes }],
      accelerators: gpus.map(({ address, node }) => ({ address, node, cell: 0 })),
      nics: cards.map(({ address }) => address),
    });
  }
  return placed;
}

interface Nodes {
  readonly vcpuNodes: readonly NodeShare[];
  readonly memoryNodes: readonly NodeShare[];
}

/** What is left of each node. Only cores that are pinned are taken: floating vCPUs share all. */
interface Left {
  readonly nodes: readonly OfferedNode[];
  readonly cpus: Map<number, number>;
  readonly bytes: Map<number, number>;
}

function leftOf({ nodes }: Offered): Left {
  return {
    nodes,
    cpus: new Map(nodes.map(({ id, cpus }) => [id, cpus])),
    bytes: new Map(nodes.map(({ id, bytes }) => [id, bytes])),
  };
}

function nodesBy(way: UnplannedWay, left: Left, request: Request, random: Random): Nodes | null {
  const withCpus = left.nodes.filter(({ cpus }) => cpus > 0);
  if (withCpus.length === 0) return null;
  switch (way) {
    case "luck": {
      const memoryNodes = inOrder(left.bytes, random.of(withCpus).nearest, request.memoryBytes);
      return memoryNodes && { vcpuNodes: floating(withCpus), memoryNodes };
    }
    case "interleave": {
      const memoryNodes = evenly(left.bytes, request.memoryBytes);
      return memoryNodes && { vcpuNodes: floating(withCpus), memoryNodes };
    }
    case "pinned":
      return pinned(left, request, random);
  }
}

function floating(nodes: readonly OfferedNode[]): readonly NodeShare[] {
  const all = nodes.reduce((total, { cpus }) => total + cpus, 0);
  return nodes.map(({ id, cpus }) => ({ node: id, share: cpus / all }));
}

function pinned(left: Left, request: Request, random: Random): Nodes | null {
  const most = shuffled(left.nodes, random).toSorted(
    (a, b) => amount(left.cpus, b.id) - amount(left.cpus, a.id),
  );
  const vcpuNodes = inOrder(
    left.cpus,
    most.map(({ id }) => id),
    request.vcpus,
  );
  if (vcpuNodes === null) return null;
  // Beside the vCPUs as far as there is room, then as near to the first of them as there is.
  const first = at(vcpuNodes, 0).node;
  const near = left.nodes.find(({ id }) => id === first)?.nearest ?? [];
  const parts = new Map<number, number>();
  let rest = request.memoryBytes;
  for (const { node, share } of vcpuNodes) {
    rest -= take(left.bytes, parts, node, share * request.memoryBytes);
  }
  for (const node of near) rest -= take(left.bytes, parts, node, rest);
  return rest > 0.5 ? null : { vcpuNodes, memoryNodes: ascendingShares(parts) };
}

/** Takes an amount from nodes in an order, all that there is of each; null where it is too much. */
function inOrder(
  left: Map<number, number>,
  order: readonly number[],
  wanted: number,
): readonly NodeShare[] | null {
  const parts = new Map<number, number>();
  let rest = wanted;
  for (const node of order) rest -= take(left, parts, node, rest);
  return rest > 0 ? null : ascendingShares(parts);
}

/** Takes the same from every node, and more from the others where one has less. */
function evenly(left: Map<number, number>, wanted: number): readonly NodeShare[] | null {
  const parts = new Map<number, number>();
  const ascending = [...left].filter(([, bytes]) => bytes > 0).toSorted(([, a], [, b]) => a - b);
  let rest = wanted;
  for (const [i, [node]] of ascending.entries()) {
    rest -= take(left, parts, node, rest / (ascending.length - i));
  }
  return rest > 0.5 ? null : ascendingShares(parts);
}

function take(
  left: Map<number, number>,
  parts: Map<number, number>,
  node: number,
  wanted: number,
): number {
  const taken = Math.min(wanted, amount(left, node));
  if (taken <= 0) return 0;
  left.set(node, amount(left, node) - taken);
  parts.set(node, amount(parts, node) + taken);
  return taken;
}

const amount = (of: ReadonlyMap<number, number>, node: number): number => {
  const value = of.get(node);
  return value === undefined ? 0 : value;
};

/** Amounts as shares of their sum, by ascending node. */
const ascendingShares = (parts: ReadonlyMap<number, number>): readonly NodeShare[] =>
  sharesOf(new Map([...parts].toSorted(([a], [b]) => a - b)));
