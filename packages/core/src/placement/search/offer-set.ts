import type { CostModel } from "../../cost/placement-cost.ts";
import type { Device } from "../inventory/devices.ts";
import type { Space } from "../space/space.ts";
import type { Alongside } from "./alongside.ts";
import type { Objective } from "./layout.ts";
import { cellsOf } from "./cells.ts";
import type { Making } from "./making.ts";
import type { NicsOpen } from "./nic-choice.ts";
import { networkCosts } from "./nic-paths.ts";
import { visitNics } from "./nics-to-offer.ts";
import type { SpreadOption } from "./spread-option.ts";
import type { SpreadSupply } from "./spread-supply.ts";

/** What is the same for all sets of a spread. */
export interface SpreadTask {
  readonly option: SpreadOption;
  readonly supply: SpreadSupply;
  /** The fabric partition that the set is; null where there are none. */
  readonly partition: number | null;
  /** The NICs on offer. */
  readonly nics: readonly Device[];
}

/** What a layout on the cells of a spread can be no better than. */
export function boundOn({ homes, apart }: SpreadOption, cost: number, extra: number): Objective {
  return { cells: homes.length, cost, extra, uneven: 0, spread: apart };
}

/**
 * Makes the layouts of a complete set of accelerators, one for each choice of NICs that could
 * matter, and offers them. All that the set costs beside its network paths is known before NICs are
 * chosen, so a choice is held against what those alone may come to.
 *
 * @param along has been told which accelerators are taken and passed over, and of the NICs on offer.
 */
export function offerSet(
  { space, model, ranked, effort }: Making,
  { option, supply, partition, nics }: SpreadTask,
  along: Alongside,
  accelerators: readonly Device[],
): void {
  const { inventory, request } = space;
  const wanted = request.nics.count;
  const { weights } = model;
  const beside = supply.memoryCost + costBesideNics(space, model, accelerators);
  const positions = accelerators.map(({ position }) => position);
  const ofPath = weights.network / (accelerators.length + wanted);
  const isOpen: NicsOpen = (cost, extra) =>
    ranked.unbounded() ||
    ranked.open(boundOn(option, beside + ofPath * cost, extra), () => positions);
  const cost = wanted === 0 ? [] : networkCosts(space, accelerators, nics);
  visitNics(ranked, inventory, { nics, count: wanted, cost, along, effort }, isOpen, (choice) => {
    const cells = cellsOf(supply, accelerators, choice.nics);
    // With everything chosen the bound is what it comes to.
    const objective = boundOn(option, beside + ofPath * choice.cost, choice.extra);
    ranked.offer({ cells, partition, objective });
  });
}

/** What transfers between them add, and a network path where no NICs are wanted. */
function costBesideNics(
  { request, inventory }: Space,
  { weights }: CostModel,
  accelerators: readonly Device[],
): number {
  const fixed = request.nics.count === 0 ? weights.network : 0;
  const pairs = (accelerators.length * (accelerators.length - 1)) / 2;
  if (pairs === 0) return fixed + weights.peer;
  const peers = inventory.relations.peers(request.workload);
  let sum = 0;
  for (let i = 0; i < accelerators.length; i++) {
    const row = peers[accelerators[i]?.position ?? -1];
    for (let j = 0; j < i; j++) sum += row?.[accelerators[j]?.position ?? -1] ?? 1;
  }
  return fixed + (weights.peer * sum) / pairs;
}
