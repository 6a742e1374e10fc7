import type { Evidence, ThreadEvidence } from "../../evidence/evidence.ts";
import {
  difference,
  equals,
  type IndexSet,
  indexSet,
  isDisjoint,
  isEmpty,
} from "../../set/index-set.ts";
import { formatList, setOf } from "../../set/list-format.ts";
import type { Plan, Vcpu } from "../../plan/plan.ts";

/** The CPUs that a vCPU is planned on. */
export function cpusOf(vcpu: Vcpu): string {
  return "cpu" in vcpu ? `${vcpu.cpu}` : vcpu.cpus;
}

/** The CPUs that a thread may run on and should not. */
export function strayCpus({ allowedCpus }: ThreadEvidence, promised: string): IndexSet {
  return difference(setOf(allowedCpus ?? ""), setOf(promised));
}

/**
 * Whether a thread may run on its own CPUs and no others; null where nobody could tell. Fewer are a breach
 * too: what narrowed them may be a cpuset that nobody could read.
 */
export function keepsTo({ allowedCpus }: ThreadEvidence, promised: string): boolean | null {
  return allowedCpus === null ? null : equals(setOf(allowedCpus), setOf(promised));
}

/** What became of a thread's CPUs, in words. */
export function affinityWords(thread: ThreadEvidence, promised: string): string {
  const allowed = thread.allowedCpus ?? "";
  const missing = difference(setOf(promised), setOf(allowed));
  const stray = difference(setOf(allowed), setOf(promised));
  const kind = isEmpty(missing) ? "wider: " : isEmpty(stray) ? "narrower: " : "";
  const last = thread.lastCpu === null ? "" : `; last seen on CPU ${thread.lastCpu}`;
  return `${kind}it may run on CPUs ${allowed}${last}`;
}

export function affinityLine({ where, tid, allowedCpus }: ThreadEvidence): string {
  return `${where}/status: thread ${tid} Cpus_allowed_list ${allowedCpus ?? ""}`;
}

/** Whether the thread's cgroup, or what is left of it, lacks CPUs that the plan needs of it. */
export function cgroupLacks(
  { cgroups }: Evidence,
  { cgroup }: ThreadEvidence,
  promised: string,
): boolean {
  const of = cgroups.find(({ path }) => path === cgroup);
  const cpus = of?.effectiveCpus ?? of?.cpus ?? null;
  return cpus !== null && !isEmpty(difference(setOf(promised), setOf(cpus)));
}

/** Whether libvirt runs the VM: then it is libvirt that must be told, or it undoes what others do. */
export function domainName({ shapes, process }: Evidence): string | null {
  return shapes.some(({ source }) => source === "libvirt") ? (process?.name ?? null) : null;
}

/** The CPUs of all cores that a dedicated vCPU is planned on, where the host's cores are known. */
export function vcpuCores({ cells }: Plan, { cores }: Evidence): IndexSet {
  const own = indexSet(
    cells.flatMap(({ vcpus }) => vcpus.flatMap((vcpu) => ("cpu" in vcpu ? [vcpu.cpu] : []))),
  );
  const lists = (cores ?? []).filter((core) => !isDisjoint(setOf(core), own));
  return setOf([formatList(own), ...lists].filter((list) => list !== "").join(","));
}
