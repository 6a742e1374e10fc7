import { compareCosts } from "../cost/compare-costs.ts";
import { planCost, type RawCost } from "../cost/placement-cost.ts";
import { amountOf } from "../text/amount.ts";
import { formatBytes } from "../unit/bytes.ts";
import { at } from "../unit/list.ts";
import type { Device } from "../placement/inventory/devices.ts";
import {
  type Layout,
  type LayoutCell,
  type OnNode,
  placed,
  total,
} from "../placement/layout/layout.ts";
import { besideFree } from "../placement/search/rank/ranking.ts";
import type { Found } from "../placement/search/search.ts";
import { proportionalShare } from "../placement/search/locality/split.ts";
import { layoutSignature } from "../placement/layout/layout-signature.ts";
import type { Space } from "../placement/space/space.ts";

/** Why a plan is as it is and not like the runner-up, in sentences for the operator. */
export function planReasons(
  found: Found,
  ideal: RawCost,
  runnerUpLoss: string | null,
): readonly string[] {
  const { space, best } = found;
  return [
    cellReason(space, best),
    ...stringsIf(
      best.partition !== null,
      `The accelerators are fabric partition ${best.partition}.`,
    ),
    ...strayReasons(space, best),
    ...splitReasons(space, best),
    ...gradeReasons(space, best),
    ...stringsIf(
      best.objective.extra > 0,
      `${best.objective.extra} more devices come along, since they share an IOMMU group.`,
    ),
    runnerUpReason(found, ideal, runnerUpLoss),
    ...stringsIf(
      !found.exhaustive,
      "The search ended at its bound: a better choice of as many cells is not excluded.",
    ),
  ];
}

function stringsIf(condition: boolean, text: string): string[] {
  return condition ? [text] : [];
}

const nodesOf = (cells: readonly LayoutCell[]): string => {
  const ids = cells.map((cell) => cell.node);
  return ids.length === 1
    ? `node ${ids[0]}`
    : `nodes ${ids.slice(0, -1).join(", ")} and ${ids.at(-1)}`;
};

function cellReason(space: Space, { cells }: Layout): string {
  const { accelerators, isolation } = space.request;
  const free = cells.flatMap((cell) => {
    const node = space.nodes.find(({ id }) => id === cell.node);
    if (node === undefined) return [];
    const devices = space.accelerators.filter((device) => device.node === cell.node).length;
    const beside = accelerators.count > 0 ? `${amountOf(devices, "accelerator")}, ` : "";
    const units = amountOf(node.units, isolation === "shared" ? "CPU" : "core");
    const memory =
      node.granules === null ? "unknown memory" : formatBytes(node.granules * space.granuleBytes);
    return [`${beside}${units} and ${memory}`];
  });
  const what = accelerators.count > 0 ? "the accelerators" : "the request";
  const why = cells.length === 1 ? `alone holds ${what}` : `together hold ${what}, and no fewer do`;
  return `${nodesOf(cells).replace(/^n/, "N")} ${why} (free: ${free.join("; ")}).`;
}

function strayReasons(space: Space, { cells }: Layout): string[] {
  const { locality } = space.request;
  if (locality === "interleave") {
    return ["Memory is interleaved over all nodes, as asked: the same cost wherever it runs."];
  }
  return cells.flatMap((cell, id) => {
    const strays = (parts: LayoutCell["units"]): number[] =>
      parts.filter((part) => part.node !== cell.node).map((part) => part.node);
    const cores = strays(cell.units);
    const memory = strays(cell.granules);
    return [
      ...stringsIf(
        cores.length > 0,
        `Cell ${id} runs in part on node ${cores.join(", ")}: node ${cell.node} is short of cores.`,
      ),
      ...stringsIf(
        memory.length > 0,
        `Cell ${id} has memory on node ${memory.join(", ")}: node ${cell.node} is short of it.`,
      ),
    ];
  });
}

/** Under `preferred` a VM may be given another class of placements than its flavor is sold in. */
function gradeReasons(space: Space, layout: Layout): string[] {
  const { signature: sold, flavor } = space.request;
  if (sold === null) return [];
  const { signature, signatureText } = layoutSignature(space, layout);
  return stringsIf(
    signature !== sold,
    `It is of another grade than its flavor${flavor === null ? "" : ` ${flavor}`}: no placement of signature ${sold} is free here, and this one is ${signature}, ${signatureText}.`.slice(
      0,
      1024,
    ),
  );
}

/** What does not divide evenly, and what is rounded up. */
function splitReasons(space: Space, { cells }: Layout): string[] {
  const { request, inventory, granuleBytes, granules, units } = space;
  const { threadsPerCore } = inventory.cores;
  const weights = cells.map((cell) => cell.accelerators.length || 1);
  const all = weights.reduce((a, b) => a + b, 0);
  const uneven = (amount: number): boolean =>
    weights.some((weight) => (amount * weight) % all !== 0);
  const bytes = granules * granuleBytes;
  const idle = request.isolation === "shared" ? 0 : units * threadsPerCore - request.vcpus;
  return [
    ...stringsIf(
      cells.length > 1 && (uneven(units) || uneven(granules)),
      `Cores or pages do not divide evenly over the cells: ${remainderText(space, cells)}.`,
    ),
    ...stringsIf(
      bytes !== request.memoryBytes,
      `Memory is rounded up from ${formatBytes(request.memoryBytes)} to ${formatBytes(bytes)}, whole units of ${formatBytes(granuleBytes)}.`,
    ),
    ...stringsIf(
      idle > 0,
      `${request.vcpus} vCPUs do not fill whole cores of ${threadsPerCore} threads: ${idle} stays idle, and the guest is shown single-threaded cores.`,
    ),
  ];
}

/** Which cells have more than their share, of cores and of pages. */
function remainderText({ units, granules }: Space, cells: readonly LayoutCell[]): string {
  const weights = cells.map((cell) => cell.accelerators.length || 1);
  const all = weights.reduce((a, b) => a + b, 0);
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

/** The accelerators and nodes of another choice; its NICs, where it differs in nothing else. */
function whereInstead(best: readonly LayoutCell[], other: readonly LayoutCell[]): string {
  const addresses = (devices: (cell: LayoutCell) => readonly Device[], of = other): string =>
    of.flatMap((cell) => devices(cell).map(({ address }) => address)).join(", ");
  const accelerators = addresses((cell) => cell.accelerators);
  const isSame =
    nodesOf(other) === nodesOf(best) &&
    accelerators === addresses((cell) => cell.accelerators, best);
  const nics = addresses((cell) => cell.nics);
  if (isSame && nics !== "") return `with ${nics} instead`;
  return `${accelerators === "" ? "" : `${accelerators} on `}${nodesOf(other)}`;
}

/** The first thing in which the runner-up is worse, in the order in which they are compared. */
function runnerUpReason(found: Found, ideal: RawCost, runnerUpLoss: string | null): string {
  const { space, best, model, runnerUp } = found;
  if (runnerUp === null) return "No other choice fits that differs from it in more than names.";
  const what = `The runner-up, ${whereInstead(best.cells, runnerUp.cells)},`;
  const [a, b] = [best.objective, runnerUp.objective];
  const slowdown = planCost(model.cost(placed(runnerUp.cells)), ideal).slowdown;
  if (b.cells > a.cells) return `${what} takes ${b.cells} cells.`;
  if (compareCosts(b.cost, a.cost) > 0)
    return `${what} is predicted to run at ${slowdown} of the best's time.`;
  if (b.extra > a.extra) return `${what} takes ${b.extra} devices along that were not asked for.`;
  if (b.uneven > a.uneven) return `${what} makes cells of different size.`;
  if (b.spread > a.spread) return `${what} lies on nodes farther apart.`;
  if (runnerUpLoss !== null) return `${what} ${runnerUpLoss}.`;
  const besideOf = besideFree(space);
  const beside = besideOf(runnerUp);
  if (beside > besideOf(best)) {
    return `${what} stands beside ${amountOf(beside, "free accelerator")}.`;
  }
  return `${what} is as good, but has higher numbers.`;
}
