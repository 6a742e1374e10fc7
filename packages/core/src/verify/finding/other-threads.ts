import type { ThreadEvidence } from "../../evidence/evidence.ts";
import { once } from "../../once.ts";
import type { Remedy } from "../../remedy/remedy.ts";
import { intersection, isEmpty } from "../../set/index-set.ts";
import { formatList } from "../../set/list-format.ts";
import {
  type Check,
  found,
  holds,
  type Outcome,
  type CheckInput,
  together,
  unknownCost,
  essentialUnverified,
  whyNot,
} from "../verdict/check.ts";
import { pinRemedy } from "./pin-remedy.ts";
import {
  affinityLine,
  affinityWords,
  allocatesOnly,
  cgroupLacks,
  keepsTo,
  plannedAs,
  strayCpus,
  vcpuCores,
} from "./threads.ts";

/**
 * The threads of the VM that are no vCPUs: the emulator's own and the iothreads. A thread that may
 * run on the core of a dedicated vCPU (`vcpu-cpu-shared`) takes that vCPU's time whenever it has
 * work; any other CPU beyond its own is a neighbour's or the host's (`emulator-affinity`,
 * `iothread-affinity`).
 *
 * The kernel's count of threads is compared with those that were read: a single one that was
 * overlooked could disturb a vCPU.
 */
export const otherThreads: Check = (input) => {
  const { plan, evidence } = input;
  const what = "where the emulator's threads may run";
  const { threads, process } = evidence;
  if (threads === null) return essentialUnverified(what, whyNot(evidence, "threads"));
  const outcomes: Outcome[] = [];
  const count = process?.threadCount ?? null;
  if (count === null)
    outcomes.push(essentialUnverified(what, "the kernel's count of threads was not read"));
  else if (threads.length < count) {
    outcomes.push(essentialUnverified(what, `${threads.length} of ${count} threads were read`));
  }
  const unnamed = threads.filter(({ role }) => role === null);
  if (unnamed.length > 0) {
    outcomes.push(essentialUnverified(what, `what ${unnamed.length} threads are for is unknown`));
  }
  const all = threads.filter(({ role }) => role !== null && role.kind !== "vcpu");
  const [contexts, others] = [all.filter(allocatesOnly), all.filter((one) => !allocatesOnly(one))];
  const remedy = once(() => pinRemedy(input));
  let kept = 0;
  for (const thread of others) {
    const promised = promisedOf(thread, input);
    const keeps = keepsTo(thread, promised.cpus);
    if (keeps === null) {
      outcomes.push(
        essentialUnverified(`where ${promised.subject} may run`, "its status was not read"),
      );
    } else if (keeps) kept++;
    // A cpuset without its CPUs has moved the thread, and is a finding of its own.
    else if (!cgroupLacks(evidence, thread, promised.cpus)) {
      outcomes.push(strays(thread, promised, input, remedy));
    }
  }
  for (const { id } of plan.iothreads) {
    if (others.some(({ role }) => role?.kind === "iothread" && role.id === id)) continue;
    outcomes.push(
      essentialUnverified(`where iothread ${id} may run`, "no thread is known to be it"),
    );
  }
  outcomes.push(...idle(contexts));
  if (kept > 0) {
    outcomes.push(holds("other threads", `${kept} of ${others.length} keep to their own CPUs`));
  }
  return together(outcomes);
};

function idle(contexts: readonly ThreadEvidence[]): readonly Outcome[] {
  const words = `${contexts.length} did so before the guest ran, and do nothing now`;
  return contexts.length === 0 ? [] : [holds("threads that allocate memory", words)];
}

interface Promised {
  readonly subject: string;
  readonly cpus: string;
  readonly iothread: number | null;
}

function promisedOf(thread: ThreadEvidence, { plan }: CheckInput): Promised {
  const { tid, name } = thread;
  const planned = plannedAs(thread, plan);
  if (planned?.kind === "iothread") {
    return { subject: `iothread ${planned.id}`, cpus: planned.cpus, iothread: planned.id };
  }
  const named = name === null ? "" : ` (${name})`;
  return { subject: `emulator thread ${tid}${named}`, cpus: plan.emulatorCpus, iothread: null };
}

function strays(
  thread: ThreadEvidence,
  promised: Promised,
  { plan, evidence }: CheckInput,
  remedy: () => Remedy,
): Outcome {
  const { subject, cpus, iothread } = promised;
  const taken = intersection(strayCpus(thread, cpus), vcpuCores(plan, evidence));
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
    remedy: remedy(),
  });
}
