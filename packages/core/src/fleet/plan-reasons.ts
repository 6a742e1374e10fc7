import { compareCosts } from "../cost/compare-costs.ts";
import { planCost, type RawCost } from "../cost/placement-cost.ts";
import { amountOf, plural } from "../text/amount.ts";
import { formatBytes } from "../unit/bytes.ts";
import { shorten } from "../text/shorten.ts";
import { at, valueOf } from "../unit/list.ts";
import type { SoldCore } from "../placement/inventory/cores.ts";
import type { Device } from "../placement/inventory/devices.ts";
import {
  type Layout,
  type LayoutCell,
  type OnNode,
  placed,
  total,
  fasterClasses,
} from "../placement/layout/layout.ts";
import { freeAcceleratorCounter } from "../placement/search/rank/ranking.ts";
import type { SearchResult } from "../placement/search/search.ts";
import { proportionalShare } from "../placement/search/locality/split.ts";
import { layoutSignature } from "../placement/layout/layout-signature.ts";
import { nodeOf, type Space } from "../placement/space/space.ts";
import { sum, sumOf } from "../unit/sum.ts";
import { straddleReason } from "../plan/straddle-reason.ts";
import { shareText } from "../text/share.ts";
import { straddleCause, straddleCostText } from "./straddle/describe-straddle.ts";
import { isOnOneNode, straddlingCost, straddlingOf } from "./straddle/straddling.ts";

/** Why this place was chosen, and why not the next best, in sentences for the operator. */
export function planReasons(
  found: SearchResult,
  ideal: RawCost,
  runnerUpLoss: string | null,
): readonly string[] {
  const { space, best } = found;
  return [
    cellReason(space, best),
    ...straddleReasons(found),
    ...stringsIf(best.partition !== null, `The GPUs are fabric partition ${best.partition}.`),
    ...strayReasons(space, best),
    ...splitReasons(space, best),
    ...signatureReasons(space, best),
    ...stringsIf(
      best.objective.unrequestedDevices > 0,
      `The VM gets ${amountOf(best.objective.unrequestedDevices, "device")} that it did not ask for, from the same IOMMU groups.`,
    ),
    runnerUpReason(found, ideal, runnerUpLoss),
    ...stringsIf(
      !found.exhaustive,
      "The search ended at its limit of effort: a better place may exist.",
    ),
  ];
}

function stringsIf(condition: boolean, text: string): string[] {
  return condition ? [text] : [];
}

const nodesOf = (cells: readonly LayoutCell[]): string => {
  const ids = cells.map((cell) => cell.node);
  return `${plural(ids.length, "node")} ${listText(ids)}`;
};

/** `a, b and c`. */
function listText(items: readonly (number | string)[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

/** The NUMA nodes that the VM needs, and what was free on each. */
function cellReason(space: Space, { cells }: Layout): string {
  const nodes = nodesOf(cells);
  const kept = cells.flatMap(({ node }) => coresOn(space, node).filter(({ sold }) => !sold));
  const free = cells.map((cell) =>
    cells.length === 1
      ? `free: ${freeText(space, cell)}`
      : `free on node ${cell.node}: ${freeText(space, cell)}`,
  );
  const rest = kept.length === 0 ? [] : [`${amountOf(kept.length, "core")} kept for the host`];
  const has = `(${[...free, ...rest].join("; ")})`;
  const isElsewhere = cells.some((cell) =>
    [...cell.units, ...cell.granules].some((part) => part.node !== cell.node),
  );
  if (isElsewhere) return `Placed on ${nodes} ${has}.`;
  if (cells.length === 1) return `One NUMA node is enough: ${nodes} ${has}.`;
  return `${cells.length} NUMA nodes are needed: ${nodes} ${has}.`;
}

/** `4 GPUs, 55 of 56 cores and 900 GiB`. */
function freeText(space: Space, { node: id }: LayoutCell): string {
  const { accelerators, isolation } = space.request;
  const { units, granules } = nodeOf(space, id);
  const devices = space.accelerators.filter((device) => device.node === id).length;
  const cores = amountOf(coresOn(space, id).length, "core");
  const amount = isolation === "shared" ? amountOf(units, "CPU") : `${units} of ${cores}`;
  const memory = granules === null ? "unknown memory" : formatBytes(granules * space.granuleBytes);
  const gpus = accelerators.count > 0 ? `${amountOf(devices, "GPU")}, ` : "";
  return `${gpus}${amount} and ${memory}`;
}

function coresOn({ inventory }: Space, node: number): readonly SoldCore[] {
  const position = valueOf(inventory.nodePosition, node);
  return inventory.cores.all.filter((core) => core.node === position);
}

/**
 * That a VM is on several nodes, why, and what it costs, in the words of `topology --fit`. Memory
 * is interleaved because that is asked.
 */
function straddleReasons(found: SearchResult): string[] {
  const { space, best } = found;
  if (isOnOneNode(best) || space.request.locality === "interleave") return [];
  const parts = best.cells.flatMap(({ node, units, granules }) => [
    { node },
    ...units,
    ...granules,
  ]);
  const nodes = [...new Set(parts.map(({ node }) => node))].toSorted((x, y) => x - y);
  const remote = sumOf(best.cells, ({ node, granules }) =>
    total(granules.filter((part) => part.node !== node)),
  );
  const share =
    remote === 0 ? "" : `, with ${shareText(remote, space.granules)} of its memory remote`;
  const why = straddleCause(straddlingOf(space));
  const cost = straddleCostText(straddlingCost(found), remote > 0);
  return [straddleReason(`${listText(nodes)}${share}: ${why}; ${cost}`)];
}

function strayReasons(space: Space, { cells }: Layout): string[] {
  const { locality, isolation } = space.request;
  const [what, room] = isolation === "shared" ? ["vCPUs", "few CPUs"] : ["cores", "few"];
  if (locality === "interleave") {
    return [
      "Memory is interleaved over all nodes, as asked: as much of it is remote wherever the VM runs.",
    ];
  }
  return cells.flatMap((cell, id) => {
    const strays = (parts: LayoutCell["units"]): number[] =>
      parts.filter((part) => part.node !== cell.node).map((part) => part.node);
    const cores = strays(cell.units);
    const memory = strays(cell.granules);
    return [
      ...stringsIf(
        cores.length > 0,
        `Cell ${id} has ${what} on node ${cores.join(", ")}: node ${cell.node} has too ${room} free.`,
      ),
      ...stringsIf(
        memory.length > 0,
        `Cell ${id} has memory on node ${memory.join(", ")}: node ${cell.node} has too little free.`,
      ),
    ];
  });
}

/** Under `preferred` a VM may get another signature than its flavor is sold in. */
function signatureReasons(space: Space, layout: Layout): string[] {
  const { signature: sold, flavor } = space.request;
  if (sold === null) return [];
  const { signature, signatureText } = layoutSignature(space, layout);
  if (signature === sold) return [];
  const whose = flavor === null ? "sold" : `of flavor ${flavor}`;
  const text = `No place of the signature ${whose}, ${sold}, is free here. This one is ${signature}: ${signatureText}.`;
  return [shorten(text, REASON_LENGTH_MAX)];
}

/** The most characters that a document allows for a sentence. */
const REASON_LENGTH_MAX = 1024;

/** The remainders of cores and pages, and the amounts that are rounded up. */
function splitReasons(space: Space, { cells }: Layout): string[] {
  const { request, inventory, granuleBytes, granules, units } = space;
  const { threadsPerCore } = inventory.cores;
  const weights = cells.map((cell) => cell.accelerators.length || 1);
  const all = sum(weights);
  const isUneven = (amount: number): boolean =>
    weights.some((weight) => (amount * weight) % all !== 0);
  const bytes = granules * granuleBytes;
  const idle = request.isolation === "shared" ? 0 : units * threadsPerCore - request.vcpus;
  return [
    ...stringsIf(
      cells.length > 1 && (isUneven(units) || isUneven(granules)),
      `Cores or pages do not divide evenly over the cells: ${remainderText(space, cells)}.`,
    ),
    ...stringsIf(
      bytes !== request.memoryBytes,
      `Memory is rounded up from ${formatBytes(request.memoryBytes)} to ${formatBytes(bytes)}, a multiple of ${formatBytes(granuleBytes)}.`,
    ),
    ...stringsIf(
      idle > 0,
      `${amountOf(request.vcpus, "vCPU")} do not fill whole cores of ${threadsPerCore} threads: ${amountOf(idle, "thread")} ${idle === 1 ? "stays" : "stay"} idle, and the guest sees cores of one thread.`,
    ),
  ];
}

/** The cells that have more than their share of cores, and of pages. */
function remainderText({ units, granules }: Space, cells: readonly LayoutCell[]): string {
  const weights = cells.map((cell) => cell.accelerators.length || 1);
  const all = sum(weights);
  const withMore = (amount: number, partsOf: (cell: LayoutCell) => readonly OnNode[]): number[] =>
    cells.flatMap((cell, i) =>
      total(partsOf(cell)) > proportionalShare(amount, at(weights, i), all) ? [i] : [],
    );
  const have = (ids: readonly number[], what: string): string[] => {
    if (ids.length === 0) return [];
    const [which, verb] = ids.length === 1 ? ["cell", "has"] : ["cells", "have"];
    return [`${which} ${ids.join(", ")} ${verb} one more ${what}`];
  };
  return [
    ...have(
      withMore(units, (cell) => cell.units),
      "core",
    ),
    ...have(
      withMore(granules, (cell) => cell.granules),
      "page",
    ),
  ].join(", ");
}

/** Names another place by its GPUs and nodes, or by its NICs where it differs only in those. */
function otherPlace(best: readonly LayoutCell[], other: readonly LayoutCell[]): string {
  const addresses = (devices: (cell: LayoutCell) => readonly Device[], of = other): string[] =>
    of.flatMap((cell) => devices(cell).map(({ address }) => address));
  const accelerators = addresses((cell) => cell.accelerators);
  const nics = addresses((cell) => cell.nics);
  const isSame =
    nodesOf(other) === nodesOf(best) &&
    accelerators.join(" ") === addresses((cell) => cell.accelerators, best).join(" ");
  if (isSame && nics.length > 0) return `${plural(nics.length, "NIC")} ${listText(nics)}`;
  const nodes = nodesOf(other);
  return accelerators.length === 0
    ? nodes.replace(/^n/, "N")
    : `${plural(accelerators.length, "GPU")} ${listText(accelerators)} on ${nodes}`;
}

/** The next best place, and why it is not the best. */
function runnerUpReason(found: SearchResult, ideal: RawCost, runnerUpLoss: string | null): string {
  const { best, runnerUp } = found;
  if (runnerUp === null) return "Every other place is equivalent.";
  const other = otherPlace(best.cells, runnerUp.cells);
  const why = whyWorse(found, runnerUp, ideal, runnerUpLoss);
  return why === null
    ? `${other} would ${hasRemoteMemory(best) ? "cost as much" : "be just as good"}; ties go to the lowest numbers.`
    : `Next best: ${other.replace(/^N(ode)/, "n$1")} (${why}).`;
}

function hasRemoteMemory({ cells }: Layout): boolean {
  return cells.some(({ node, granules }) => granules.some((part) => part.node !== node));
}

/** The first part of the comparison in which another place is worse; null where there is none. */
function whyWorse(
  { space, best, model }: SearchResult,
  runnerUp: Layout,
  ideal: RawCost,
  runnerUpLoss: string | null,
): string | null {
  const [a, b] = [best.objective, runnerUp.objective];
  if (b.cells > a.cells) return `${b.cells} NUMA nodes instead of ${a.cells}`;
  if (compareCosts(b.cost, a.cost) > 0) {
    const { slowdown, basis } = planCost(model.cost(placed(runnerUp.cells)), ideal);
    return `slower: predicted slowdown ${slowdown}, ${basis === "measured" ? "measured" : "model"}`;
  }
  if (b.unrequestedDevices > a.unrequestedDevices) {
    return `${amountOf(b.unrequestedDevices, "device")} that the VM did not ask for`;
  }
  if (b.unevenCells > a.unevenCells) return "cells of different size";
  if (b.nodeDistanceSum > a.nodeDistanceSum) return "nodes farther apart";
  if (b.mixedClasses > a.mixedClasses) return "cores of several classes";
  if (runnerUpLoss !== null) return runnerUpLoss;
  const freeAcceleratorsOf = freeAcceleratorCounter(space);
  const free = freeAcceleratorsOf(runnerUp);
  if (free > freeAcceleratorsOf(best)) return `cores beside ${amountOf(free, "free GPU")}`;
  return fasterClasses(runnerUp) > fasterClasses(best) ? "cores of a slower class" : null;
}
