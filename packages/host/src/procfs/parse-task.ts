import type { ThreadEvidence, ThreadRole } from "@evenkeel/core/evidence/evidence.ts";
import { INDEX_MAX } from "@evenkeel/core/set/index-set.ts";
import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";

/** Parses `/proc/PID/status` and the files of a thread in `/proc/PID/task/TID/`. */

export interface TaskStatus {
  /** The number of threads of the process. */
  readonly threads: number | null;
  readonly allowedCpus: string | null;
  readonly allowedNodes: string | null;
}

/** No set of Linux is longer; the rest of a longer line is cut off. */
const LINE_MAX = 65_536;

export function parseStatus(text: string): TaskStatus {
  const line = (name: string): string | null =>
    new RegExp(`^${name}:([^\\n]*)$`, "m").exec(text)?.[1]?.trim().slice(0, LINE_MAX) ?? null;
  const set = (name: string): string | null => {
    const parsed = parseList(line(name) ?? "?");
    return parsed === null ? null : formatList(parsed);
  };
  const threads = line("Threads");
  return {
    threads: threads !== null && /^\d{1,7}$/.test(threads) ? Number(threads) : null,
    allowedCpus: set("Cpus_allowed_list"),
    allowedNodes: set("Mems_allowed_list"),
  };
}

/**
 * Field 39 of stat: the last CPU of the thread. The second field is the name in parentheses, which
 * may contain blanks and parentheses itself, so fields are counted from the last closing one.
 */
export function parseLastCpu(stat: string): number | null {
  const fields = stat
    .slice(stat.lastIndexOf(")") + 1)
    .trim()
    .split(" ");
  const cpu = fields[36];
  return indexOf(cpu);
}

/**
 * How long a thread ran, and how long it was ready and waited for a CPU, from its schedstat: both,
 * and how often it got one. A kernel that does not count writes three zeros, as for a thread that
 * has not run yet. https://docs.kernel.org/scheduler/sched-stats.html
 */
export function parseSchedstat(text: string): Pick<ThreadEvidence, "ranNs" | "waitedNs"> {
  const [, ran, waited, slices] = /^(\d{1,20}) (\d{1,20}) (\d{1,20})\s*$/.exec(text) ?? [];
  if (ran === undefined || Number(slices) === 0) return { ranNs: null, waitedNs: null };
  return { ranNs: Number(ran), waitedNs: Number(waited) };
}

/**
 * The role of a thread by the name that QEMU gives it with `debug-threads=on`, as under libvirt:
 * `CPU 3/KVM`, `IO iothread1`. Null for the name of the process, which says nothing.
 */
export function roleByName(name: string): ThreadRole | null {
  const [, ofQemu, ofOthers] = vcpuName.exec(name) ?? [];
  const id = indexOf(ofQemu ?? ofOthers);
  if (id !== null) return { kind: "vcpu", id };
  return iothreadOf(name.startsWith("IO ") ? name.slice(3) : "");
}

/** Firecracker, Cloud Hypervisor and crosvm name the threads of vCPUs too. */
const vcpuName = /^(?:CPU (\d{1,5})\/(?:KVM|TCG|HVF|WHPX)|(?:fc_vcpu |crosvm_vcpu|vcpu)(\d{1,5}))$/;

/**
 * The number of an iothread. libvirt names them `iothread1` and so on, and plans count them alike.
 */
export function iothreadOf(id: string): ThreadRole | null {
  const number = indexOf(/^iothread(\d{1,5})$/.exec(id)?.[1]);
  return number === null ? null : { kind: "iothread", id: number };
}

function indexOf(text: string | undefined): number | null {
  const valid = text !== undefined && /^\d{1,5}$/.test(text) && Number(text) <= INDEX_MAX;
  return valid ? Number(text) : null;
}
