import type { CpuSettings, IdleState } from "@evenkeel/core/evidence/machine-evidence.ts";
import { indices, indexSet } from "@evenkeel/core/set/index-set.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";
import { cpuDirectory, readProcessors } from "../sysfs/processors.ts";
import { indexedNames, readCount, readIndex, readLine } from "../sysfs/values.ts";
import { shown } from "../text/shown.ts";
import type { Tree } from "../tree/tree.ts";

/**
 * Reads how the CPUs in use are set, those alike as one, by their lowest CPU. Null where no CPU has
 * either cpufreq or cpuidle, as in most VMs.
 *
 * The cost is some twenty small files for each CPU.
 * https://docs.kernel.org/admin-guide/pm/cpufreq.html, …/pm/cpuidle.html, …/pm/intel_pstate.html
 */
export function readCpus(tree: Tree): CpuSettings[] | null {
  const share = readIndex(tree, `${cpuDirectory}/intel_pstate/max_perf_pct`);
  const read = indices(readProcessors(tree).online).map((cpu) => {
    const folder = `${cpuDirectory}/cpu${cpu}`;
    return {
      cpu,
      settings: { ...readClocks(tree, folder, share), idleStates: readIdle(tree, folder) },
    };
  });
  const known = read.some(({ settings: { idleStates, ...clocks } }) =>
    [idleStates, ...Object.values(clocks)].some((value) => value !== null),
  );
  if (!known) return null;
  // How often each was asleep is no setting.
  const alike = Map.groupBy(read, ({ settings: { idleStates, ...clocks } }) =>
    JSON.stringify([clocks, idleStates?.map((state) => ({ ...state, entered: null }))]),
  );
  return [...alike.values()].flatMap((own) => {
    const [first] = own;
    if (first === undefined) return [];
    const cpus = formatList(indexSet(own.map(({ cpu }) => cpu)));
    const states = own.map(({ settings }) => settings.idleStates ?? []);
    const idleStates = first.settings.idleStates?.map((state, i) => {
      const counts = states.flatMap((of) => of[i]?.entered ?? []);
      const entered = counts.length < own.length ? null : sumOf(counts, (count) => count);
      return { ...state, entered };
    });
    return [{ ...first.settings, cpus, idleStates: idleStates ?? null }];
  });
}

type Clocks = Omit<CpuSettings, "cpus" | "idleStates">;

/** @param share of the highest frequency, in percent, that intel_pstate allows all CPUs. */
function readClocks(tree: Tree, folder: string, share: number | null): Clocks {
  const cpufreq = `${folder}/cpufreq`;
  const index = (name: string): number | null => readCount(tree, `${cpufreq}/${name}`);
  const word = (name: string): string | null =>
    shown(readLine(tree, `${cpufreq}/${name}`) ?? "", 32);
  const hardwareMaxKHz = index("cpuinfo_max_freq");
  const own = index("scaling_max_freq");
  const isShared = share !== null && share < 100 && own !== null && hardwareMaxKHz !== null;
  const maxKHz = isShared ? Math.min(own, Math.round((hardwareMaxKHz * share) / 100)) : own;
  return {
    driver: word("scaling_driver"),
    governor: word("scaling_governor"),
    energyPreference: word("energy_performance_preference"),
    minKHz: index("scaling_min_freq"),
    maxKHz,
    hardwareMaxKHz,
  };
}

/** The schema takes no more; the kernel has at most ten (`CPUIDLE_STATE_MAX`). */
const statesMax = 16;

/**
 * A state that the CPU must wake up from faster than it can is never entered, as if it were
 * disabled (`pm_qos_resume_latency_us`: 0 is no limit, and `n/a` no latency at all).
 * https://docs.kernel.org/admin-guide/pm/cpuidle.html
 */
function readIdle(tree: Tree, folder: string): IdleState[] | null {
  const cpuidle = `${folder}/cpuidle`;
  const asked = readLine(tree, `${folder}/power/pm_qos_resume_latency_us`);
  const limit = readIndex(tree, `${folder}/power/pm_qos_resume_latency_us`);
  const states = indexedNames(tree, cpuidle, "state").slice(0, statesMax);
  const read = states.flatMap((state): IdleState[] => {
    const own = `${cpuidle}/state${state}`;
    const name = shown(readLine(tree, `${own}/name`) ?? "", 32);
    const latencyUs = readCount(tree, `${own}/latency`);
    if (name === null || latencyUs === null) return [];
    const isTooSlow =
      asked === "n/a" ? latencyUs > 0 : limit !== null && limit > 0 && latencyUs > limit;
    const disable = readIndex(tree, `${own}/disable`);
    const entered = readIndex(tree, `${own}/usage`);
    return [
      { name, latencyUs, disabled: isTooSlow || (disable !== null && disable !== 0), entered },
    ];
  });
  return read.length === 0 ? null : read;
}
