import type { CostModel } from "../../cost/placement-cost.ts";
import type { Device } from "../inventory/devices.ts";
import type { Space } from "../space/space.ts";
import type { Effort } from "./effort.ts";
import { firstPlaces, isInPlace } from "./equal-cells.ts";
import { alongside } from "./alongside.ts";
import type { NicsOpen } from "./nic-choice.ts";
import { visitNics } from "./nics-to-offer.ts";
import { fewestAlong, nicsTakingFewest } from "./nics-alone.ts";
import { type NodeSets, type NodeSetsOpen, visitNodeSets } from "./node-sets.ts";
import { type NodeTask, nodeTask } from "./node-task.ts";
import { objectiveOf } from "./objective.ts";
import { fitsInterleaved, interleavedCost } from "./place-cost.ts";
import type { Ranking } from "./ranking.ts";
import type { Rules } from "./rules.ts";
import { evenSplit } from "./split.ts";

/**
 * Ranks the ways to place a request that has no accelerators to follow: on the fewest nodes that
 * hold it, in equal cells if some such set allows it, else as equal as it allows, and on nodes as
 * near to each other as possible. Each number of cells is tried in full before the next.
 *
 * What a set of nodes must fulfil is made into what each node must by itself, and into sums, before
 * any set is looked at (`equal-cells.ts`, `node-task.ts`): so the sets that are shown do hold the
 * request, and a layout is only made of one that could matter.
 */
export function rankOnNodes(
  space: Space,
  model: CostModel,
  rules: Rules,
  ranked: Ranking,
  effort: Effort,
): void {
  const task = nodeTask(space, model, rules);
  if (task === null) return;
  const making = { space, model, rules, ranked, effort, task };
  // Every cell has cores and memory.
  const most = Math.min(task.nodes.length, space.units, space.granules);
  for (let count = 1; count <= most && !ranked.settled(); count++) {
    if (!task.mayHold(count)) continue;
    rankEven(making, count);
    // Only what must lie on its own node is cut to the node's size; elsewhere equal cells will do.
    if (rules.besideDevices) rankUneven(making, count);
  }
}

/** What every layout of one search is made with. */
interface Making {
  readonly space: Space;
  readonly model: CostModel;
  readonly rules: Rules;
  readonly ranked: Ranking;
  readonly effort: Effort;
  readonly task: NodeTask;
}

/** Equal cells: which nodes can be one depends on their places, and what memory costs too. */
function rankEven(making: Making, count: number): void {
  const { space, task, effort } = making;
  const { nodes, interleaved } = task;
  if (interleaved !== null && !fitsInterleaved(interleaved.over, space.granules, count)) return;
  const sets: NodeSets = {
    count,
    firstPlace: firstPlaces(nodes, count, task.own),
    twin: task.twin,
    needs: task.needs.even,
    cost: interleaved && interleavedCost(interleaved.paths, space.granules, count),
    distances: task.distances,
  };
  const units = evenSplit(
    space.units,
    Array.from({ length: count }, () => space.units),
  );
  const granules = evenSplit(
    space.granules,
    Array.from({ length: count }, () => space.granules),
  );
  if (units === null || granules === null) return;
  visitNodeSets(sets, openTo(making, count, 0), effort, (set, spread) => {
    offer(making, set, { units, granules, uneven: 0, spread });
  });
}

/** Cells as equal as their nodes allow, on the sets that do not hold equal ones. */
function rankUneven(making: Making, count: number): void {
  const { space, task, effort } = making;
  const { nodes } = task;
  const sets: NodeSets = {
    count,
    firstPlace: new Int32Array(nodes.length),
    twin: task.twin,
    needs: task.needs.uneven,
    cost: null,
    distances: task.distances,
  };
  const evenPlace = firstPlaces(nodes, count, task.own);
  visitNodeSets(sets, openTo(making, count, 1), effort, (set, spread) => {
    if (isInPlace(set, evenPlace)) return;
    const room = Array.from(set, (at) => nodes[at]);
    const units = evenSplit(
      space.units,
      room.map((node) => node?.units ?? 0),
    );
    const granules = evenSplit(
      space.granules,
      room.map((node) => node?.granules ?? 0),
    );
    if (units === null || granules === null) return;
    offer(making, set, { units, granules, uneven: 1, spread });
  });
}

/** Own memory costs 1; of interleaved memory the part that depends on the nodes is known. */
function openTo({ model, ranked, task }: Making, cells: number, uneven: number): NodeSetsOpen {
  const { weights } = model;
  return {
    unbounded: ranked.unbounded,
    open: (memory, spread) =>
      ranked.open({
        cells,
        cost: 1 + weights.memory * (memory - 1),
        extra: task.extra,
        uneven,
        spread,
      }),
  };
}

interface Split {
  readonly units: readonly number[];
  readonly granules: readonly number[];
  readonly uneven: number;
  /** What is known of the set's spread. */
  readonly spread: number;
}

function offer(making: Making, set: Int32Array, { units, granules, uneven, spread }: Split): void {
  const { space, model, rules, ranked, effort, task } = making;
  const ids = Array.from(set, (at) => task.nodes[at]?.id ?? -1);
  effort.spend(workPerLayout + rules.work * ids.length);
  const supplies = rules.fit(
    ids.map((node, i) => ({
      node,
      units: units[i] ?? 0,
      granules: granules[i] ?? 0,
      deviceNodes: [],
    })),
  );
  if (supplies === null) return;
  visitNicsOn(making, ids, uneven, spread, (nics) => {
    const cells = ids.map((node, i) => ({
      node,
      units: supplies[i]?.units ?? [],
      granules: supplies[i]?.granules ?? [],
      accelerators: [],
      nics: nics.filter((nic) => nic.node === node || (i === 0 && !ids.includes(nic.node ?? -1))),
    }));
    for (const cell of cells) effort.spend(workPerPath * cell.units.length * cell.granules.length);
    ranked.offer({ cells, partition: null, objective: objectiveOf(space, model, cells, uneven) });
  });
}

/** In units of effort, beside what finding out where cores and memory come from takes. */
const workPerLayout = 100;

/** In units of effort, for each node's memory that a node's cores reach. */
const workPerPath = 10;

/**
 * NICs on the nodes; where the locality allows, from anywhere once those on the nodes run out. None
 * where those take so many others along that the set does not matter.
 */
function visitNicsOn(
  { space, rules, ranked, effort }: Making,
  ids: readonly number[],
  uneven: number,
  spread: number,
  visit: (nics: readonly Device[]) => void,
): void {
  const { count } = space.request.nics;
  const isNear = (nic: Device): boolean => ids.includes(nic.node ?? -1);
  const near = space.nics.filter(isNear);
  effort.spend(count === 0 ? 0 : workPerNic * space.nics.length);
  const isOpen: NicsOpen = (_cost, extra) =>
    ranked.open({ cells: ids.length, cost: 1, extra, uneven, spread });
  const far = rules.besideDevices ? [] : space.nics.filter((nic) => !isNear(nic));
  const nics = [...near, ...far];
  const extra = fewestAlong(nics, count);
  if (extra === null || !isOpen(0, extra)) return;
  if (ranked.nics === "first") {
    visit(nicsTakingFewest(nics, count) ?? []);
    return;
  }
  const along = alongside(space.inventory.devices.groupSizes, nics);
  along.begin([], nics);
  visitNics(ranked, space.inventory, { nics, count, cost: [], along, effort }, isOpen, visit);
}

/** In units of effort, for each NIC on offer. */
const workPerNic = 10;
