import { resolve } from "node:path";
import { readDocument } from "@evenkeel/contract/read-document.ts";
import { JSON_LENGTH_MAX } from "@evenkeel/contract/limits.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { resolveRequest } from "@evenkeel/core/request/resolve.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { readFileStart, readFileText } from "@evenkeel/host/file/read-file.ts";
import type { StartOptions } from "@evenkeel/host/hypervisor/hypervisor.ts";
import { readPlatformDevices } from "@evenkeel/host/hypervisor/libvirt/platform-devices.ts";
import { libvirtUri } from "@evenkeel/host/hypervisor/libvirt/virsh.ts";
import { recover } from "@evenkeel/host/instance/recover.ts";
import { startInstance } from "@evenkeel/host/instance/start.ts";
import type { Lock } from "@evenkeel/host/state/lock.ts";
import { refuseDamaged, type StateFolder } from "@evenkeel/host/state/state-folder.ts";
import type { CliContext } from "../../command/context.ts";
import { exitStatus } from "../../command/exit-status.ts";
import { readText, refuseTwoStdins } from "../../input/read-text.ts";
import { readTopology } from "../../input/read-topology.ts";
import { jsonText } from "../../text/json-text.ts";
import { notesText } from "../../text/notes-text.ts";
import { planText } from "../../text/plan-text.ts";
import { preflightText } from "../../text/preflight-text.ts";
import { recoveredText } from "../../text/recovered-text.ts";
import { refusalText } from "../../text/refusal-text.ts";
import { verdictText } from "../../text/verdict-text.ts";
import type { Surroundings } from "../../command/surroundings.ts";
import {
  readAsked,
  readPolicy,
  refuseFlavorTwins,
  requestOfFlavor,
} from "../../input/read-hosts.ts";
import { openVmState } from "../../input/vm-state.ts";
import { vmLock } from "../../../../host/src/vm/lock.ts";
import type { RunFlags } from "./flags.ts";
import { verdictOn } from "../../../../host/src/vm/verify.ts";
import {
  decide,
  type Decision,
  instanceOf,
  type Wanted,
  withoutNamesake,
} from "../../../../host/src/vm/decide.ts";

export async function runRun(this: CliContext, flags: RunFlags, path: string): Promise<void> {
  const { surroundings } = this;
  const options = startOptions(flags);
  const inputs = await readInputs(flags, path, surroundings);
  const state = await openVmState(flags.state, surroundings);
  const { decision, begun, topology } = await state.alone(async () => {
    surroundings.stderr.write(recoveredText(await recover(state)));
    const here = await readTopology("live", surroundings);
    const wanted = { ...inputs, topology: here };
    return { topology: here, ...(await begin(wanted, state, flags["dry-run"])) };
  });
  const view = { width: this.columns, paint: this.paint };
  if (decision.kind === "Refusal") {
    this.finish(exitStatus.no);
    surroundings.stdout.write(
      flags.output === "json" ? jsonText(decision) : refusalText(decision, view),
    );
    return;
  }
  const { plan, guest, report } = decision;
  if (begun === null) {
    if (!report.ready) this.finish(exitStatus.no);
    const text = `${planText(plan, view)}\n${preflightText(report, view)}`;
    surroundings.stdout.write(flags.output === "json" ? jsonText(report) : text);
    return;
  }
  surroundings.stderr.write(notesText([...warningsOf(decision), ...guest.notes]));
  const signal = surroundings.interrupted();
  const running = await startInstance(begun.instance, begun.lock, guest, options, state, signal);
  const verdict = await verdictOn(running, topology);
  if (!verdict.holds) this.finish(exitStatus.no);
  const text = `${planText(plan, view)}\n${verdictText(verdict, view)}`;
  surroundings.stdout.write(flags.output === "json" ? jsonText({ ...running, verdict }) : text);
}

function warningsOf(decision: Exclude<Decision, { readonly kind: "Refusal" }>): readonly string[] {
  return decision.report.problems.map(
    ({ subject, has, needs }) => `${subject}: ${has}, not ${needs}`,
  );
}

interface Begun {
  readonly instance: Instance;
  readonly lock: Lock;
}

/** Decides, and writes down what is about to be done, unless nothing is to be. */
async function begin(
  wanted: Wanted,
  state: StateFolder,
  dryRun: boolean,
): Promise<{ readonly decision: Decision; readonly begun: Begun | null }> {
  const found = state.read();
  refuseDamaged(found);
  const others = await withoutNamesake(wanted.request, found.instances, state, dryRun);
  const decision = await decide(wanted, others);
  if (decision.kind === "Refusal" || !decision.report.ready || dryRun) {
    return { decision, begun: null };
  }
  const instance = instanceOf(decision.plan, decision.guest, wanted.via, wanted.uri);
  const lock = await vmLock(state, instance.name);
  try {
    await state.write(instance);
  } catch (error) {
    await lock.release();
    throw error;
  }
  return { decision, begun: { instance, lock } };
}

async function readInputs(
  { flavor, policy, plan: planPath, via, emulated }: RunFlags,
  path: string,
  surroundings: Surroundings,
): Promise<Omit<Wanted, "topology">> {
  refuseTwoStdins([path, ...flavor, policy ?? "", planPath ?? ""]);
  const { vm, flavors } = await readAsked(path, flavor, surroundings);
  refuseFlavorTwins(flavors, "--flavor");
  const request = resolveRequest(vm, flavors);
  return {
    request,
    plan: planPath === undefined ? null : await readPlan(planPath, request, surroundings),
    flavors: flavors.map(requestOfFlavor),
    policy: await readPolicy(policy, surroundings),
    via,
    uri: libvirtUri(surroundings.env),
    emulated,
  };
}

async function readPlan(path: string, request: Request, surroundings: Surroundings): Promise<Plan> {
  const { text, where } = await readText(path, "a Plan document", surroundings);
  const plan = readDocument(text, where, "Plan");
  if (plan.vm === request.name && plan.tenant === request.tenant) return plan;
  throw new EvenkeelError("plan-inconsistent", `it is a plan for ${plan.vm}`, {
    where,
    expected: `a plan for ${request.name}`,
    remedy: "place this VM, or name the file of that one",
  });
}

/** What the VM is started from beside its plan; files are named as the hypervisor finds them. */
function startOptions(flags: RunFlags): StartOptions {
  const { emulated, firmware, via, kernel, initrd, append } = flags;
  if (kernel === undefined && (initrd ?? append) !== undefined) {
    throw new EvenkeelError("usage", "--initrd and --append are for a kernel, and none is given", {
      expected: "--kernel FILE along with them",
    });
  }
  if (via === "qemu" && flags.with !== undefined) {
    throw new EvenkeelError("usage", "--with has devices in libvirt's form", {
      expected: "--via libvirt along with it",
    });
  }
  const boot =
    kernel === undefined
      ? undefined
      : {
          kernel: bootFile(kernel, "a kernel"),
          initrd: initrd === undefined ? null : bootFile(initrd, "an initial RAM disk"),
          append: append ?? null,
        };
  return { emulated, firmware, boot, devices: devicesOf(flags.with) };
}

/** The hypervisor would miss it too late, and tell it worse. */
function bootFile(path: string, expected: string): string {
  readFileStart(path, 1, { maxBytes: GiB, expected });
  return resolve(path);
}

function devicesOf(path: string | undefined): StartOptions["devices"] {
  if (path === undefined) return [];
  const demand = { maxBytes: JSON_LENGTH_MAX, expected: "libvirt's device elements" };
  return readPlatformDevices(readFileText(path, demand), path);
}
