import type { CpuSettings } from "../../../evidence/machine-evidence.ts";
import { advice } from "../../../remedy/remedy.ts";
import { percent } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, untold } from "../../subject/cause.ts";
import { cpusUntold, ownCpus } from "../../subject/own-cpus.ts";

/** A step of the clock is 100 MHz or less: a cap within this is rounding. */
const noticed = 0.03;

/**
 * CPUs that may not run as fast as they can: somebody lowered `scaling_max_freq`, or
 * intel_pstate's `max_perf_pct`, or firmware did (`bios_limit`). Each CPU is compared with itself,
 * as cores of one chip differ.
 * https://docs.kernel.org/admin-guide/pm/cpufreq.html
 */
export const frequencyCapped: Cause = {
  code: "frequency-capped",
  layer: "host",
  looksFor: "its CPUs may not run as fast as they can",
  observable: "machine.cpus[].maxKHz",
  readFrom: "/sys/devices/system/cpu/cpu*/cpufreq/{scaling_max_freq,cpuinfo_max_freq}",
  acquittedBy: "a limit of what the hardware can do",
  followsFrom: [],
  judge: (subject) => {
    const cpus = ownCpus(subject);
    if (cpus === null) return untold(cpusUntold);
    const known = cpus.flatMap(withBoth);
    if (known.length === 0) return untold("the kernel does not set the clocks: it has no cpufreq");
    const capped = known.filter(({ max, hardwareMax }) => max < hardwareMax * (1 - noticed));
    if (capped.length === 0) return acquitted("its CPUs may run as fast as they can");
    return accused(
      ...capped.map(({ cpus: on, max, hardwareMax }) => ({
        about: `CPUs ${on}`,
        expected: `up to ${hardwareMax / 1000} MHz`,
        found: `kept to ${max / 1000} MHz, ${percent(max, hardwareMax)} of what they can`,
        evidence: [`CPUs ${on}: scaling_max_freq ${max}, cpuinfo_max_freq ${hardwareMax}`],
        seen: "directly" as const,
        cost: { slowdown: hardwareMax / max, basis: "measured" as const },
        remedy: advice("live", `Lift the cap: cpupower frequency-set -u ${hardwareMax}.`),
      })),
    );
  },
};

function withBoth({ cpus, maxKHz, hardwareMaxKHz }: CpuSettings): {
  readonly cpus: string;
  readonly max: number;
  readonly hardwareMax: number;
}[] {
  if (maxKHz === null || hardwareMaxKHz === null || maxKHz === 0) return [];
  return [{ cpus, max: maxKHz, hardwareMax: hardwareMaxKHz }];
}
