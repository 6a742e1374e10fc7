import { freeCpuMilli, freeGpuMilli } from "../fleet/host.ts";
import { byScore } from "./by-score.ts";
import { fullestGpu } from "./fullest-gpu.ts";
import type { Policy } from "./policy.ts";

/** The largest node of the published experiment: the unit in which CPUs and GPUs are added up. */
const CPU_MILLI_MOST = 128_000;
const GPU_MILLI_MOST = 8000;

/**
 * Best fit as published: the host with the least left afterwards, CPUs and GPUs weighted equally. A
 * part of a GPU goes to the GPU with the least left. Scores are whole percent, as the
 * kube-scheduler's are, and ties go to the smallest name.
 */
export const bestFit: Policy = {
  name: "best-fit",
  title: "Best fit",
  source: "Weng et al., USENIX ATC 2023, baseline BestFit",
  knowsNodes: false,
  start: (setting) =>
    byScore(setting, {
      score: (_, next) => {
        const gpus = freeGpuMilli(next) / GPU_MILLI_MOST;
        return Math.floor((1 - (freeCpuMilli(next) / CPU_MILLI_MOST + gpus) / 2) * 100);
      },
      withinHost: fullestGpu,
      ties: "name",
    }),
};
