import type { CostModel } from "../../../cost/placement-cost.ts";
import { compareCosts } from "../../../cost/compare-costs.ts";
import { at } from "../../../unit/list.ts";
import { entryAt } from "../../../unit/matrix.ts";
import { type Device, unboundAmong } from "../../inventory/devices.ts";
import { type PreviousInOrbit, previousByKey, previousByPair } from "./previous-in-orbit.ts";
import type { Effort } from "./effort.ts";
import type { Ranking } from "./ranking.ts";

/** The NICs to choose from, for accelerators that have been chosen. */
export interface NicTask {
  /** The orbit of each NIC, by position: NICs of one orbit can change places (`symmetry.ts`). */
  readonly nicOrbit: readonly number[];
  readonly model: NetworkModel;
  readonly accelerators: readonly Device[];
  /** In the order of preference among equal ones. */
  readonly nics: readonly Device[];
  readonly count: number;
  readonly effort: Effort;
}

/** The part of a cost model that NICs decide. */
export interface NetworkModel extends Pick<CostModel, "network"> {
  readonly paths: Pick<CostModel["paths"], "network">;
}

export interface NicChoice {
  readonly nics: readonly Device[];
  /** The part of the cost that they decide. */
  readonly network: number;
  /** Devices that come along with the NICs and accelerators without having been asked for. */
  readonly unrequestedDevices: number;
}

/**
 * The choices of NICs for given accelerators and nodes, in the variants that a ranking wants.
 * `best` is the first choice with the least network cost, of these the fewest unrequested devices,
 * and of these the most NICs that vfio-pci has; `tied` are all choices of the same cost and as many
 * unrequested devices, one of each orbit; `all` is every choice, one of each orbit.
 */
export function nicChoices(
  task: NicTask,
  { variants }: Pick<Ranking, "variants">,
): readonly NicChoice[] {
  if (task.nics.length < task.count) return [];
  if (variants === "all") return allChoices(task, sameToAll(task));
  const choices = allChoices(
    task,
    variants === "best" ? sameToAccelerators(task) : sameToAll(task),
  );
  const [first, ...others] = choices;
  if (first === undefined) return [];
  const isBetter = (a: NicChoice, b: NicChoice): boolean =>
    (compare(a, b) || unboundAmong(a.nics) - unboundAmong(b.nics)) < 0;
  const best = others.reduce((a, b) => (isBetter(b, a) ? b : a), first);
  return variants === "best" ? [best] : choices.filter((choice) => compare(choice, best) === 0);
}

function compare(a: NicChoice, b: NicChoice): number {
  return compareCosts(a.network, b.network) || a.unrequestedDevices - b.unrequestedDevices;
}

/**
 * Every set of `count` NICs, in lexicographic order; of the sets that symmetries exchange only the
 * first. A set that skips a NIC and has a later one of its orbit is the image of an earlier set.
 * Once the effort is used up, the sets found so far must do.
 */
function allChoices(task: NicTask, previousInOrbit: PreviousInOrbit): readonly NicChoice[] {
  const { nics, count, accelerators, model, effort } = task;
  const positions = accelerators.map(({ position }) => position);
  const work = workPerSet + workPerPath * count * accelerators.length;
  const choices: NicChoice[] = [];
  const chosen: number[] = [];
  const extend = (from: number): boolean => {
    const missing = count - chosen.length;
    if (missing === 0) {
      const own = chosen.map((j) => at(nics, j));
      const network = model.network(
        positions,
        own.map(({ position }) => position),
      );
      choices.push({
        nics: own,
        network,
        unrequestedDevices: countUnrequestedDevices([...accelerators, ...own]),
      });
      return effort.spend(work);
    }
    for (let j = from; j <= nics.length - missing; j++) {
      const before = at(previousInOrbit, j);
      if (before !== null && !chosen.includes(before)) continue;
      chosen.push(j);
      const goesOn = extend(j + 1);
      chosen.pop();
      if (!goesOn) return false;
    }
    return true;
  };
  extend(0);
  return choices;
}

/** In units of effort. */
const workPerSet = 40;
const workPerPath = 2;

/**
 * NICs that are equal to these accelerators: each accelerator has the same network cost to both,
 * and the same devices come along, as both are alone in their IOMMU groups or share one.
 */
function sameToAccelerators({ nics, accelerators, model }: NicTask): PreviousInOrbit {
  const table = accelerators.length === 0 ? [] : model.paths.network().relative;
  const isSameOrbit = (a: Device, b: Device): boolean =>
    a.isBound === b.isBound &&
    (a.group === b.group || (isAlone(a) && isAlone(b))) &&
    accelerators.every(
      ({ position }) =>
        entryAt(table, position, a.position) === entryAt(table, position, b.position),
    );
  return previousByPair(nics, isSameOrbit);
}

const isAlone = ({ soldCompanions }: Device): boolean => soldCompanions.length === 0;

/** NICs that can change places on the machine. */
function sameToAll({ nicOrbit, nics }: NicTask): PreviousInOrbit {
  return previousByKey(nics, ({ position }) => at(nicOrbit, position));
}

/**
 * How many accelerators and NICs come along with the chosen devices, in their IOMMU groups, without
 * having been asked for: nobody else can have them.
 */
function countUnrequestedDevices(chosen: readonly Device[]): number {
  if (chosen.every((device) => device.soldCompanions.length === 0)) return 0;
  const asked = new Set(chosen.map((device) => device.address));
  const along = new Set(chosen.flatMap((device) => device.soldCompanions));
  return [...along].filter((address) => !asked.has(address)).length;
}
