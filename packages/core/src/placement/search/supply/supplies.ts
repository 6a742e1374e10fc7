import { compareCosts } from "../../../cost/compare-costs.ts";
import type { CostModel } from "../../../cost/placement-cost.ts";
import { at } from "../../../unit/list.ts";
import type { Device } from "../../inventory/devices.ts";
import { type LayoutCell, type Objective, placedCells, total } from "../../layout/layout.ts";
import type { Space } from "../../space/space.ts";
import type { CellShares, CellSupply, LocalityPolicy } from "../locality/locality-policy.ts";
import { proportionalShare } from "../locality/split.ts";
import type { Effort } from "../rank/effort.ts";
import { nicChoices } from "../rank/nic-choice.ts";
import type { Ranking } from "../rank/ranking.ts";

/** What all parts of one search share. */
export interface SearchContext {
  readonly space: Space;
  readonly model: CostModel;
  readonly policy: LocalityPolicy;
  readonly ranked: Ranking;
  readonly effort: Effort;
}

/** Cells with their cores and memory, before they have devices. */
export interface Supply {
  readonly cells: readonly SuppliedCell[];
  /** The parts of the cost that cores and memory decide. */
  readonly memory: number;
  readonly hostToDevice: number;
}

export type SuppliedCell = Omit<LayoutCell, "accelerators" | "nics">;

/**
 * The supplies of cells, in the variants that a ranking wants: the first of the cheapest, or all,
 * since the cells that get the remainder may matter to later VMs or to a signature.
 */
export function suppliesOf(
  { space, model, policy, ranked, effort }: SearchContext,
  shares: CellShares,
): readonly Supply[] {
  const isAll = ranked.variants !== "best";
  const supplies: Supply[] = [];
  for (const cells of policy.cellSupplies(shares, isAll, effort)) {
    const isSpent = !effort.spend(policy.work * cells.length);
    if (isSpent && supplies.length > 0) break;
    const inCells = placedCells(cells);
    const copying = shares.deviceNodes.flatMap((nodes, cell) =>
      nodes.map((node) => ({ node, cell })),
    );
    const parts = {
      memory: model.memory(inCells),
      hostToDevice: model.hostToDevice(inCells, copying),
    };
    const variants = withIdleThreads(space, shares, cells, ranked.variants === "all");
    supplies.push(...variants.map((own) => ({ cells: own, ...parts })));
    if (!isAll && policy.isCostFixed) break;
  }
  return isAll ? supplies : cheapest(model, supplies);
}

/** A lower bound on the cost with this supply: as if all devices were as near as can be. */
export function leastCostOf(model: CostModel, { memory, hostToDevice }: Supply): number {
  return model.total({ memory, hostToDevice, peer: 1, network: 1 });
}

function cheapest(model: CostModel, supplies: readonly Supply[]): readonly Supply[] {
  if (supplies.length < 2) return supplies;
  const costOf = (supply: Supply): number => leastCostOf(model, supply);
  return [supplies.reduce((a, b) => (compareCosts(costOf(b), costOf(a)) < 0 ? b : a))];
}

/**
 * Chooses the cell with idle threads, where whole cores hold more threads than were asked for: the
 * lowest cell that has a core more than its share, otherwise the lowest; or each cell in turn.
 */
function withIdleThreads(
  { request, inventory, units, coreClass }: Space,
  { cellNodes, deviceNodes }: CellShares,
  supplied: readonly CellSupply[],
  inAnyCell: boolean,
): readonly (readonly SuppliedCell[])[] {
  const cells = coreClass === null ? supplied : supplied.map((cell) => inClass(cell, coreClass));
  const isShared = request.isolation === "shared";
  const idle = isShared ? 0 : units * inventory.cores.threadsPerCore - request.vcpus;
  const idleIn = (chosen: number): readonly SuppliedCell[] =>
    cells.map((cell, i) => ({
      node: at(cellNodes, i),
      units: cell.units,
      granules: cell.granules,
      idleThreads: i === chosen ? idle : 0,
    }));
  if (idle === 0) return [idleIn(0)];
  if (inAnyCell) return cells.map((_, i) => idleIn(i));
  const weights = deviceNodes.map((nodes) => nodes.length);
  const all = request.accelerators.count;
  const larger = cells.findIndex((cell, i) => {
    const share =
      all === 0
        ? proportionalShare(units, 1, cells.length)
        : proportionalShare(units, at(weights, i), all);
    return total(cell.units) > share;
  });
  return [idleIn(Math.max(0, larger))];
}

function inClass(cell: CellSupply, coreClass: number): Pick<LayoutCell, "units" | "granules"> {
  return { ...cell, units: cell.units.map((part) => ({ ...part, coreClass })) };
}

/** What is left to combine once nodes and accelerators are chosen. */
export interface LayoutsTask {
  readonly supplies: readonly Supply[];
  readonly accelerators: readonly Device[];
  /** The free NICs, in the order of preference among equal ones. */
  readonly nics: readonly Device[];
  /** The fabric partition of the accelerators; null where the host has none. */
  readonly partition: number | null;
  readonly objectiveOf: (cost: number, unrequestedDevices: number) => Objective;
}

/** Offers a layout for each choice of NICs with each supply of the cells. */
export function offerLayouts(
  { space, model, ranked, effort }: SearchContext,
  { supplies, accelerators, nics, partition, objectiveOf }: LayoutsTask,
): void {
  const { nicOrbit } = space.inventory.symmetry;
  const positions = accelerators.map(({ position }) => position);
  const peer = model.peer(positions);
  // Without accelerators layouts are offered in order, and an equal one comes too late.
  const beginning = positions.length === 0 ? undefined : () => positions;
  const { count } = space.request.nics;
  const task = { nicOrbit, model, accelerators, nics, count, effort };
  for (const { nics: chosen, network, unrequestedDevices } of nicChoices(task, ranked)) {
    for (const { cells, memory, hostToDevice } of supplies) {
      const objective = objectiveOf(
        model.total({ memory, hostToDevice, peer, network }),
        unrequestedDevices,
      );
      if (!ranked.couldImprove(objective, beginning)) continue;
      for (const all of withDevices(cells, accelerators, chosen, ranked.variants === "all")) {
        ranked.offer({ cells: all, partition, objective });
      }
    }
  }
}

/**
 * Gives the cells their devices. NICs of other nodes belong to the first cell, or to each cell in
 * turn.
 */
function withDevices(
  cells: readonly SuppliedCell[],
  accelerators: readonly Device[],
  nics: readonly Device[],
  inAnyCell: boolean,
): readonly (readonly LayoutCell[])[] {
  const isFar = ({ node }: Device): boolean => cells.every((cell) => cell.node !== node);
  const far = nics.filter(isFar);
  const farIn = (chosen: number): readonly LayoutCell[] =>
    cells.map((cell, i) => ({
      ...cell,
      accelerators: accelerators.filter(({ node }) => node === cell.node),
      nics: nics.filter((nic) => nic.node === cell.node || (i === chosen && far.includes(nic))),
    }));
  return inAnyCell && far.length > 0 ? cells.map((_, i) => farIn(i)) : [farIn(0)];
}
