import type { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import type { Refusal } from "@evenkeel/core/plan/refusal.ts";
import type { PreflightReport } from "@evenkeel/core/preflight/problem.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import type { Verdict } from "@evenkeel/core/verify/verdict/verdict.ts";
import { startInstance } from "../instance/start.ts";
import { removeFromHost } from "../instance/undo.ts";
import type { Lock } from "../state/lock.ts";
import { refuseDamaged } from "../state/state-folder.ts";
import { reportAbsentNames } from "./policy-names.ts";
import { withHostLock } from "./with-host-lock.ts";
import {
  askLibvirt,
  type AskedLibvirt,
  decide,
  decidingPatience,
  type Decision,
  instanceOf,
  stoppedNamesake,
  type VmToStart,
} from "./decide.ts";
import type { VmHost } from "./host.ts";
import { vmLock } from "./lock.ts";
import { reportSilence } from "./silence.ts";
import { verifyInstance } from "./verify.ts";

export interface StartControl {
  /** Checks everything and starts nothing. */
  readonly dryRun: boolean;
  /** Called when the start begins. Aborting the signal undoes the start. */
  readonly interrupted: () => AbortSignal;
}

export type StartOutcome =
  /** No placement fits. */
  | { readonly kind: "refused"; readonly refusal: Refusal }
  /** The host lacks something that the start needs. Nothing was changed. */
  | { readonly kind: "blocked"; readonly plan: Plan; readonly report: PreflightReport }
  /** A dry run found everything that the start needs. */
  | { readonly kind: "ready"; readonly plan: Plan; readonly report: PreflightReport }
  /** The start failed or was interrupted, and the host is as it was before. */
  | { readonly kind: "undone"; readonly plan: Plan; readonly failure: EvenkeelError }
  | {
      readonly kind: "started";
      readonly plan: Plan;
      readonly instance: Instance;
      readonly verdict: Verdict;
    };

/**
 * Places a VM on this host, or takes its plan, starts it, and checks it against the plan. The
 * decision, and the record of what the start will change, are made while every other command waits.
 * The start itself holds only the lock of the VM.
 *
 * Errors: `vm-exists`, `vm-busy`, `state-busy`, `state-damaged`, `state-unusable`,
 * `plan-inconsistent`, those of reading the topology and of the guest; `hypervisor-failed` where a
 * failed start could not be undone.
 */
export async function startVm(
  vm: VmToStart,
  { dryRun, interrupted }: StartControl,
  host: VmHost,
): Promise<StartOutcome> {
  const asked = await askLibvirt(vm.via, host);
  const { decision, begun, topology } = await withHostLock(host, async () => {
    const here = await host.topology();
    reportAbsentNames(vm.policy, here, host);
    return { topology: here, ...(await begin(vm, here, asked, dryRun, host)) };
  });
  if (decision.kind === "Refusal") return { kind: "refused", refusal: decision };
  const { plan, guest, report } = decision;
  if (begun === null) return { kind: report.ready ? "ready" : "blocked", plan, report };
  const notes = [...guest.notes, ...guest.portNotes];
  host.progress({ kind: "starting", problems: report.problems, notes });
  const note = (text: string): void =>
    host.progress({ kind: "starting", problems: [], notes: [text] });
  const job = { ...begun, guest, options: vm.options, note, signal: interrupted() };
  const ended = await startInstance(job, host.state, host.clock);
  if (ended.kind === "undone") return { ...ended, plan };
  const { instance } = ended;
  return {
    kind: "started",
    plan,
    instance,
    verdict: await verifyInstance(instance, topology, host),
  };
}

interface Begun {
  readonly instance: Instance;
  readonly lock: Lock;
}

/**
 * Decides, and records the start unless nothing is to be started.
 *
 * A VM of the same name that is off is replaced only now, when nothing else can refuse the start:
 * its definition and drivers first, and then its record, by the new one in the same file. If this
 * is cut off in between, the record of the old VM is still there, and the VM is off as before.
 */
async function begin(
  vm: VmToStart,
  topology: Topology,
  asked: AskedLibvirt,
  dryRun: boolean,
  host: VmHost,
): Promise<{ readonly decision: Decision; readonly begun: Begun | null }> {
  const { state, clock } = host;
  const found = state.read();
  refuseDamaged(found);
  const { instances } = found;
  const patience = decidingPatience(asked, host);
  const namesake = await stoppedNamesake(vm.request, instances, patience, host);
  // Nobody else may start or stop it while it is decided that it is replaced.
  let lock = namesake === null ? null : await vmLock(state, namesake.name);
  let begun: Begun | null = null;
  try {
    const decision = await decide(vm, topology, instances, namesake, asked, patience, host);
    // A VM of libvirt does not start without its answer, and the report says so.
    if (vm.via === "qemu") reportSilence(patience, host);
    if (decision.kind === "Refusal" || !decision.report.ready || dryRun) {
      return { decision, begun };
    }
    lock ??= await vmLock(state, decision.guest.name);
    if (namesake !== null) await removeFromHost(namesake, state, clock);
    const instance = instanceOf(decision.plan, decision.guest, vm.via, host);
    await state.write(instance);
    begun = { instance, lock };
    return { decision, begun };
  } finally {
    if (begun === null) await lock?.release();
  }
}
