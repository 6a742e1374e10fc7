import { cellsOf } from "../fleet/cells.ts";
import { freeGpus, type HostShape, type HostState, type NodeState } from "../fleet/host.ts";
import { accepts, type TaskDemand, sharesGpu } from "../fleet/task.ts";

/**
 * What a host could still be sold as, in expectation over the demand: for every flavor, how many
 * more of it would fit if nothing else came, times the square of its GPUs, weighted by its share of
 * requests.
 *
 * - GPUs are counted in whole VMs, because a GPU serves one flavor's VM or none: three free GPUs are
 *   one VM of two, and 0.9 of a GPU is one part of 0.5. CPUs and memory are counted in fractions,
 *   down to one whole VM: what is left beside the last VM of one flavor is not lost, since the next
 *   may be of another. Rounding them down as well costs a quarter of a point on the published trace.
 * - A VM of n GPUs counts n times n: it puts n GPUs to use, and needs that so many are free
 *   together. It is the same as counting a flavor's loss in parts of what an empty host holds of it
 *   (of the fewer large ones, each is a larger part), weighted by the GPUs that it asks for rather
 *   than by its requests. Room for eight that is broken up still holds eight single ones, so what
 *   grows no faster than n finds nothing lost in that, and since small requests are a hundred times
 *   as frequent, whole hosts are given away for small gains: on the trace as published twice as many
 *   requests for eight are refused, and less is allocated all the way. With the cube, hosts are kept
 *   empty that nobody asks for whole, which costs half a point.
 * - A part of a GPU counts as a VM of one, not as the part that it is: parts fill gaps that nothing
 *   else does, and counted by their size they hardly matter to the sum. That costs a quarter of a
 *   point where the most GPUs are shared.
 * - Every flavor with GPUs counts, however rare. Those without are left out: they run beside any
 *   GPU, so what a placement takes from them is nearly the same wherever it goes.
 *
 * On a host of several nodes, a flavor that lies on one node counts node by node. Of a flavor that
 * takes k cells, with room for b_i of them on node i, as many fit as the least over r < k of (the sum
 * of b less its r largest) / (k - r), since no two cells of one VM share a node (arXiv 2604.15033).
 * Cells that differ by the remainder of a GPU are counted as the largest of them.
 *
 * It costs the number of flavors times the nodes, a few nanoseconds each.
 */
export function furtherSales(demand: readonly TaskDemand[]): (host: HostState) => number {
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

/** Flavors that take the same GPUs of the same number of nodes of a type of host. */
interface Group {
  readonly cells: number;
  readonly gpus: number;
  /** What is taken of the one GPU, or null where whole ones are. */
  readonly partMilli: number | null;
  /** Ascending by CPUs, so that the first that finds too few ends the count. */
  readonly flavors: readonly Flavor[];
}

interface Flavor {
  /** Its share of requests times the square of its GPUs. */
  readonly weight: number;
  readonly cpuMilli: number;
  readonly memoryMib: number;
}

function groupsOf(shape: HostShape, demand: readonly TaskDemand[]): readonly Group[] {
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

/** For how many cells of a group a node's GPUs suffice. */
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

/** How many cells a node's CPUs and memory would do for; a flavor may ask for none of either. */
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
    sum += flavor.weight * spread(rooms, group.cells);
  }
  return sum;
}

/** How many VMs of so many cells, each on a node of its own, nodes with such room hold. */
export function spread(rooms: readonly number[], cells: number): number {
  const descending = rooms.toSorted((a, b) => b - a);
  let rest = descending.reduce((sum, room) => sum + room, 0);
  let [least, left] = [Number.POSITIVE_INFINITY, cells];
  for (const room of descending) {
    if (left === 0) break;
    least = Math.min(least, rest / left);
    rest -= room;
    left--;
  }
  // Where there are fewer nodes than cells, some cell has none.
  return left > 0 || least < 1 ? 0 : least;
}
