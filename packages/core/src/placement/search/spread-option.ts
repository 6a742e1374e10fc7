import type { CostModel } from "../../cost/placement-cost.ts";
import type { Space } from "../space/space.ts";
import type { Rules } from "./rules.ts";
import type { Shelf } from "./shelves.ts";
import { proportionalShare, proportionalSplit } from "./split.ts";
import type { Spread } from "./spreads.ts";

/** A spread on the nodes that are its cells. */
export interface SpreadOption extends SpreadCells {
  readonly spread: Spread;
  /** What paths to memory add to the cost at least, by their weights. */
  readonly memoryLeast: number;
  /** The sum of the distances between its nodes. */
  readonly apart: number;
}

interface SpreadCells {
  /** By ascending node. */
  readonly homes: readonly number[];
  /** How many accelerators each of these cells has, those of unknown node included. */
  readonly accelerators: readonly number[];
  /** How many of the first cell's are of unknown node. */
  readonly strangers: number;
}

/** How many accelerators each shelf's node could carry at the most, by their share of the request. */
export function mostPerShelf(
  { request, inventory, units, granules, nodes }: Space,
  shelves: readonly Shelf[],
  { mayHold }: Rules,
): readonly number[] {
  const { count } = request.accelerators;
  return shelves.map(({ node, members }) => {
    let most = Math.min(members.length, count);
    if (node === null) return most;
    const home = nodes[inventory.nodePosition.get(node) ?? -1];
    if (home === undefined) return 0;
    // Rounded down: only the lowest cell has the remainder.
    const fits = (some: number): boolean =>
      mayHold(
        home,
        proportionalShare(units, some, count),
        proportionalShare(granules, some, count),
      );
    while (most > 0 && !fits(most)) most--;
    return most;
  });
}

/**
 * The nodes that can be a spread's cells, with what is known of the cost of every set that lies so.
 * None where a cell would be left without cores or memory, or could not be on its node, or where
 * there are too few NICs. A pass over the cells, and over their pairs for the distances.
 */
export function spreadOptions(
  space: Space,
  shelves: readonly Shelf[],
  model: CostModel,
  rules: Rules,
): (spread: Spread) => readonly SpreadOption[] {
  const cellsOf = cellsOfSpreads(space, shelves);
  const hasNics = rules.besideDevices ? enoughNics(space) : () => true;
  const leastOfMemory = memoryBound(space, model, rules);
  const apart = distancesAmong(space);
  const option = (spread: Spread, cells: SpreadCells): readonly SpreadOption[] => {
    if (!hasNics(cells.homes)) return [];
    const memoryLeast = leastOfMemory(cells);
    if (memoryLeast === null) return [];
    return [{ ...cells, spread, memoryLeast, apart: apart(cells.homes) }];
  };
  return (shown) => {
    const spread = [...shown];
    const cells = cellsOf(spread);
    const [only] = cells;
    return only !== undefined && cells.length === 1
      ? option(spread, only)
      : cells.flatMap((one) => option(spread, one));
  };
}

/** The sum of the distances between nodes, each looked up once. */
function distancesAmong({ inventory }: Space): (homes: readonly number[]) => number {
  const { nodeIds, nodePosition, relations } = inventory;
  let known: Float64Array | null = null;
  return (homes) => {
    if (homes.length < 2) return 0;
    known ??= new Float64Array(nodeIds.length ** 2).fill(-1);
    let sum = 0;
    for (let i = 0; i < homes.length; i++) {
      const home = homes[i] ?? -1;
      const row = (nodePosition.get(home) ?? 0) * nodeIds.length;
      for (let j = 0; j < i; j++) {
        const other = homes[j] ?? -1;
        const at = row + (nodePosition.get(other) ?? 0);
        const before = known[at] ?? -1;
        sum += before >= 0 ? before : (known[at] = relations.distance(home, other));
      }
    }
    return sum;
  };
}

/**
 * The cells of a spread are the nodes of its accelerators; one whose node is unknown adds none and
 * belongs to the lowest. Where no node is known at all, any one that has cores may be the cell.
 */
function cellsOfSpreads(
  { nodes }: Space,
  shelves: readonly Shelf[],
): (spread: Spread) => readonly SpreadCells[] {
  // By ascending node, as cells are.
  const known: { readonly s: number; readonly node: number }[] = [];
  for (const [s, { node }] of shelves.entries()) if (node !== null) known.push({ s, node });
  known.sort((a, b) => a.node - b.node);
  const unknown = shelves.findIndex(({ node }) => node === null);
  return (spread) => {
    const strangers = unknown < 0 ? 0 : (spread[unknown] ?? 0);
    const homes: number[] = [];
    const accelerators: number[] = [];
    for (const { s, node } of known) {
      const some = spread[s] ?? 0;
      if (some === 0) continue;
      homes.push(node);
      accelerators.push(some);
    }
    accelerators[0] = (accelerators[0] ?? 0) + strangers;
    if (homes.length > 0) return [{ homes, accelerators, strangers }];
    return nodes
      .filter((node) => node.units > 0)
      .map(({ id }) => ({ homes: [id], accelerators, strangers }));
  };
}

/** Whether nodes have as many NICs on offer as are wanted. */
function enoughNics({ request, nics }: Space): (homes: readonly number[]) => boolean {
  const wanted = request.nics.count;
  if (wanted === 0) return () => true;
  const on = new Map<number | null, number>();
  for (const { node } of nics) on.set(node, (on.get(node) ?? 0) + 1);
  return (homes) => {
    let near = 0;
    for (const home of homes) near += on.get(home) ?? 0;
    return near >= wanted;
  };
}

/**
 * What paths to these cells' memory cost at least; null where one could not be on its node. All cells
 * but the first, which has the remainder of the split, have what their accelerators' number gives
 * them, so what they cost is kept by node and number.
 */
function memoryBound(
  { request, inventory, nodes, units, granules }: Space,
  { weights }: CostModel,
  rules: Rules,
): (cells: SpreadCells) => number | null {
  const { count } = request.accelerators;
  let known: Float64Array | null = null;
  const leastOf = (at: number, cores: number, memory: number, devices: number): number => {
    const node = nodes[at];
    const isPossible = node !== undefined && cores > 0 && memory > 0;
    if (!isPossible || !rules.mayHold(node, cores, memory)) return Infinity;
    const [ofCores, ofDevices] = [
      (weights.memory * memory) / granules,
      (weights.hostToDevice * devices) / count,
    ];
    return rules.leastMemory(node.id, cores, memory, ofCores, ofDevices);
  };
  return ({ homes, accelerators, strangers }) => {
    const isTogether = rules.sharesFit?.(proportionalSplit(granules, accelerators)) ?? true;
    if (!isTogether) return null;
    let [cores, memory] = [units, granules];
    // Of a device of unknown node nothing is known but that no path is shorter than 1.
    let least = (weights.hostToDevice * strangers) / count;
    if (homes.length > 1) known ??= new Float64Array(nodes.length * (count + 1)).fill(-1);
    for (let i = 1; i < homes.length; i++) {
      const some = accelerators[i] ?? 0;
      const ownCores = proportionalShare(units, some, count);
      const ownMemory = proportionalShare(granules, some, count);
      cores -= ownCores;
      memory -= ownMemory;
      const position = inventory.nodePosition.get(homes[i] ?? -1) ?? -1;
      const at = position * (count + 1) + some;
      let own = known?.[at] ?? -1;
      if (own < 0) own = leastOf(position, ownCores, ownMemory, some);
      if (known !== null) known[at] = own;
      least += own;
    }
    const first = inventory.nodePosition.get(homes[0] ?? -1) ?? -1;
    least += leastOf(first, cores, memory, (accelerators[0] ?? 0) - strangers);
    return least === Infinity ? null : least;
  };
}
