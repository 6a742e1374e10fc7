import { cellsOf } from "../fleet/cells.ts";
import { freeGpus, type HostShape, type HostState, type NodeState } from "../fleet/host.ts";
import { accepts, type TaskShare, sharesGpu } from "../fleet/task.ts";

/**
 * The sellable capacity of a host: what it could still be sold as, in expectation over the demand.
 * It is a sum over the flavors: how many more VMs of the flavor would fit if nothing else came,
 * times the square of the flavor's GPUs, times its share of requests.
 *
 * - GPUs are counted in whole VMs, because a GPU serves one VM of the flavor or none: three free
 *   GPUs are one VM of two, and 0.9 of a GPU is one VM of 0.5. CPUs and memory are counted in
 *   fractions, down to one whole VM: what is left beside the last VM of one flavor is not lost,
 *   since the next VM may be of another. Rounding them down too costs a quarter of a point on the
 *   published trace.
 * - A VM of n GPUs counts n squared: it uses n GPUs, and it needs n free GPUs together. This equals
 *   the flavor's loss as a part of what an empty host holds of it (a host holds fewer large VMs, so
 *   each is a larger part), weighted by the GPUs it asks for instead of its requests. Room for
 *   eight that is broken up still holds eight VMs of one, so a weight that grows no faster than n
 *   sees no loss there. Small requests are a hundred times as frequent, so whole hosts would be
 *   given away for small gains: on the published trace twice as many requests for eight are
 *   refused, and less is allocated at every point. With the cube, hosts are kept empty that no
 *   request needs whole, which costs half a point.
 * - A part of a GPU counts as a VM of one GPU, not by its size: parts fill gaps that nothing else
 *   fills, and counted by size they hardly change the sum. That costs a quarter of a point where
 *   the most GPUs are shared.
 * - Every flavor with GPUs counts, however rare. Flavors without GPUs are left out: they run beside
 *   any GPU, so a placement takes nearly the same from them wherever it goes.
 *
 * On a host of several nodes, a flavor of one cell is counted node by node. A flavor of k cells,
 * with room for b_i cells on node i, fits as often as the minimum over r < k of (the sum of b
 * without its r largest) / (k - r), because no two cells of one VM share a node (arXiv 2604.15033).
 * Cells whose sizes differ by the remainder of a GPU are counted as the largest.
 *
 * The cost is the number of flavors times the number of nodes, a few nanoseconds each.
 */
export function sellableCapacity(demand: readonly TaskShare[]): (host: HostState) => number {
  const byShape = new Map<HostShape, readonly Group[]>();
  return ({ shape, nodes }) => {
    let groups = byShape.get(shape);
    if (groups === undefined) byShape.set(shape, (groups = groupsOf(shape, demand)));
    let sum = 0;
    for (const group of groups) {
      sum += group.cells === 1 ? onOneNode(nodes, group) : onSeveralNodes(nodes, group);
    }
    return sum;
  };
}

/** Flavors with the same number of cells and the same GPUs for each cell, on one type of host. */
interface Group {
  readonly cells: number;
  readonly gpus: number;
  /** The part of one GPU that a VM takes; null where it takes whole GPUs. */
  readonly partMilli: number | null;
  /** Ascending by CPUs, so that the count ends at the first flavor that asks for too many. */
  readonly flavors: readonly Flavor[];
}

interface Flavor {
  /** Its share of requests times the square of its GPUs. */
  readonly weight: number;
  readonly cpuMilli: number;
  readonly memoryMib: number;
}

function groupsOf(shape: HostShape, demand: readonly TaskShare[]): readonly Group[] {
  const groups = new Map<string, Group & { readonly flavors: Flavor[] }>();
  for (const { task, share } of demand) {
    if (task.gpus === 0 || !accepts(task, shape.model)) continue;
    const cells = cellsOf(shape, task);
    const [cell] = cells ?? [];
    if (cells === null || cell === undefined) continue;
    const partMilli = sharesGpu(task) ? task.gpuMilli : null;
    const key = `${cells.length}/${cell.gpus}/${partMilli}`;
    const group = groups.get(key) ?? {
      cells: cells.length,
      gpus: cell.gpus,
      partMilli,
      flavors: [],
    };
    group.flavors.push({
      weight: share * task.gpus ** 2,
      cpuMilli: cell.cpuMilli,
      memoryMib: cell.memoryMib,
    });
    groups.set(key, group);
  }
  return [...groups.values()].map((group) => ({
    ...group,
    flavors: group.flavors.toSorted((a, b) => a.cpuMilli - b.cpuMilli),
  }));
}

/** How many cells of a group the GPUs of a node serve. */
function byGpus(node: NodeState, { gpus, partMilli }: Group): number {
  if (partMilli === null) return Math.floor(freeGpus(node) / gpus);
  let count = 0;
  for (const left of node.gpuMilli) count += Math.floor(left / partMilli);
  return count;
}

function onOneNode(nodes: readonly NodeState[], group: Group): number {
  let sum = 0;
  for (const node of nodes) {
    const gpus = byGpus(node, group);
    if (gpus < 1) continue;
    for (const flavor of group.flavors) {
      if (flavor.cpuMilli > node.cpuMilli) break;
      if (flavor.memoryMib > node.memoryMib) continue;
      sum += flavor.weight * Math.min(gpus, fraction(node, flavor));
    }
  }
  return sum;
}

/**
 * How many cells the CPUs and memory of a node serve; a flavor may ask for no CPUs or no memory.
 */
function fraction({ cpuMilli, memoryMib }: NodeState, flavor: Flavor): number {
  const cpus = cpuMilli / Math.max(1, flavor.cpuMilli);
  return Math.min(cpus, memoryMib / Math.max(1, flavor.memoryMib));
}

function onSeveralNodes(nodes: readonly NodeState[], group: Group): number {
  const counted = nodes.map((node) => ({ node, gpus: byGpus(node, group) }));
  if (counted.filter(({ gpus }) => gpus > 0).length < group.cells) return 0;
  let sum = 0;
  for (const flavor of group.flavors) {
    const rooms = counted.map(({ node, gpus }) => {
      const room = Math.min(gpus, fraction(node, flavor));
      return room < 1 ? 0 : room;
    });
    sum += flavor.weight * vmsOverNodes(rooms, group.cells);
  }
  return sum;
}

/**
 * How many VMs fit on nodes with room for `rooms` cells, if each cell of a VM needs its own node.
 */
export function vmsOverNodes(rooms: readonly number[], cells: number): number {
  const descending = rooms.toSorted((a, b) => b - a);
  let rest = descending.reduce((sum, room) => sum + room, 0);
  let [least, left] = [Number.POSITIVE_INFINITY, cells];
  for (const room of descending) {
    if (left === 0) break;
    least = Math.min(least, rest / left);
    rest -= room;
    left--;
  }
  // With fewer nodes than cells, no VM fits.
  return left > 0 || least < 1 ? 0 : least;
}
