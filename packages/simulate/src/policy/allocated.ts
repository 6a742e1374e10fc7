import {
  freeCpuMilli,
  freeGpuMilli,
  freeMemoryMib,
  type HostShape,
  type HostState,
  type NodeShape,
  pooledShape,
} from "../fleet/host.ts";
import { WHOLE_GPU } from "../fleet/task.ts";
import { byScore } from "./by-score.ts";
import { emptiestGpu, fullestGpu } from "./fullest-gpu.ts";
import type { Policy } from "./policy.ts";

/** Kubernetes' own example for packing gives extended resources three times the weight. */
const GPU_WEIGHT = 3;

const source =
  "kube-scheduler, NodeResourcesFit (kubernetes.io/docs/concepts/scheduling-eviction/resource-bin-packing)";

/**
 * Packing as an ordinary scheduler does it: the host of whose CPUs, memory and GPUs the largest part
 * is taken afterwards, each in whole hundredths, GPUs weighed three times. Ties go to any, as in the
 * stock scheduler. A part of a GPU goes to the one with the least left.
 */
export const mostAllocated: Policy = {
  name: "pack",
  title: "Packing (MostAllocated)",
  source,
  knowsNodes: false,
  start: (setting) =>
    byScore(setting, {
      score: (_, next) => allocatedPercent(next),
      within: fullestGpu,
      ties: "random",
    }),
};

/**
 * Spreading as an ordinary scheduler does it, by default: the host with the largest part free. A
 * part of a GPU goes to the one with the most left.
 */
export const leastAllocated: Policy = {
  name: "spread",
  title: "Spreading (LeastAllocated)",
  source,
  knowsNodes: false,
  start: (setting) =>
    byScore(setting, {
      score: (_, next) => -allocatedPercent(next),
      within: emptiestGpu,
      ties: "random",
    }),
};

/**
 * The weighted mean of what is taken of each resource that the host has, in whole hundredths; a
 * resource that it does not have counts for nothing.
 */
export function allocatedPercent(host: HostState): number {
  const most = totalOf(host.shape);
  let [sum, weights] = [0, 0];
  const add = (left: number, of: number, weight: number): void => {
    if (of === 0) return;
    sum += weight * Math.floor((100 * (of - left)) / of);
    weights += weight;
  };
  add(freeCpuMilli(host), most.cpuMilli, 1);
  add(freeMemoryMib(host), most.memoryMib, 1);
  add(freeGpuMilli(host), most.gpus * WHOLE_GPU, GPU_WEIGHT);
  return Math.floor(sum / Math.max(1, weights));
}

const totals = new WeakMap<HostShape, NodeShape>();

/** All that a type of host has, summed once. */
function totalOf(shape: HostShape): NodeShape {
  const known = totals.get(shape);
  if (known !== undefined) return known;
  const [total = { cpuMilli: 0, memoryMib: 0, gpus: 0 }] = pooledShape(shape).nodes;
  totals.set(shape, total);
  return total;
}
