import { WHOLE_GPU } from "./task.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";

/** The resources of a NUMA node, as a policy sees them. */
export interface NodeShape {
  readonly cpuMilli: number;
  readonly memoryMib: number;
  readonly gpus: number;
}

/** A type of host. Hosts of one type share the object. */
export interface HostShape {
  /** The model of its GPUs; null where it has no GPUs, several models, or none is known. */
  readonly model: string | null;
  readonly nodes: readonly NodeShape[];
}

/** What is free on a node. */
export interface NodeState {
  readonly cpuMilli: number;
  readonly memoryMib: number;
  /** The free thousandths of each GPU, by its index. */
  readonly gpuMilli: readonly number[];
}

/**
 * What is free on a host. A state never changes: a placement makes a new one, so caches compare
 * states by identity.
 */
export interface HostState {
  readonly shape: HostShape;
  readonly nodes: readonly NodeState[];
}

/** A host of this type with everything free. */
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

/** The host as a policy without NUMA nodes sees it: one node with all resources, GPUs in order. */
export function pooledShape(shape: HostShape): HostShape {
  const { model, nodes } = shape;
  if (nodes.length === 1) return shape;
  const sum = (of: (node: NodeShape) => number): number => sumOf(nodes, (node) => of(node));
  const pool: NodeShape = {
    cpuMilli: sum((node) => node.cpuMilli),
    memoryMib: sum((node) => node.memoryMib),
    gpus: sum((node) => node.gpus),
  };
  return { model, nodes: [pool] };
}

/** How many GPUs a type of host has. */
export function gpusOf({ nodes }: HostShape): number {
  return sumOf(nodes, ({ gpus }) => gpus);
}

/** The free CPUs of all nodes. */
export function freeCpuMilli({ nodes }: HostState): number {
  let sum = 0;
  for (const { cpuMilli } of nodes) sum += cpuMilli;
  return sum;
}

/** The free memory of all nodes. */
export function freeMemoryMib({ nodes }: HostState): number {
  let sum = 0;
  for (const { memoryMib } of nodes) sum += memoryMib;
  return sum;
}

/** The free thousandths of all GPUs. */
export function freeGpuMilli({ nodes }: HostState): number {
  let sum = 0;
  for (const { gpuMilli } of nodes) for (const left of gpuMilli) sum += left;
  return sum;
}

/** How many GPUs of a node are wholly free. */
export function freeGpus({ gpuMilli }: NodeState): number {
  let count = 0;
  for (const left of gpuMilli) if (left === WHOLE_GPU) count++;
  return count;
}
