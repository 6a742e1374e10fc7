import {
  freeCpuMilli,
  freeGpuMilli,
  freeMemoryMib,
  gpusOf,
  type HostState,
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

/** The weighted mean of what is taken of each resource that the host has, in whole hundredths. */
export function allocatedPercent(host: HostState): number {
  const [shape] = pooledShape(host.shape).nodes;
  if (shape === undefined) return 0;
  const resources = [
    { left: freeCpuMilli(host), most: shape.cpuMilli, weight: 1 },
    { left: freeMemoryMib(host), most: shape.memoryMib, weight: 1 },
    { left: freeGpuMilli(host), most: gpusOf(host.shape) * WHOLE_GPU, weight: GPU_WEIGHT },
  ].filter(({ most }) => most > 0);
  const weights = resources.reduce((sum, { weight }) => sum + weight, 0);
  const scores = resources.map(
    ({ left, most, weight }) => weight * Math.floor((100 * (most - left)) / most),
  );
  return Math.floor(scores.reduce((sum, score) => sum + score, 0) / Math.max(1, weights));
}
