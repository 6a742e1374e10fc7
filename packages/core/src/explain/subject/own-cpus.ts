import type { CpuSettings } from "../../evidence/machine-evidence.ts";
import { intersection, isEmpty, unionAll } from "../../set/index-set.ts";
import { formatList, setOf } from "../../set/list-format.ts";
import type { Subject } from "./subject.ts";

/**
 * How the CPUs are set that a subject's workers may use; of a machine, all of them. How other CPUs
 * are set costs it nothing: those of the host's own processes may well sleep deeply.
 *
 * Null where that was not read. Where the workers' CPUs are not known but all CPUs are set alike,
 * that is how its own are.
 */
export function ownCpus({ evidence, machine, workers }: Subject): readonly CpuSettings[] | null {
  const all = machine?.cpus ?? null;
  if (all === null || all.length === 0) return null;
  if (evidence.of === "machine") return all;
  const allowed = (workers ?? []).map(({ allowedCpus }) => allowedCpus);
  const known = allowed.filter((cpus) => cpus !== null);
  if (known.length === 0 || known.length < allowed.length) return all.length === 1 ? all : null;
  const own = unionAll([...new Set(known)].map(setOf));
  return all.flatMap((settings) => {
    const shared = intersection(setOf(settings.cpus), own);
    return isEmpty(shared) ? [] : [{ ...settings, cpus: formatList(shared) }];
  });
}

/** Why `ownCpus` does not tell, with what would. */
export const cpusUntold =
  "how its CPUs are set was not read: /sys/devices/system/cpu/cpu*/{cpufreq,cpuidle}, and the " +
  "CPUs of its threads";

/** The highest clock of the CPUs that a subject may use, in kHz; null where that was not read. */
export function highestKHz(subject: Subject): number | null {
  const known = (ownCpus(subject) ?? []).flatMap(({ hardwareMaxKHz }) => hardwareMaxKHz ?? []);
  return known.length === 0 ? null : Math.max(...known);
}
