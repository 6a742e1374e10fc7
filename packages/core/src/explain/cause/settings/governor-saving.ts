import type { CpuSettings } from "../../../evidence/machine-evidence.ts";
import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import type { FindingCost } from "../../../verify/verdict/verdict.ts";
import { type Accusation, accused, acquitted, type Cause, untold } from "../../subject/cause.ts";
import { cpusUntold, ownCpus } from "../../subject/own-cpus.ts";

/**
 * A governor other than `performance` raises the clock only after load has come. A worker that
 * wakes up for microseconds, to launch the next kernel, never gets there.
 *
 * `powersave` is two things. With intel_pstate and amd-pstate in active mode the processor chooses
 * its clock by itself, and follows the preference: told `performance`, it is as fast as with the
 * governor of that name. With any other driver it holds the CPUs at their lowest frequency.
 * https://docs.kernel.org/admin-guide/pm/intel_pstate.html, …/pm/amd-pstate.html, …/pm/cpufreq.html
 */
export const governorSaving: Cause = {
  code: "governor-saving",
  layer: "host",
  looksFor: "its CPUs are told to save energy, and clock up late or not at all",
  observable: "machine.cpus[].governor",
  readFrom: "/sys/devices/system/cpu/cpu*/cpufreq/{scaling_governor,energy_performance_preference}",
  acquittedBy: "the governor or the preference `performance`",
  followsFrom: [],
  judge: (subject) => {
    const cpus = ownCpus(subject);
    if (cpus === null) return untold(cpusUntold);
    const known = cpus.filter(({ governor }) => governor !== null);
    if (known.length === 0) return untold("the kernel does not set the clocks: it has no cpufreq");
    const saving = known.filter((own) => !isFast(own));
    if (saving.length === 0) {
      return known.length < cpus.length
        ? untold("the governor of some of its CPUs was not read")
        : acquitted("the governor of its CPUs is performance");
    }
    return accused(...saving.map(accusation));
  },
};

/** Drivers under which the processor sets its clock by itself, whatever the governor is called. */
function isActive({ driver }: CpuSettings): boolean {
  return driver === "intel_pstate" || driver === "amd-pstate-epp" || driver === "amd_pstate_epp";
}

function isFast({ driver, governor, energyPreference, ...rest }: CpuSettings): boolean {
  if (governor === "performance") return true;
  const own = { driver, governor, energyPreference, ...rest };
  return isActive(own) && energyPreference === "performance";
}

function accusation(own: CpuSettings): Accusation {
  const { cpus, driver, governor, energyPreference, minKHz } = own;
  const preference = energyPreference === null ? "" : `, preference ${energyPreference}`;
  const isHeld = governor === "powersave" && driver !== null && !isActive(own);
  const held = minKHz === null ? "the lowest frequency" : `${minKHz / 1000} MHz`;
  return {
    about: `CPUs ${cpus}`,
    expected: "the governor performance",
    found: isHeld ? `${governor} holds them at ${held}` : `${governor}${preference}`,
    evidence: [`CPUs ${cpus}: ${driver ?? "unknown driver"}, ${governor}${preference}`],
    seen: isHeld ? "directly" : "inferred",
    cost: isHeld ? costOf(own) : unknownCost,
    remedy: advice(
      "live",
      "Set the governor with cpupower frequency-set -g performance, on all CPUs.",
    ),
  };
}

/** What runs at the lowest frequency takes longer by the ratio of the clocks. */
function costOf({ minKHz, hardwareMaxKHz }: CpuSettings): FindingCost {
  if (minKHz === null || hardwareMaxKHz === null || minKHz === 0) return unknownCost;
  return { slowdown: Math.max(1, hardwareMaxKHz / minKHz), basis: "measured" };
}
