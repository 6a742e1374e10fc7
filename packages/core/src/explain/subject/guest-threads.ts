import { type IndexSet, indices, intersection, isEmpty, unionAll } from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import { coresOf, type GuestView } from "./guest-view.ts";
import type { Subject } from "./subject.ts";

/** Some vCPUs that the guest takes for the threads of one core, and where they run. */
export interface SiblingGroup {
  readonly vcpus: readonly number[];
  /** The host's CPUs that any of them may run on. */
  readonly cpus: IndexSet;
  /** How many cores of the host these are in. */
  readonly cores: number;
}

/**
 * The vCPUs in groups of so many threads. QEMU numbers the threads of a core one after another.
 * Null where the vCPUs' CPUs or their cores on the host are not known.
 */
export function siblingGroups(subject: Subject, threads: number): readonly SiblingGroup[] | null {
  const cores = coresOf(subject)?.map((cpus) => setOf(cpus)) ?? null;
  const { workers } = subject;
  if (cores === null || workers === null || workers.length === 0) return null;
  const allowed = new Map<number, IndexSet>();
  for (const { role, allowedCpus } of workers) {
    if (role?.kind !== "vcpu" || allowedCpus === null) return null;
    allowed.set(role.id, setOf(allowedCpus));
  }
  const byCore = Map.groupBy(allowed.keys(), (id) => Math.floor(id / threads));
  const groups = [...byCore.values()].map((vcpus) => {
    const cpus = unionAll(vcpus.flatMap((id) => allowed.get(id) ?? []));
    const own = cores.filter((core) => !isEmpty(intersection(core, cpus)));
    return { vcpus: vcpus.toSorted((a, b) => a - b), cpus, cores: own.length };
  });
  return groups.some((group) => group.cores === 0) ? null : groups;
}

/**
 * Two vCPUs that run on one core of the host, each on a CPU of its own; null where there are none,
 * or nothing is known of them.
 */
export function sharedCore(subject: Subject): readonly [number, number] | null {
  const pinned = new Map<number, number>();
  for (const { role, allowedCpus } of subject.workers ?? []) {
    const cpus = indices(setOf(allowedCpus ?? ""));
    const [only] = cpus;
    if (role?.kind === "vcpu" && cpus.length === 1 && only !== undefined) pinned.set(only, role.id);
  }
  for (const core of coresOf(subject) ?? []) {
    const [one, other] = indices(setOf(core)).flatMap((cpu) => pinned.get(cpu) ?? []);
    if (one !== undefined && other !== undefined) return [one, other];
  }
  return null;
}

/**
 * Whether the host's processors are AMD's, or the guest's emulated ones are taken for such, by
 * their names or by a flag that only AMD's have.
 */
export function isAmd({ topology }: Subject, { report }: GuestView): boolean {
  if ((report?.cpu?.flags ?? []).includes("sse4a")) return true;
  const names = [topology?.machine.cpuModel, report?.cpu?.model];
  return names.some((name) => /\b(?:AMD|EPYC|Ryzen|Opteron)\b/i.test(name ?? ""));
}

/**
 * Whether QEMU tells the guest of threads: on AMD only with the feature `topoext`, which its EPYC
 * models have, and neither `host` nor older models (target/i386/cpu.c, `no_autoenable_flags`).
 */
export function tellsThreads(subject: Subject, view: GuestView): boolean {
  if (!isAmd(subject, view)) return true;
  const features = view.cpu?.features ?? [];
  const asked = features.findLast(({ name }) => name === "topoext");
  return asked?.on ?? view.cpu?.model?.startsWith("EPYC") ?? false;
}

/** The threads per core that the guest sees, or else what its hypervisor makes of the request. */
export function threadsShown(subject: Subject, view: GuestView): number | null {
  const reported = view.report?.cpu?.threadsPerCore ?? null;
  if (reported !== null) return reported;
  const asked = view.cpu?.threads ?? null;
  return asked === null || asked === 1 || tellsThreads(subject, view) ? asked : 1;
}
