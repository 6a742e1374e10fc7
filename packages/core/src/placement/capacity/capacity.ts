import type { SoldCore } from "../inventory/cores.ts";
import type { Device } from "../inventory/devices.ts";
import { nameCores } from "../name-cores.ts";
import type { Layout, LayoutCell } from "../search/layout.ts";
import type { NodeSpace, Space } from "../space/space.ts";
import type { Demand } from "../state/demand.ts";
import type { State, States } from "../state/states.ts";

/** How many fit, and whether it is certain that no more do. */
export interface Slots {
  readonly slots: number;
  /** False where there were more choices than could be tried: so many fit, and more may. */
  readonly exact: boolean;
}

/**
 * How many more VMs of a demand, in its signature where it has one, a host in some state can take:
 * the most that any order and any choice of places could reach.
 *
 * VMs are placed one after the other where each is best, which most often reaches a bound that
 * nothing can exceed: what one VM needs into what there is, resource by resource. Where it does
 * not, every place for the first VM is tried, with the capacity of what is left after it; some
 * optimal choice begins with one of them, so their maximum is the capacity. A place is passed over
 * when the bound of what it leaves could not lead to more. Both are worked out once a state, and
 * orders of the same choices meet in the same states.
 *
 * Machines whose huge pages strangers hold too are to be settled before (`settled.ts`): what is free
 * at one moment is no amount that can be counted down.
 *
 * What real machines leave to choose is little, but a VM over several of many nodes can be put
 * together in more ways than anybody can try. Then the search ends after `stepsMax` layouts, those
 * of a state counting for some more, and the count is the best that it has come to.
 */
export function boundedCapacities(
  states: States,
  stepsMax = 1 << 12,
): (state: State, demand: Demand) => Slots {
  // Of states that are only passed through in thought there are many: the count alone is kept.
  const known = new Map<string, number>();
  const uncertain = new Map<string, number>();
  const demands = new Map<string, number>();
  let left = 0;
  const keyOf = (state: State, demand: Demand): string => {
    const number = demands.get(demand.key) ?? demands.size;
    demands.set(demand.key, number);
    return `${number} ${state.key}`;
  };
  const capacity = (state: State, demand: Demand): number => {
    const key = keyOf(state, demand);
    const before = known.get(key);
    if (before !== undefined) return before;
    const count = most(state, demand);
    if (left <= 0) return count;
    if (known.size >= countsMax) known.clear();
    known.set(key, count);
    return count;
  };
  const most = (state: State, demand: Demand): number => {
    const first = states.best(state, demand);
    if (first === null) return 0;
    let reached = 1 + capacity(first.after, demand);
    const offered = states.space(state, demand);
    const cells = demand.only === null ? null : cellsOnNodes(offered, first.layout);
    const boundOf = (at: State): number => capacityBound(states.space(at, demand), cells);
    const limit = boundOf(state);
    if (reached >= limit || left <= 0) return reached;
    const { steps, complete } = states.all(state, demand);
    left -= stepsPerState + steps.length;
    if (!complete) left = Math.min(left, 0);
    for (const { after } of steps) {
      if (after.key === first.after.key) continue;
      if (1 + boundOf(after) <= reached) continue;
      reached = Math.max(reached, 1 + capacity(after, demand));
      if (reached >= limit || left <= 0) break;
    }
    return reached;
  };
  return (state, demand) => {
    const key = keyOf(state, demand);
    const before = uncertain.get(key);
    if (before !== undefined) return { slots: before, exact: false };
    left = stepsMax;
    const slots = capacity(state, demand);
    const exact = left > 0 || slots >= capacityBound(states.space(state, demand), null);
    if (!exact) uncertain.set(key, slots);
    return { slots, exact };
  };
}

/** What it takes to look at a state at all, in layouts. */
const stepsPerState = 64;

/** Some hundred megabytes at the most; what is forgotten is counted again. */
const countsMax = 1 << 18;

/** The cells of a VM that each lie on one node: how many, and the least that any of them has. */
interface Cells {
  readonly count: number;
  readonly units: number;
  readonly granules: number;
  readonly accelerators: number;
  /** Those on the cell's node. */
  readonly nics: number;
  /** Of each cell how its cores lie below last-level caches; none where cores are shared. */
  readonly shapes: readonly Shape[];
}

/** How many pieces of a cell's cores, a piece a cache, are of so many cores or more, by size. */
type Shape = readonly { readonly size: number; readonly pieces: number }[];

/** Null where one does not. In one signature all VMs have such cells if one has. */
function cellsOnNodes(space: Space, { cells }: Layout): Cells | null {
  const isAtHome = cells.every(({ node, units, granules, accelerators }) =>
    [...units, ...granules, ...accelerators].every((part) => part.node === node),
  );
  if (!isAtHome) return null;
  const leastOf = (amount: (cell: LayoutCell) => number): number =>
    cells.reduce((least, cell) => Math.min(least, amount(cell)), Infinity);
  return {
    count: cells.length,
    units: leastOf(({ units }) => units.reduce((sum, { count }) => sum + count, 0)),
    granules: leastOf(({ granules }) => granules.reduce((sum, { count }) => sum + count, 0)),
    accelerators: leastOf(({ accelerators }) => accelerators.length),
    nics: leastOf(({ node, nics }) => nics.filter((nic) => nic.node === node).length),
    shapes: space.request.isolation === "shared" ? [] : nameCores(space, cells).map(shapeOf),
  };
}

function shapeOf(cores: readonly SoldCore[]): Shape {
  const sizes = [...Map.groupBy(cores, ({ group }) => group).values()].map(({ length }) => length);
  return [...new Set(sizes)].map((size) => ({
    size,
    pieces: sizes.filter((other) => other >= size).length,
  }));
}

/**
 * What no number of VMs can exceed: each resource by itself, over the whole host; and where all VMs
 * have cells that each lie on one node, the nodes' room for cells, for what is left over on several
 * nodes makes none together. A node has no two cells of one VM, so of `m` VMs it takes `m` at most.
 */
function capacityBound(space: Space, cells: Cells | null): number {
  const { request, nodes, units, granules, accelerators, nics } = space;
  const sum = (amount: (node: NodeSpace) => number): number =>
    nodes.reduce((all, node) => all + amount(node), 0);
  let most = Math.floor(
    Math.min(
      sum((node) => Math.max(0, node.units)) / units,
      sum((node) => node.granules ?? 0) / granules,
      part(accelerators.length, request.accelerators.count),
      part(nics.length, request.nics.count),
      request.isolation === "host" ? 1 : Infinity,
    ),
  );
  if (cells === null) return most;
  const rooms = nodes.map((node, at) => roomOn(space, node, at, cells));
  const cellsOf = (vms: number): number =>
    rooms.reduce((all, room) => all + Math.min(room, vms), 0);
  while (most > 0 && cellsOf(most) < most * cells.count) most--;
  return most;
}

/** How many of the cells a node could hold if all were like the least of them. */
function roomOn(
  space: Space,
  { id, units, granules }: NodeSpace,
  at: number,
  cells: Cells,
): number {
  const own = (devices: readonly Device[]): number =>
    devices.filter((device) => device.node === id).length;
  const room = Math.min(
    part(Math.max(0, units), cells.units),
    part(granules ?? 0, cells.granules),
    part(own(space.accelerators), cells.accelerators),
    part(own(space.nics), cells.nics),
  );
  if (cells.shapes.length === 0) return Math.floor(room);
  const ofCaches = cells.shapes.map((shape) => roomBelowCaches(space, at, shape));
  return Math.floor(Math.min(room, Math.max(...ofCaches)));
}

/** A cache gives a cell one piece of its cores; where none is shared, one piece at all. */
function roomBelowCaches(
  { inventory, occupancy, closed, request }: Space,
  at: number,
  shape: Shape,
): number {
  const free = (inventory.cores.groupsOfNode[at] ?? []).map((group) =>
    closed.coreGroup(group) ? 0 : (occupancy.freeCores[group] ?? 0),
  );
  const alone = request.isolation === "l3" ? 1 : Infinity;
  return shape.reduce((least, { size, pieces }) => {
    const given = free.reduce((all, cores) => all + Math.min(alone, Math.floor(cores / size)), 0);
    return Math.min(least, given / pieces);
  }, Infinity);
}

const part = (all: number, wanted: number): number => (wanted > 0 ? all / wanted : Infinity);
