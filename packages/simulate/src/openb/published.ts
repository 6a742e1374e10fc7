/** The lists of tasks of the published experiment that are compared here. */
export const openbTraces = ["default", "multigpu20", "gpushare40", "cpu100"] as const;

/** The name of a trace. */
export type OpenbTrace = (typeof openbTraces)[number];

/** The seeds of the published experiment. */
export const publishedSeeds: readonly number[] = [42, 43, 44, 45, 46, 47, 48, 49, 50, 51];

/**
 * The published share of GPUs allocated, in percent, once 130 % of all GPUs have been asked for:
 * the mean of ten seeds in the raw results of the authors' simulator
 * (hkust-adsl/kubernetes-scheduler-simulator, experiments/analysis/expected_results). Policies and
 * lists without published results are missing here.
 */
const published: Readonly<Partial<Record<OpenbTrace, Readonly<Record<string, number>>>>> = {
  default: { random: 87.47, "best-fit": 93.08, fgd: 95.39 },
  multigpu20: { random: 88.69, "best-fit": 93.93, fgd: 95.65 },
  gpushare40: { random: 86.0, "best-fit": 91.69, fgd: 94.15 },
};

/** The published figure for a policy on a list, in percent; null where none is published. */
export function publishedShare(trace: OpenbTrace, policy: string): number | null {
  const figures = published[trace];
  return figures !== undefined && Object.hasOwn(figures, policy) ? (figures[policy] ?? null) : null;
}
