import type { CostModel } from "../../../cost/placement-cost.ts";
import { compareCosts } from "../../../cost/compare-costs.ts";
import { at } from "../../../unit/list.ts";
import { entryAt } from "../../../unit/matrix.ts";
import type { Device } from "../../inventory/devices.ts";
import { type PreviousInOrbit, previousByKey, previousByPair } from "./previous-in-orbit.ts";
import type { Effort } from "./effort.ts";
import { countUnrequestedDevices } from "./unrequested-devices.ts";
import type { Ranking } from "./ranking.ts";

/** NICs to choose from for accelerators that have been chosen. */
export interface NicTask {
  /** Of NICs by position: those of one orbit can change places (`inventory/symmetry.ts`). */
  readonly nicOrbit: readonly number[];
  readonly model: NetworkModel;
  readonly accelerators: readonly Device[];
  /** In the order of preference among equal ones. */
  readonly nics: readonly Device[];
  readonly count: number;
  readonly effort: Effort;
}

/** What of a cost model NICs decide. */
export interface NetworkModel extends Pick<CostModel, "network"> {
  readonly paths: Pick<CostModel["paths"], "network">;
}

export interface NicChoice {
  readonly nics: readonly Device[];
  /** The part of the cost that they decide. */
  readonly network: number;
  /** How many devices come along, accelerators' companions included. */
  readonly unrequestedDevices: number;
}

/**
 * The choices of NICs that a ranking wants offered for the same accelerators and nodes: the first of
 * those with the least network cost, and of them with the fewest devices that come along; all that
 * are as good, one of each that nobody could tell apart; or all.
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
  const best = others.reduce((a, b) => (compare(b, a) < 0 ? b : a), first);
  return variants === "best" ? [best] : choices.filter((choice) => compare(choice, best) === 0);
}

function compare(a: NicChoice, b: NicChoice): number {
  return compareCosts(a.network, b.network) || a.unrequestedDevices - b.unrequestedDevices;
}

/**
 * Every set of `count` NICs in their order, and of sets that differ by NICs of one orbit the first
 * alone: one that passes a NIC over and has a later one of its orbit can be made from one without such a
 * gap. Once the effort is used up the sets that have been found must do.
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
 * One orbit to these accelerators: it costs each the same, and takes the same along, being alone in its
 * group or in the same.
 */
function sameToAccelerators({ nics, accelerators, model }: NicTask): PreviousInOrbit {
  const table = accelerators.length === 0 ? [] : model.paths.network().relative;
  const isSameOrbit = (a: Device, b: Device): boolean =>
    (a.group === b.group || (isAlone(a) && isAlone(b))) &&
    accelerators.every(
      ({ position }) =>
        entryAt(table, position, a.position) === entryAt(table, position, b.position),
    );
  return previousByPair(nics, isSameOrbit);
}

const isAlone = ({ soldCompanions }: Device): boolean => soldCompanions.length === 0;

/** One orbit to everybody: they can change places on the machine. */
function sameToAll({ nicOrbit, nics }: NicTask): PreviousInOrbit {
  return previousByKey(nics, ({ position }) => at(nicOrbit, position));
}
