import { WHOLE_GPU } from "./task.ts";

/** A NUMA node of a host as a policy of a fleet sees it. */
export interface NodeShape {
  readonly cpuMilli: number;
  readonly memoryMib: number;
  readonly gpus: number;
}

/** A type of host: hosts of one type share the object. */
export interface HostShape {
  /** The model of its GPUs; null where it has none or nobody knows. */
  readonly model: string | null;
  readonly nodes: readonly NodeShape[];
}

/** What is free on a node. */
export interface NodeState {
  readonly cpuMilli: number;
  readonly memoryMib: number;
  /** What is left of each GPU, in thousandths, in the order of their indices. */
  readonly gpuMilli: readonly number[];
}

/**
 * What is free on a host. A state is never changed: a placement makes another one, so whoever has
 * looked at a state knows by its identity whether it still holds.
 */
export interface HostState {
  readonly shape: HostShape;
  readonly nodes: readonly NodeState[];
}

export function emptyHost(shape: HostShape): HostState {
  return {
    shape,
    nodes: shape.nodes.map(({ cpuMilli, memoryMib, gpus }) => ({
      cpuMilli,
      memoryMib,
      gpuMilli: Array.from({ length: gpus }, () => WHOLE_GPU),
    })),
  };
}

/** The host as those see it who do not know of nodes: one, with everything, GPUs in order. */
export function pooledShape(shape: HostShape): HostShape {
  const { model, nodes } = shape;
  if (nodes.length === 1) return shape;
  const sum = (of: (node: NodeShape) => number): number =>
    nodes.reduce((total, node) => total + of(node), 0);
  const pool: NodeShape = {
    cpuMilli: sum((node) => node.cpuMilli),
    memoryMib: sum((node) => node.memoryMib),
    gpus: sum((node) => node.gpus),
  };
  return { model, nodes: [pool] };
}

export function gpusOf({ nodes }: HostShape): number {
  return nodes.reduce((sum, { gpus }) => sum + gpus, 0);
}

export function freeCpuMilli({ nodes }: HostState): number {
  let sum = 0;
  for (const { cpuMilli } of nodes) sum += cpuMilli;
  return sum;
}

export function freeMemoryMib({ nodes }: HostState): number {
  let sum = 0;
  for (const { memoryMib } of nodes) sum += memoryMib;
  return sum;
}

export function freeGpuMilli({ nodes }: HostState): number {
  let sum = 0;
  for (const { gpuMilli } of nodes) for (const left of gpuMilli) sum += left;
  return sum;
}

/** How many GPUs of a node nobody has a part of. */
export function freeGpus({ gpuMilli }: NodeState): number {
  let count = 0;
  for (const left of gpuMilli) if (left === WHOLE_GPU) count++;
  return count;
}
