import type { CostParts } from "./plan-cost.ts";
import type { Workload } from "../request/virtual-machine.ts";

/**
 * The weights of a workload: how the time that it spends moving data divides over the paths when it
 * is placed as well as possible. A slowdown is the sum of the parts' relative costs by these
 * weights: a part of weight 0.4 whose path takes twice as long makes the whole 1.4 times as long.
 *
 * **Modelled, not measured**: nobody publishes these shares for whole classes of work. They order
 * the parts by what each class is known to wait for, and are round on purpose. Time spent computing
 * is left out, so a slowdown is that of the data movement and bounds the job's from above. A part
 * that a VM does not have (peers of a single accelerator) keeps its weight at the cost 1.
 */
export const workloadWeights: Readonly<Record<Workload, CostParts>> = {
  // Tensor parallelism exchanges activations twice a layer for every token, which comes first.
  // Prompts, sampled tokens and offloaded caches cross from host memory, and the loop that launches
  // each step runs on the CPU; other hosts take part only in the largest deployments.
  inference: { hostToDevice: 0.25, memory: 0.3, peer: 0.35, network: 0.1 },
  // Every step reduces gradients over all accelerators, first within the host, then between hosts.
  // Batches come from host memory ahead of time, prepared by loaders that mostly keep up.
  training: { hostToDevice: 0.15, memory: 0.15, peer: 0.4, network: 0.3 },
  // Data loading, checkpoints and weights: everything passes between host memory and accelerators,
  // is touched by a CPU on its way, and often arrives over the network.
  staging: { hostToDevice: 0.6, memory: 0.25, peer: 0.05, network: 0.1 },
  // The work is done by the CPUs (simulation, preprocessing); devices only receive results.
  compute: { hostToDevice: 0.1, memory: 0.7, peer: 0.1, network: 0.1 },
};
