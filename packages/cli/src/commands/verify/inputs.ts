import { readDocument } from "@evenkeel/contract/read-document.ts";
import { type MemoryPaths, memoryPaths } from "@evenkeel/core/cost/memory-path.ts";
import { shellWord } from "@evenkeel/core/text/shell.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import type { GuestReport } from "@evenkeel/core/evidence/guest-report.ts";
import { guestName, isVmCalled } from "@evenkeel/core/guest/name.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { isPipe, isStdinName } from "@evenkeel/host/file/read-pipe.ts";
import { cutOff } from "@evenkeel/host/instance/cut-off.ts";
import { directoryTree } from "@evenkeel/host/tree/directory-tree.ts";
import { instanceCalled } from "@evenkeel/host/vm/named.ts";
import { plannedInstance, type PlannedVm, readVmEvidence } from "@evenkeel/host/vm/verify.ts";
import { isOff } from "@evenkeel/host/vm/off.ts";
import type { Surroundings } from "../../command/surroundings.ts";
import { readPlan } from "../../input/read-documents.ts";
import { readGuestReport } from "../../input/read-guest-report.ts";
import { readText } from "../../input/read-text.ts";
import { readTopology } from "../../input/read-topology.ts";
import { localHost, recordedHost } from "../../input/vm-host.ts";
import type { VerifyFlags } from "./flags.ts";

export interface VmToVerify extends PlannedVm {
  /** Whether its hypervisor says that it is off; false where only its plan is known. */
  readonly isOff: () => Promise<boolean>;
}

/** A VM with the plan of a file, or with the plan that it was started or adopted by here. */
export async function plannedVm(
  vm: string,
  { plan: path, state }: Pick<VerifyFlags, "plan" | "state">,
  surroundings: Surroundings,
): Promise<VmToVerify> {
  if (path === undefined) {
    const host = recordedHost(state, surroundings);
    const { instances, damaged } = host.state.read();
    host.progress({ kind: "damaged", files: damaged });
    const instance = await instanceCalled(vm, instances, host, "give its plan with --plan");
    host.progress({ kind: "cut-off", vms: await cutOff([instance], host.state) });
    return { ...plannedInstance(instance, host), isOff: () => isOff(instance, host) };
  }
  if (state !== undefined) {
    throw new EvenkeelError("usage", "--state has no effect with --plan", {
      expected: "one of the two",
      remedy: "leave out --state",
    });
  }
  const { plan, where } = await readPlan(path, surroundings);
  if (isVmCalled(vm, plan)) {
    return { plan, libvirtUri: localHost(surroundings).libvirtUri, isOff: async () => false };
  }
  const full = guestName(plan.vm, plan.tenant);
  throw new EvenkeelError("usage", `the plan is for the VM ${JSON.stringify(full)}`, {
    where,
    expected: `a plan for ${JSON.stringify(vm)}`,
    remedy: `name the plan of ${shellWord(vm)}, or verify the VM of this one: evenkeel verify ${shellWord(full)}`,
  });
}

/** Whether the flags ask, in words for people, about the VM as it is now. */
export function asksAboutNow({ evidence, root, pid, watch, output }: VerifyFlags): boolean {
  const isLive = [evidence, root, pid].every((flag) => flag === undefined);
  return isLive && !watch && output === "text";
}

/** Where evidence comes from. Each call reads anew. */
export interface EvidenceSource {
  /** Whether it is read from this machine, now. */
  readonly live: boolean;
  readonly read: () => Promise<Evidence>;
}

export async function evidenceSource(
  planned: PlannedVm,
  flags: VerifyFlags,
  surroundings: Surroundings,
): Promise<EvidenceSource> {
  const { plan } = planned;
  const path = flags["guest-report"];
  const report = (): Promise<GuestReport | null> =>
    path === undefined ? Promise.resolve(null) : readGuestReport(path, surroundings);
  if (flags.evidence !== undefined)
    return recorded(flags.evidence, plan, flags, await report(), surroundings);
  const { root, pid, qmp } = flags;
  const here = localHost(surroundings);
  const host =
    root === undefined ? here : { ...here, tree: () => directoryTree(root), hostname: plan.host };
  // Standard input and pipes can be read once. A file is read each time: a guest may report anew.
  const isOnce = path !== undefined && (isStdinName(path) || isPipe(path));
  const once = isOnce ? await report() : null;
  return {
    live: root === undefined,
    read: async () => {
      const guest = once ?? (await report());
      return readVmEvidence(planned, { pid, qmp, guest }, host);
    },
  };
}

async function recorded(
  path: string,
  plan: Plan,
  flags: VerifyFlags,
  guest: GuestReport | null,
  surroundings: Surroundings,
): Promise<EvidenceSource> {
  const unused = (["pid", "qmp", "root"] as const).find((name) => flags[name] !== undefined);
  if (unused !== undefined || flags.watch) {
    throw new EvenkeelError("usage", `--${unused ?? "watch"} has no effect with --evidence`, {
      expected: "recorded evidence, or flags for reading it now",
      remedy: `leave out --${unused ?? "watch"}`,
    });
  }
  const { text, where } = await readText(path, "an Evidence document", surroundings);
  const evidence = readDocument(text, where, "Evidence");
  const { of, name } = evidence;
  if (of !== "vm" || !isVmCalled(name, plan)) {
    const what = of === "vm" ? `the VM ${JSON.stringify(name)}` : name;
    throw new EvenkeelError("usage", `the evidence is about ${what}`, {
      where,
      expected: `evidence about the VM ${JSON.stringify(plan.vm)}`,
      remedy: `record it: evenkeel evidence ${shellWord(plan.vm)} > ${shellWord(plan.vm)}.json`,
    });
  }
  return { live: false, read: async () => ({ ...evidence, guest: guest ?? evidence.guest }) };
}

/** The cost of memory between the nodes of the host; null where its topology is not given. */
export async function memoryPathsOf(
  source: string | null,
  state: string | undefined,
  surroundings: Surroundings,
): Promise<MemoryPaths | null> {
  return source === null ? null : memoryPaths(await readTopology(source, surroundings, { state }));
}
