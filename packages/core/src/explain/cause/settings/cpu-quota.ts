import type { CgroupEvidence, CgroupLimits } from "../../../evidence/evidence.ts";
import { advice } from "../../../remedy/remedy.ts";
import { size, unionAll } from "../../../set/index-set.ts";
import { setOf } from "../../../set/list-format.ts";
import { percent, unknownCost } from "../../../verify/verdict/check.ts";
import type { FindingCost } from "../../../verify/verdict/verdict.ts";
import {
  type Accusation,
  accused,
  acquitted,
  type Cause,
  irrelevant,
  untold,
} from "../../subject/cause.ts";
import type { Subject } from "../../subject/subject.ts";

/** Periods in which a quota was used up, of all: fewer are those of a start. */
const noticed = 0.005;

/**
 * A quota stops all threads of a cgroup for the rest of each period in which it is used up, up to
 * 100 ms, also beside a cpuset that gives them CPUs of their own (koordinator issue 489). What
 * waits for one of the stopped threads stands still too.
 *
 * The price is read off `cpu.stat`. Of the time in periods a cgroup ran at most its quota, and
 * `throttled_usec` is what its threads were kept from running, summed over CPUs; so with R the most
 * that it ran and T what it was kept from, it took at least (R + T) / R as long. A quota of q CPUs
 * slows threads on n CPUs by no more than n / q.
 * https://docs.kernel.org/scheduler/sched-bwc.html
 */
export const cpuQuota: Cause = {
  code: "cpu-quota",
  layer: "host",
  looksFor: "a quota of CPU time stops its threads again and again",
  observable: "cgroups[].limits.throttled",
  readFrom: "/sys/fs/cgroup/**/{cpu.max,cpu.stat}",
  acquittedBy: "no quota, or one that is not used up",
  followsFrom: [],
  judge: (subject, twin) => {
    const { of, cgroups } = subject.evidence;
    if (of === "machine") return irrelevant;
    const read = cgroups.filter(({ limits }) => limits !== null);
    if (read.length === 0) return untold("cpu.max and cpu.stat of its cgroups were not read");
    const cpus = cpusOf(subject);
    const isFree = hasNoQuota(twin);
    const isTight = isFree && of === "vm";
    const found = read.flatMap((cgroup) => accusation(cgroup, cpus, { isFree, isTight }));
    if (found.length > 0) return accused(...found.toSorted(dearest).slice(0, 4));
    const quotas = read.flatMap(({ limits }) => limits?.quota ?? []);
    const isCounted = read.every(
      ({ limits }) => limits?.quota == null || limits.throttled !== null,
    );
    if (!isCounted && cpus === null) {
      return untold("it has a quota; how often that stops it was not read: cpu.stat would tell");
    }
    return acquitted(quotas.length === 0 ? "no quota" : "its quota is not used up");
  },
};

/** How many CPUs its threads may use at once; null where that is unknown. */
function cpusOf({ workers }: Subject): number | null {
  const allowed = (workers ?? []).flatMap(({ allowedCpus }) => allowedCpus ?? []);
  if (workers === null || allowed.length < workers.length || allowed.length === 0) return null;
  return Math.min(workers.length, size(unionAll([...new Set(allowed)].map(setOf))));
}

/** Whether a twin's cgroups were read and none has a quota. */
function hasNoQuota(twin: Subject | null): boolean {
  const read = (twin?.evidence.cgroups ?? []).flatMap(({ limits }) => limits ?? []);
  return read.length > 0 && read.every(({ quota }) => quota === null);
}

/** What a quota is held against where nobody counted how often it stopped the threads. */
interface QuotaBeside {
  /** The twin has no quota. */
  readonly isFree: boolean;
  /**
   * Nor may a quota be just the number of CPUs: that of a VM serves its emulator too
   * (kubevirt issue 12970).
   */
  readonly isTight: boolean;
}

function accusation(
  { path, where, limits }: CgroupEvidence,
  cpus: number | null,
  { isFree, isTight }: QuotaBeside,
): Accusation[] {
  const { quota, throttled } = limits ?? { quota: null, throttled: null };
  if (quota === null || quota.periodUs === 0) return [];
  const share = quota.quotaUs / quota.periodUs;
  const said = `cgroup ${path} may use ${rounded(share)} CPUs`;
  const common = {
    about: `cgroup ${path}`,
    expected: "no quota where its CPUs are its own",
    remedy: advice(
      "live",
      `Lift the quota of cgroup ${path}: write max to cpu.max (version 1: -1 to cpu.cfs_quota_us); ` +
        "in Kubernetes leave out the CPU limit, or turn off cpuCFSQuota.",
    ),
  };
  if (throttled === null) {
    if (cpus === null ? !isFree : cpus < share || (cpus === share && !isTight)) return [];
    const but =
      cpus === null
        ? "its twin has no quota"
        : cpus > share
          ? `its threads have ${cpus}`
          : "its emulator needs CPU time beside its vCPUs";
    const found = `${said}, and ${but}; how often that stops them was not read`;
    const evidence = [`${where}: quota ${quota.quotaUs} of ${quota.periodUs} us`];
    return [{ ...common, found, evidence, seen: "inferred", cost: unknownCost }];
  }
  const { periods, throttledPeriods, throttledUs } = throttled;
  if (periods === 0 || throttledPeriods < periods * noticed) return [];
  return [
    {
      ...common,
      found: `${said}, and was stopped in ${percent(throttledPeriods, periods)} of all periods`,
      evidence: [
        `${where}: quota ${quota.quotaUs} of ${quota.periodUs} us`,
        `${where}/cpu.stat: nr_periods ${periods}, nr_throttled ${throttledPeriods}, ` +
          `throttled for ${throttledUs} us`,
      ],
      seen: "directly",
      cost: costOf(quota, throttled, cpus),
    },
  ];
}

function costOf(
  { quotaUs, periodUs }: NonNullable<CgroupLimits["quota"]>,
  { periods, throttledUs }: NonNullable<CgroupLimits["throttled"]>,
  cpus: number | null,
): FindingCost {
  const ranUs = periods * quotaUs;
  if (ranUs === 0) return unknownCost;
  const measured = (ranUs + throttledUs) / ranUs;
  const most = cpus === null ? measured : Math.max(1, (cpus * periodUs) / quotaUs);
  return { slowdown: Math.min(measured, most), basis: "measured" };
}

function dearest(a: Accusation, b: Accusation): number {
  const [of, other] = [a.cost.slowdown, b.cost.slowdown];
  if (of === null || other === null) return Number(of === null) - Number(other === null);
  return other - of;
}

function rounded(share: number): number {
  return Math.round(share * 100) / 100;
}
