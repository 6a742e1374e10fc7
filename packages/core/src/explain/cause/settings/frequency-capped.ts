import type { CpuSettings } from "../../../evidence/machine-evidence.ts";
import { advice } from "../../../remedy/remedy.ts";
import { percent } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, untold } from "../../subject/cause.ts";
import { cpusUntold, ownCpus } from "../../subject/own-cpus.ts";
import type { Subject } from "../../subject/subject.ts";

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
  judge: (subject, twin) => {
    const cpus = ownCpus(subject);
    if (cpus === null) return untold(cpusUntold);
    const known = cpus.flatMap((own) => withBoth(own, ofTwin(subject, twin)));
    if (known.length === 0) return untold("the kernel does not set the clocks: it has no cpufreq");
    const capped = known.filter(({ max, hardwareMax }) => max < hardwareMax * (1 - noticed));
    if (capped.length === 0) {
      return known.length < cpus.length
        ? untold("the clocks of some of its CPUs were not read")
        : acquitted("its CPUs may run as fast as they can");
    }
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

/** The highest clock that a twin's CPUs are allowed, where its processor is not another one. */
function ofTwin({ topology }: Subject, twin: Subject | null): number | null {
  const [own, other] = [topology?.machine.cpuModel, twin?.topology?.machine.cpuModel];
  if (twin === null || (own ?? null) !== (other ?? null)) return null;
  const all = (ownCpus(twin) ?? []).flatMap(({ maxKHz }) => maxKHz ?? []);
  return all.length === 0 ? null : Math.max(...all);
}

/** Both limits; where nobody told what the hardware can do, what the twin's does stands for it. */
function withBoth(
  { cpus, maxKHz, hardwareMaxKHz }: CpuSettings,
  twinKHz: number | null,
): {
  readonly cpus: string;
  readonly max: number;
  readonly hardwareMax: number;
}[] {
  const hardwareMax = hardwareMaxKHz ?? twinKHz;
  if (maxKHz === null || hardwareMax === null || maxKHz === 0) return [];
  return [{ cpus, max: maxKHz, hardwareMax }];
}
