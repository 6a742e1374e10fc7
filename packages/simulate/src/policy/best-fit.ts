import { freeCpuMilli, freeGpuMilli } from "../fleet/host.ts";
import { byScore } from "./by-score.ts";
import { fullestGpu } from "./fullest-gpu.ts";
import type { Policy } from "./policy.ts";

/** The largest node of the published experiment, by which what is left is made comparable. */
const CPU_MILLI_MOST = 128_000;
const GPU_MILLI_MOST = 8000;

/**
 * The host with the least left afterwards, CPUs and GPUs weighed alike; a part of a GPU goes to the
 * GPU that it fills most. Scores are whole hundredths, as a kube-scheduler's are, and ties go to the
 * smallest name: as published.
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
      within: fullestGpu,
      ties: "name",
    }),
};
