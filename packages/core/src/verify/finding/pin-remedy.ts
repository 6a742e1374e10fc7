import type { Evidence, ShapePins, ThreadEvidence } from "../../evidence/evidence.ts";
import type { Plan } from "../../plan/plan.ts";
import { advice, type Command, type Remedy, writeBack, writeFile } from "../../remedy/remedy.ts";
import { difference, equals, isEmpty, unionAll } from "../../set/index-set.ts";
import { formatList, setOf } from "../../set/list-format.ts";
import type { CheckInput } from "../verdict/check.ts";
import {
  allocatesOnly,
  cgroupLacks,
  isNarrowedAbove,
  keepsTo,
  plannedAs,
  type PlannedThread,
  plannedThreads,
} from "./threads.ts";

/** A command and the one that takes it back, null where that needs a fact that is missing. */
interface Step {
  readonly command: Command;
  readonly undo: Command | null;
}

interface StrayThread {
  readonly thread: ThreadEvidence;
  readonly planned: PlannedThread;
}

/**
 * The one remedy of all findings about the CPUs of the VM's threads: affinities, cpusets that leave
 * a thread's CPUs out, and pins in libvirt's definition.
 *
 * Where libvirt runs the VM the commands are libvirt's. They set the thread's affinity, its cpuset
 * and the definition together (qemuDomainPinVcpuLive), and libvirt would undo what others set
 * behind its back. Elsewhere cpusets are widened first, since no affinity goes beyond its cpuset.
 * The undo gives every thread the CPUs that it was found with.
 */
export function pinRemedy({ plan, evidence }: CheckInput): Remedy {
  const strays = strayThreads(plan, evidence);
  if (!evidence.shapes.some(({ source }) => source === "libvirt")) {
    const widened = widenedCpusets(strays, evidence);
    return remedyOf(
      [...widened, ...strays.map(kept)],
      widened.length > 0
        ? "Give the VM's cgroups its planned CPUs, and keep its threads to them."
        : "Keep the VM's threads to their planned CPUs.",
    );
  }
  const domain = evidence.process?.name ?? null;
  if (domain === null) {
    return advice(
      "live",
      "Pin the VM's threads to their planned CPUs with virsh vcpupin, emulatorpin and iothreadpin.",
    );
  }
  const pins = evidence.shapes.find(({ source }) => source === "libvirt")?.pins ?? null;
  return remedyOf(
    plannedThreads(plan).flatMap((planned) => pinned(domain, planned, strays, pins)),
    "Pin the VM's threads to their planned CPUs, through libvirt.",
  );
}

/**
 * The threads that do not keep to their planned CPUs, where the cgroup they are in can be changed.
 * A thread of unknown role may be a vCPU's, so it is left where it is.
 */
function strayThreads(plan: Plan, evidence: Evidence): readonly StrayThread[] {
  return (evidence.threads ?? []).flatMap((thread): StrayThread[] => {
    const planned = thread.role === null ? null : plannedAs(thread, plan);
    if (planned === null || allocatesOnly(thread)) return [];
    if (!cgroupLacks(evidence, thread, planned.cpus)) {
      return keepsTo(thread, planned.cpus) === false ? [{ thread, planned }] : [];
    }
    const asked = evidence.cgroups.find(({ path }) => path === thread.cgroup)?.cpus ?? null;
    return isNarrowedAbove(asked, setOf(planned.cpus)) ? [] : [{ thread, planned }];
  });
}

function remedyOf(steps: readonly Step[], text: string): Remedy {
  const undo = steps.toReversed().flatMap((step) => (step.undo === null ? [] : [step.undo]));
  return {
    text,
    argv: steps.length === 0 ? null : steps.map(({ command }) => command),
    when: "live",
    undo: steps.length === 0 || undo.length < steps.length ? null : undo,
  };
}

const verbs = { vcpu: "vcpupin", emulator: "emulatorpin", iothread: "iothreadpin" } as const;

/** Pins the threads of one role where one strays, or where libvirt has another pin for them. */
function pinned(
  domain: string,
  role: PlannedThread,
  strays: readonly StrayThread[],
  pins: ShapePins | null,
): Step[] {
  const { kind, id, cpus } = role;
  const own = strays.filter(({ planned }) => planned.kind === kind && planned.id === id);
  const had = pins === null ? cpus : pinOf(pins, role);
  if (own.length === 0 && had !== null && equals(setOf(had), setOf(cpus))) return [];
  const pin = (list: string): Command => [
    "virsh",
    verbs[kind],
    domain,
    ...(id === null ? [] : [`${id}`]),
    list,
    "--live",
  ];
  // Back to another pin alone would move threads that are as planned.
  const before = commonCpus(own);
  return [{ command: pin(cpus), undo: before ? pin(before) : null }];
}

/** The CPUs that libvirt pins threads of one role to; null where it does not pin them. */
export function pinOf(
  { vcpus, emulator, iothreads }: ShapePins,
  { kind, id }: PlannedThread,
): string | null {
  if (kind === "emulator") return emulator;
  const list = kind === "vcpu" ? vcpus : iothreads;
  return list.find((one) => one.id === id)?.cpus ?? null;
}

/** The CPUs that threads were found with; null where they differ, or could not be read. */
function commonCpus(strays: readonly StrayThread[]): string | null {
  const [first = null, ...others] = new Set(strays.map(({ thread }) => thread.allowedCpus));
  return others.length > 0 ? null : first;
}

function kept({ thread: { tid, allowedCpus }, planned }: StrayThread): Step {
  const affinity = (cpus: string): Command => ["taskset", "-pc", cpus, `${tid}`];
  return {
    command: affinity(planned.cpus),
    undo: allowedCpus ? affinity(allowedCpus) : null,
  };
}

/** Adds what their threads need to the cpusets that leave it out. */
function widenedCpusets(strays: readonly StrayThread[], { cgroups }: Evidence): Step[] {
  return cgroups.flatMap(({ path, where, cpus, effectiveCpus }): Step[] => {
    const own = strays.filter(({ thread }) => thread.cgroup === path);
    const needed = unionAll(own.map(({ planned }) => setOf(planned.cpus)));
    const allowed = setOf(effectiveCpus ?? cpus ?? "");
    if (cpus === null || isEmpty(difference(needed, allowed))) return [];
    const file = `${where}/cpuset.cpus`;
    const wider = formatList(unionAll([allowed, needed]));
    return [{ command: writeFile(file, wider), undo: writeBack(file, cpus) }];
  });
}
