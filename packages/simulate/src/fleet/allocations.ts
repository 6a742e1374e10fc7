import { at } from "@evenkeel/core/unit/list.ts";
import { cellsOf, type Cell } from "./cells.ts";
import { freeGpus, type HostShape, type HostState, type NodeState } from "./host.ts";
import { accepts, sharesGpu, type Task, WHOLE_GPU } from "./task.ts";

/**
 * What a task takes of one node: GPUs by their indices on the node, `gpuMilli` thousandths of each.
 */
export interface NodeAllocation {
  readonly node: number;
  readonly cpuMilli: number;
  readonly memoryMib: number;
  readonly gpus: readonly number[];
  readonly gpuMilli: number;
}

/** What a task takes of a host, node by node. */
export type Allocation = readonly NodeAllocation[];

/**
 * Every allocation for a task on a host, one of each group that leaves equal amounts. Allocations
 * differ in their nodes and, for a part of a GPU, in the amount that is left on that GPU. GPUs of
 * one node with the same amount left are interchangeable: the one with the lowest index is taken.
 * Empty where the task does not fit.
 *
 * Cells of one size get nodes in ascending order, so that no set of nodes comes twice. A host of
 * eight nodes has at most 8!/(4! 4!) = 70 allocations for cells of one size, times the choice of
 * the larger cells among them.
 */
export function allocationsOn(host: HostState, task: Task): readonly Allocation[] {
  if (task.gpus > 0 && !accepts(task, host.shape.model)) return noAllocations;
  const cells = cellsFor(host.shape, task);
  if (cells === null) return noAllocations;
  const allocations: Allocation[] = [];
  const [cell] = cells;
  if (cells.length === 1 && cell !== undefined) onOneNode(host.nodes, task, cell, allocations);
  else assign(host.nodes, task, cells, [], allocations);
  return allocations.length === 0 ? noAllocations : allocations;
}

/** The host after an allocation is taken (`sign` -1) or given back (`sign` 1). */
export function hostAfter(host: HostState, allocation: Allocation, sign: -1 | 1 = -1): HostState {
  const nodes = [...host.nodes];
  for (const part of allocation) {
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

const noAllocations: readonly Allocation[] = [];

const known = new WeakMap<Task, Map<HostShape, readonly Cell[] | null>>();

/** The cells of a task on a type of host, computed once. */
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
  allocations: Allocation[],
): void {
  for (let node = 0; node < nodes.length; node++) {
    const state = nodes[node];
    if (state === undefined || state.cpuMilli < cpuMilli || state.memoryMib < memoryMib) continue;
    for (const gpus of gpuChoices(state, task, count)) {
      allocations.push([{ node, cpuMilli, memoryMib, gpus, gpuMilli: task.gpuMilli }]);
    }
  }
}

/**
 * Tries every node for the next cell, then for the one after; a full assignment is an allocation.
 */
function assign(
  nodes: readonly NodeState[],
  task: Task,
  cells: readonly Cell[],
  parts: readonly NodeAllocation[],
  allocations: Allocation[],
): void {
  const cell = cells[parts.length];
  if (cell === undefined) {
    allocations.push(parts);
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
      assign(nodes, task, cells, [...parts, part], allocations);
    }
  }
}

/** Shared constants: on most hosts of a full fleet nothing fits, and then nothing is allocated. */
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
