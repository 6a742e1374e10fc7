/** The traces of the published experiment that are compared here. */
export const openbTraces = ["default", "multigpu20", "gpushare40", "cpu100"] as const;

/** The name of a trace. */
export type OpenbTrace = (typeof openbTraces)[number];

/** The seeds of the published experiment. */
export const publishedSeeds: readonly number[] = [42, 43, 44, 45, 46, 47, 48, 49, 50, 51];

/**
 * The share of GPUs allocated at 130 % arrived, in percent, as published: the mean of ten seeds from
 * the raw results beside the authors' simulator (hkust-adsl/kubernetes-scheduler-simulator,
 * experiments/analysis/expected_results). Policies and traces that are not there are missing here.
 */
const published: Readonly<Partial<Record<OpenbTrace, Readonly<Record<string, number>>>>> = {
  default: { random: 87.47, "best-fit": 93.08, fgd: 95.39 },
  multigpu20: { random: 88.69, "best-fit": 93.93, fgd: 95.65 },
  gpushare40: { random: 86.0, "best-fit": 91.69, fgd: 94.15 },
};

/** What was published for a policy on a trace, in percent; null where nothing was. */
export function publishedShare(trace: OpenbTrace, policy: string): number | null {
  const figures = published[trace];
  return figures !== undefined && Object.hasOwn(figures, policy) ? (figures[policy] ?? null) : null;
}
