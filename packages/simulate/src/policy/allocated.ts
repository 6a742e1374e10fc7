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

/** The example for packing in the Kubernetes documentation gives extended resources weight 3. */
const GPU_WEIGHT = 3;

const source =
  "kube-scheduler, NodeResourcesFit (kubernetes.io/docs/concepts/scheduling-eviction/resource-bin-packing)";

/**
 * Packing as the kube-scheduler does it: the host whose CPUs, memory and GPUs are allocated the
 * most afterwards, in whole percent, with triple weight for GPUs. Ties are broken at random, as in
 * the stock scheduler. A part of a GPU goes to the GPU with the least left.
 */
export const mostAllocated: Policy = {
  name: "pack",
  title: "Packing (MostAllocated)",
  source,
  knowsNodes: false,
  start: (setting) =>
    byScore(setting, {
      score: (_, next) => allocatedPercent(next),
      withinHost: fullestGpu,
      ties: "random",
    }),
};

/**
 * Spreading, the default of the kube-scheduler: the host that is allocated the least. A part of a
 * GPU goes to the GPU with the most left.
 */
export const leastAllocated: Policy = {
  name: "spread",
  title: "Spreading (LeastAllocated)",
  source,
  knowsNodes: false,
  start: (setting) =>
    byScore(setting, {
      score: (_, next) => -allocatedPercent(next),
      withinHost: emptiestGpu,
      ties: "random",
    }),
};

/**
 * The weighted mean of the allocated percentages of CPUs, memory and GPUs, rounded down. A resource
 * that the host does not have is left out.
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

/** All resources of a type of host, summed once. */
function totalOf(shape: HostShape): NodeShape {
  const known = totals.get(shape);
  if (known !== undefined) return known;
  const [total = { cpuMilli: 0, memoryMib: 0, gpus: 0 }] = pooledShape(shape).nodes;
  totals.set(shape, total);
  return total;
}
