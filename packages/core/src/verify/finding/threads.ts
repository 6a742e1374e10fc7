import type { Evidence, ThreadEvidence } from "../../evidence/evidence.ts";
import {
  difference,
  equals,
  type IndexSet,
  indexSet,
  isDisjoint,
  isEmpty,
  isSubset,
} from "../../set/index-set.ts";
import { formatList, setOf } from "../../set/list-format.ts";
import type { Plan, Vcpu } from "../../plan/plan.ts";

/** The CPUs that a vCPU is planned on. */
export function cpusOf(vcpu: Vcpu): string {
  return "cpu" in vcpu ? `${vcpu.cpu}` : vcpu.cpus;
}

/** What a thread of the VM does by its plan, and the CPUs that it is planned on. */
export type PlannedThread =
  | { readonly kind: "vcpu" | "iothread"; readonly id: number; readonly cpus: string }
  | { readonly kind: "emulator"; readonly id: null; readonly cpus: string };

/** Every role in the plan: vCPUs, the emulator, iothreads. */
export function plannedThreads({ cells, emulatorCpus, iothreads }: Plan): PlannedThread[] {
  const vcpus = cells.flatMap((cell) => cell.vcpus);
  return [
    ...vcpus.map((vcpu) => ({ kind: "vcpu", id: vcpu.id, cpus: cpusOf(vcpu) }) as const),
    { kind: "emulator", id: null, cpus: emulatorCpus },
    ...iothreads.map(({ id, cpus }) => ({ kind: "iothread", id, cpus }) as const),
  ];
}

/**
 * The planned role of a thread. An iothread outside the plan (QEMU's monitor has one) counts as the
 * emulator's. Null for a vCPU outside the plan.
 */
export function plannedAs({ role }: ThreadEvidence, plan: Plan): PlannedThread | null {
  if (role?.kind === "vcpu") {
    const vcpu = plan.cells.flatMap((cell) => cell.vcpus).find(({ id }) => id === role.id);
    return vcpu === undefined ? null : { kind: "vcpu", id: vcpu.id, cpus: cpusOf(vcpu) };
  }
  const iothread =
    role?.kind === "iothread" ? plan.iothreads.find(({ id }) => id === role.id) : undefined;
  return iothread === undefined
    ? { kind: "emulator", id: null, cpus: plan.emulatorCpus }
    : { kind: "iothread", id: iothread.id, cpus: iothread.cpus };
}

/** The CPUs that a thread may run on and should not. */
export function strayCpus({ allowedCpus }: ThreadEvidence, promised: string): IndexSet {
  return difference(setOf(allowedCpus ?? ""), setOf(promised));
}

/**
 * Whether a thread may run on its own CPUs and no others; null where nobody could tell. Fewer are a
 * breach too: what narrowed them may be a cpuset that nobody could read.
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

/** Whether the thread's cgroup leaves out CPUs that the thread is planned on. */
export function cgroupLacks(
  { cgroups }: Evidence,
  { cgroup }: ThreadEvidence,
  promised: string,
): boolean {
  const of = cgroups.find(({ path }) => path === cgroup);
  const cpus = of?.effectiveCpus ?? of?.cpus ?? null;
  return cpus !== null && !isEmpty(difference(setOf(promised), setOf(cpus)));
}

/**
 * Whether a cgroup that leaves something out is narrowed by one above it: it asks for all that is
 * needed itself, or for nothing in particular (an empty cpuset file).
 */
export function isNarrowedAbove(asked: string | null, needed: IndexSet): boolean {
  return asked === null || isSubset(needed, setOf(asked));
}

/**
 * Whether this is one of QEMU's thread-contexts (libvirt makes one per cell, named "TC
 * tc-ram-node0"; the kernel keeps 15 characters). They stay for as long as the VM runs, and do
 * nothing then: they only start the threads that allocate the guest's memory before it runs
 * (QEMU's util/thread-context.c). libvirt gives them the CPUs of their node, which a cpuset cgroup
 * narrows to the emulator's. Where there is none, vCPUs' cores are among them, and nothing comes of
 * it.
 */
export function allocatesOnly({ name }: ThreadEvidence): boolean {
  return /^TC tc-ram-node\d$/.test(name ?? "");
}

/** The CPUs of all cores that a dedicated vCPU is planned on, where the host's cores are known. */
export function vcpuCores({ cells }: Plan, { cores }: Evidence): IndexSet {
  const own = indexSet(
    cells.flatMap(({ vcpus }) => vcpus.flatMap((vcpu) => ("cpu" in vcpu ? [vcpu.cpu] : []))),
  );
  const lists = (cores ?? []).filter((core) => !isDisjoint(setOf(core), own));
  return setOf([formatList(own), ...lists].filter((list) => list !== "").join(","));
}
