import { at } from "@evenkeel/core/unit/list.ts";
import { cellsOf, type Cell } from "./cells.ts";
import { freeGpus, type HostShape, type HostState, type NodeState } from "./host.ts";
import { accepts, sharesGpu, type Task, WHOLE_GPU } from "./task.ts";

/** What is taken of one node: the GPUs by their indices there, of each `gpuMilli` thousandths. */
export interface Part {
  readonly node: number;
  readonly cpuMilli: number;
  readonly memoryMib: number;
  readonly gpus: readonly number[];
  readonly gpuMilli: number;
}

/** One way to put a task on a host. */
export type Way = readonly Part[];

/**
 * Every way to put a task on a host that differs in what it leaves: which nodes, in order of their
 * indices, and for a part of a GPU each amount that is left on some GPU. GPUs of one node with the
 * same amount left are as good as each other, and the lowest index stands for them. Empty where the
 * task does not fit.
 *
 * Cells of one size are given nodes in ascending order, so that no set of nodes comes twice. A host
 * of eight nodes has at most 8!/(4! 4!) = 70 ways for cells of one size, times the choice of the
 * larger ones among them.
 */
export function waysOn(host: HostState, task: Task): readonly Way[] {
  if (task.gpus > 0 && !accepts(task, host.shape.model)) return noWays;
  const cells = cellsFor(host.shape, task);
  if (cells === null) return noWays;
  const ways: Way[] = [];
  const [cell] = cells;
  if (cells.length === 1 && cell !== undefined) onOneNode(host.nodes, task, cell, ways);
  else assign(host.nodes, task, cells, [], ways);
  return ways.length === 0 ? noWays : ways;
}

/** A host that a way leaves behind, or that it came from where `sign` is 1. */
export function after(host: HostState, way: Way, sign: -1 | 1 = -1): HostState {
  const nodes = [...host.nodes];
  for (const part of way) {
    const node = nodes[part.node];
    if (node === undefined) continue;
    const gpuMilli = [...node.gpuMilli];
    for (const gpu of part.gpus) gpuMilli[gpu] = at(gpuMilli, gpu) + sign * part.gpuMilli;
    nodes[part.node] = {
      cpuMilli: node.cpuMilli + sign * part.cpuMilli,
      memoryMib: node.memoryMib + sign * part.memoryMib,
      gpuMilli,
    };
  }
  return { shape: host.shape, nodes };
}

const noWays: readonly Way[] = [];

const known = new WeakMap<Task, Map<HostShape, readonly Cell[] | null>>();

/** The cells of a task on a type of host, worked out once. */
function cellsFor(shape: HostShape, task: Task): readonly Cell[] | null {
  let byShape = known.get(task);
  if (byShape === undefined) known.set(task, (byShape = new Map()));
  let cells = byShape.get(shape);
  if (cells === undefined) byShape.set(shape, (cells = cellsOf(shape, task)));
  return cells;
}

function onOneNode(
  nodes: readonly NodeState[],
  task: Task,
  { cpuMilli, memoryMib, gpus: count }: Cell,
  ways: Way[],
): void {
  for (let node = 0; node < nodes.length; node++) {
    const state = nodes[node];
    if (state === undefined || state.cpuMilli < cpuMilli || state.memoryMib < memoryMib) continue;
    for (const gpus of gpuChoices(state, task, count)) {
      ways.push([{ node, cpuMilli, memoryMib, gpus, gpuMilli: task.gpuMilli }]);
    }
  }
}

/** Gives the next cell every node that it may have, and so on; each full assignment is a way. */
function assign(
  nodes: readonly NodeState[],
  task: Task,
  cells: readonly Cell[],
  parts: readonly Part[],
  ways: Way[],
): void {
  const cell = cells[parts.length];
  if (cell === undefined) {
    ways.push(parts);
    return;
  }
  const [before, last] = [cells[parts.length - 1], parts.at(-1)];
  const from = last !== undefined && before?.gpus === cell.gpus ? last.node + 1 : 0;
  for (let node = from; node < nodes.length; node++) {
    const state = nodes[node];
    if (state === undefined || parts.some((part) => part.node === node)) continue;
    if (state.cpuMilli < cell.cpuMilli || state.memoryMib < cell.memoryMib) continue;
    for (const gpus of gpuChoices(state, task, cell.gpus)) {
      const { cpuMilli, memoryMib } = cell;
      const part = { node, cpuMilli, memoryMib, gpus, gpuMilli: task.gpuMilli };
      assign(nodes, task, cells, [...parts, part], ways);
    }
  }
}

/** Where nothing fits, as on most hosts of a full fleet, nothing is made anew either. */
const noChoice: readonly (readonly number[])[] = [];
const noGpus: readonly (readonly number[])[] = [[]];

function gpuChoices(node: NodeState, task: Task, count: number): readonly (readonly number[])[] {
  const { gpuMilli } = node;
  if (count === 0) return noGpus;
  if (sharesGpu(task)) {
    const choices: number[][] = [];
    for (const [gpu, left] of gpuMilli.entries()) {
      if (left >= task.gpuMilli && gpuMilli.indexOf(left) === gpu) choices.push([gpu]);
    }
    return choices;
  }
  if (freeGpus(node) < count) return noChoice;
  const free: number[] = [];
  for (let gpu = 0; free.length < count; gpu++) if (gpuMilli[gpu] === WHOLE_GPU) free.push(gpu);
  return [free];
}
