import type { ThreadEvidence } from "../../evidence/evidence.ts";
import { intersection, isEmpty } from "../../set/index-set.ts";
import { formatList } from "../../set/list-format.ts";
import {
  type Check,
  found,
  holds,
  type Outcome,
  type Sides,
  together,
  unknownCost,
  untold,
  whyNot,
} from "../verdict/check.ts";
import {
  affinityLine,
  affinityWords,
  cgroupLacks,
  domainName,
  keepsTo,
  strayCpus,
  vcpuCores,
} from "./threads.ts";

/**
 * The threads of the VM that are no vCPUs: the emulator's own and the iothreads. A thread that may
 * run on the core of a dedicated vCPU (`vcpu-cpu-shared`) takes that vCPU's time whenever it has
 * work; any other CPU beyond its own is a neighbour's or the host's (`emulator-affinity`,
 * `iothread-affinity`).
 *
 * The kernel's count of threads is compared with those that were read, since it takes but one that
 * was overlooked to disturb a vCPU.
 */
export const otherThreads: Check = (sides) => {
  const { plan, evidence } = sides;
  const what = "where the emulator's threads may run";
  const { threads, process } = evidence;
  if (threads === null) return untold(what, whyNot(evidence, "threads"));
  const outcomes: Outcome[] = [];
  const count = process?.threadCount ?? null;
  if (count === null) outcomes.push(untold(what, "the kernel's count of threads was not read"));
  else if (threads.length < count) {
    outcomes.push(untold(what, `${threads.length} of ${count} threads were read`));
  }
  const unnamed = threads.filter(({ role }) => role === null);
  if (unnamed.length > 0) {
    outcomes.push(untold(what, `nothing tells what ${unnamed.length} threads are for`));
  }
  const others = threads.filter(({ role }) => role !== null && role.kind !== "vcpu");
  let kept = 0;
  for (const thread of others) {
    const promised = promisedOf(thread, sides);
    const keeps = keepsTo(thread, promised.cpus);
    if (keeps === null) {
      outcomes.push(untold(`where ${promised.subject} may run`, "its status was not read"));
    } else if (keeps || allocatesOnly(thread, promised.cpus)) kept++;
    // A cpuset without its CPUs has moved the thread: what is to be said of that is said there.
    else if (!cgroupLacks(evidence, thread, promised.cpus)) {
      outcomes.push(strays(thread, promised, sides));
    }
  }
  for (const { id } of plan.iothreads) {
    if (others.some(({ role }) => role?.kind === "iothread" && role.id === id)) continue;
    outcomes.push(untold(`where iothread ${id} may run`, "no thread was told to be it"));
  }
  if (kept > 0) {
    outcomes.push(holds("other threads", `${kept} of ${others.length} keep to their own CPUs`));
  }
  return together(outcomes);
};

/**
 * Whether a thread is one in whose context guest memory was allocated (QEMU's thread-context, of
 * which libvirt makes one a cell, named "TC …"): it is kept to the node's CPUs among the emulator's,
 * and has nothing to do any more.
 */
function allocatesOnly(thread: ThreadEvidence, cpus: string): boolean {
  return (thread.name ?? "").startsWith("TC ") && isEmpty(strayCpus(thread, cpus));
}

interface Promised {
  readonly subject: string;
  readonly cpus: string;
  readonly iothread: number | null;
}

/** An iothread that the plan does not know is one of the emulator's, as QEMU's monitor's is. */
function promisedOf({ role, tid, name }: ThreadEvidence, { plan }: Sides): Promised {
  const own =
    role?.kind === "iothread" ? plan.iothreads.find(({ id }) => id === role.id) : undefined;
  if (own !== undefined) {
    return { subject: `iothread ${own.id}`, cpus: own.cpus, iothread: own.id };
  }
  const named = name === null ? "" : ` (${name})`;
  return { subject: `emulator thread ${tid}${named}`, cpus: plan.emulatorCpus, iothread: null };
}

function strays(thread: ThreadEvidence, promised: Promised, sides: Sides): Outcome {
  const { plan, evidence } = sides;
  const { subject, cpus, iothread } = promised;
  const taken = intersection(strayCpus(thread, cpus), vcpuCores(plan, evidence));
  const domain = domainName(evidence);
  const shares = !isEmpty(taken);
  const words = affinityWords(thread, cpus);
  const code = iothread === null ? "emulator-affinity" : "iothread-affinity";
  return found({
    code: shares ? "vcpu-cpu-shared" : code,
    severity: "error",
    layer: "hypervisor",
    subject,
    promised: `CPUs ${cpus}${shares ? ", and none of a vCPU's core" : ""}`,
    found: shares ? `${words}; CPUs ${formatList(taken)} are of vCPUs' cores` : words,
    evidence: [affinityLine(thread)],
    cost: unknownCost,
    remedy: remedyOf(thread, promised, domain),
  });
}

function remedyOf({ tid }: ThreadEvidence, { cpus, iothread }: Promised, domain: string | null) {
  if (domain === null) return `taskset -pc ${cpus} ${tid}`;
  return iothread === null
    ? `virsh emulatorpin ${domain} ${cpus} --live`
    : `virsh iothreadpin ${domain} ${iothread} ${cpus} --live`;
}
