import { readDocument } from "@evenkeel/contract/read-document.ts";
import { type MemoryPaths, memoryPaths } from "@evenkeel/core/cost/memory-path.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import type { GuestReport } from "@evenkeel/core/evidence/guest-report.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { isShellReport, parseShellReport } from "@evenkeel/host/guest-check/parse-report.ts";
import { libvirtUri } from "@evenkeel/host/hypervisor/libvirt/virsh.ts";
import { readEvidence } from "../../input/read-evidence.ts";
import { readText } from "../../input/read-text.ts";
import { readTopology } from "../../input/read-topology.ts";
import type { Surroundings } from "../../command/surroundings.ts";
import { instanceNamed } from "@evenkeel/host/vm/named.ts";
import { readVmState, tellDamaged } from "../../input/vm-state.ts";
import type { VerifyFlags } from "./flags.ts";

/** What a VM is held against, and whom to ask about it. */
export interface PlannedVm {
  readonly plan: Plan;
  /** Where it is known better than by the plan's names. */
  readonly uuid?: string;
  readonly libvirtUri: string;
}

/** The plan of a file, or the one by which Evenkeel has started the VM on this host. */
export async function plannedVm(
  vm: string,
  { plan: path, state }: Pick<VerifyFlags, "plan" | "state">,
  surroundings: Surroundings,
): Promise<PlannedVm> {
  if (path === undefined) {
    const found = readVmState(state, surroundings);
    tellDamaged(found, surroundings);
    const { plan, uuid, uri } = instanceNamed(vm, found.instances, "give its plan with --plan");
    return { plan, uuid, libvirtUri: uri ?? libvirtUri(surroundings.env) };
  }
  if (state !== undefined) {
    throw new EvenkeelError("usage", "--state is of no use with --plan", {
      expected: "a plan, or the folder that has it",
    });
  }
  const { text, where } = await readText(path, "a Plan document", surroundings);
  const plan = readDocument(text, where, "Plan");
  if (plan.vm === vm) return { plan, libvirtUri: libvirtUri(surroundings.env) };
  throw new EvenkeelError("usage", `the plan is of ${JSON.stringify(plan.vm)}`, {
    where,
    expected: `the plan of ${JSON.stringify(vm)}`,
  });
}

/** Where evidence comes from; each reading is a new look. */
export interface EvidenceSource {
  /** Whether it is of this machine, as it is now. */
  readonly live: boolean;
  readonly read: () => Promise<Evidence>;
}

export async function evidenceSource(
  { plan, uuid, libvirtUri: uri }: PlannedVm,
  flags: VerifyFlags,
  surroundings: Surroundings,
): Promise<EvidenceSource> {
  const path = flags["guest-report"];
  const report = (): Promise<GuestReport | null> =>
    path === undefined ? Promise.resolve(null) : readGuestReport(path, surroundings);
  if (flags.evidence !== undefined)
    return recorded(flags.evidence, plan, flags, await report(), surroundings);
  const { root, pid, qmp } = flags;
  // Standard input is read once, a file each time, since a guest may report anew.
  const once = path === "-" ? await report() : null;
  return {
    live: root === undefined,
    read: async () => {
      const guest = once ?? (await report());
      return readEvidence(plan, { uuid, pid, qmp, libvirtUri: uri, guest }, root);
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
    throw new EvenkeelError("usage", `--${unused ?? "watch"} is of no use with --evidence`, {
      expected: "evidence that was read before, or flags for reading it now",
    });
  }
  const { text, where } = await readText(path, "an Evidence document", surroundings);
  const evidence = readDocument(text, where, "Evidence");
  if (evidence.vm !== plan.vm) {
    throw new EvenkeelError("usage", `the evidence is of ${JSON.stringify(evidence.vm)}`, {
      where,
      expected: `evidence of ${JSON.stringify(plan.vm)}`,
    });
  }
  return { live: false, read: async () => ({ ...evidence, guest: guest ?? evidence.guest }) };
}

/** A GuestReport document, or what the shell script printed. */
async function readGuestReport(path: string, surroundings: Surroundings): Promise<GuestReport> {
  const { text, where } = await readText(path, "a guest's report", surroundings);
  return isShellReport(text)
    ? parseShellReport(text, where)
    : readDocument(text, where, "GuestReport");
}

/** What memory costs between the host's nodes; null where its topology is not at hand. */
export async function memoryPathsOf(
  source: string | null,
  surroundings: Surroundings,
): Promise<MemoryPaths | null> {
  return source === null ? null : memoryPaths(await readTopology(source, surroundings));
}
