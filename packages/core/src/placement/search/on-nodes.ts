import type { Device } from "../inventory/devices.ts";
import { alongside } from "./alongside.ts";
import { cellsOf } from "./cells.ts";
import { firstPlaces, isInPlace } from "./equal-cells.ts";
import type { Making } from "./making.ts";
import type { NicsOpen } from "./nic-choice.ts";
import { fewestAlong, nicsTakingFewest } from "./nics-alone.ts";
import { visitNics } from "./nics-to-offer.ts";
import { type NodeSets, type NodeSetsOpen, visitNodeSets } from "./node-sets.ts";
import { type NodeTask, nodeTask } from "./node-task.ts";
import { objectiveOf } from "./objective.ts";
import { interleavedCost } from "./place-cost.ts";
import { evenPart, evenSplit } from "./split.ts";

/**
 * Ranks the ways to place a request that has no accelerators to follow: on the fewest nodes that
 * hold it, in equal cells if some such set allows it, else as equal as it allows, and on nodes as
 * near to each other as possible. Each number of cells is tried in full before the next.
 *
 * What a set of nodes must fulfil is made into what each node must by itself, and into sums, before
 * any set is looked at (`equal-cells.ts`, `node-task.ts`): so the sets that are shown do hold the
 * request, and a layout is only made of one that could matter.
 */
export function rankOnNodes(making: Making): void {
  const { space, rules, ranked } = making;
  const task = nodeTask(space, rules);
  if (task === null) return;
  const onNodes = { ...making, task };
  // Every cell has cores and memory.
  const most = Math.min(task.nodes.length, space.units, space.granules);
  for (let count = 1; count <= most && !ranked.settled(); count++) {
    if (!rules.isPossible(count) || !task.mayHold(count)) continue;
    rankEven(onNodes, count);
    // Only what must lie on its own node is cut to the node's size; elsewhere equal cells will do.
    if (rules.besideDevices) rankUneven(onNodes, count);
  }
}

interface OnNodes extends Making {
  readonly task: NodeTask;
}

/** Equal cells: which nodes can be one depends on their places, and what memory costs too. */
function rankEven(making: OnNodes, count: number): void {
  const { space, rules, task, effort } = making;
  const { nodes, interleaved } = task;
  const equal = (total: number): number[] =>
    Array.from({ length: count }, (_, place) => evenPart(total, count, place));
  const [units, granules] = [equal(space.units), equal(space.granules)];
  if (rules.sharesFit?.(granules) === false) return;
  const sets: NodeSets = {
    count,
    firstPlace: firstPlaces(nodes, count, task.own),
    twin: task.twin,
    needs: task.needs.even,
    cost: interleaved && interleavedCost(interleaved, space.granules, count),
    distances: task.distances,
  };
  visitNodeSets(sets, openTo(making, count, 0), effort, (set, spread) => {
    offer(making, set, { units, granules, uneven: 0, spread });
  });
}

/** Cells as equal as their nodes allow, on the sets that do not hold equal ones. */
function rankUneven(making: OnNodes, count: number): void {
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
function openTo({ model, ranked, task }: OnNodes, cells: number, uneven: number): NodeSetsOpen {
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

function offer(making: OnNodes, set: Int32Array, { units, granules, uneven, spread }: Split): void {
  const { space, model, rules, ranked, effort, task } = making;
  const ids = Array.from(set, (at) => task.nodes[at]?.id ?? -1);
  effort.spend(workPerLayout + rules.work * ids.length);
  const demands = ids.map((node, i) => ({
    node,
    units: units[i] ?? 0,
    granules: granules[i] ?? 0,
    deviceNodes: [],
  }));
  const supplies = rules.fit(demands);
  if (supplies === null) return;
  visitNicsOn(making, ids, uneven, spread, (nics) => {
    const cells = cellsOf({ demands, supplies }, [], nics);
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
  { space, rules, ranked, effort }: OnNodes,
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
  const task = { nics, count, cost: [], along, effort };
  visitNics(ranked, space.inventory, task, isOpen, (choice) => visit(choice.nics));
}

/** In units of effort, for each NIC on offer. */
const workPerNic = 10;
