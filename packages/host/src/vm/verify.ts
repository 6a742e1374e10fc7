import { type MemoryPaths, memoryPaths } from "@evenkeel/core/cost/memory-path.ts";
import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import type { GuestReport } from "@evenkeel/core/evidence/guest-report.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import type { Scope, Verdict } from "@evenkeel/core/verify/verdict.ts";
import { verify } from "@evenkeel/core/verify/verify.ts";
import { readLiveEvidence } from "../evidence/read-live.ts";
import type { LocalHost } from "./host.ts";

/** A VM with the plan that it is held against. */
export interface PlannedVm {
  readonly plan: Plan;
  /** Where it is known; otherwise the UUID that the plan's names make. */
  readonly uuid?: string;
  /** The libvirt to ask about it. */
  readonly libvirtUri: string;
}

/** What the caller knows about a VM that the machine does not show. */
export interface EvidenceHints {
  /** Its process, where that is not to be looked for. */
  readonly pid?: number | undefined;
  /** Its monitor's socket, where the command line names none. */
  readonly qmp?: string | undefined;
  /** What the guest reports. */
  readonly guest?: GuestReport | null;
}

export interface Judging {
  /** What memory costs between the host's nodes, to price what lies wrong; null: not known. */
  readonly paths: MemoryPaths | null;
  /** By default the guest's part too where the guest reports, and the host's part otherwise. */
  readonly scope?: Scope | undefined;
}

/** A VM of the state folder, with the plan that it was started or adopted by. */
export function plannedInstance({ plan, uuid, uri }: Instance, host: LocalHost): PlannedVm {
  return { plan, uuid, libvirtUri: uri ?? host.libvirtUri };
}

/** What the machine says about a VM now. It changes nothing. */
export function readVmEvidence(
  { plan, uuid, libvirtUri }: PlannedVm,
  { pid, qmp, guest = null }: EvidenceHints,
  { tree, hostname, clock }: LocalHost,
): Promise<Evidence> {
  const takenAt = clock.now().toISOString();
  return readLiveEvidence(tree(), plan, {
    host: hostname,
    takenAt,
    uuid,
    pid,
    qmp,
    libvirtUri,
    guest,
  });
}

/** Holds evidence against a plan. */
export function judge(plan: Plan, evidence: Evidence, { paths, scope }: Judging): Verdict {
  return verify(plan, evidence, {
    paths,
    scope: scope ?? (evidence.guest === null ? "host" : "guest"),
  });
}

/** Whether a VM of the state folder runs as planned, by what its host says now. */
export async function verifyInstance(
  instance: Instance,
  topology: Topology,
  host: LocalHost,
): Promise<Verdict> {
  const evidence = await readVmEvidence(plannedInstance(instance, host), {}, host);
  return judge(instance.plan, evidence, { paths: memoryPaths(topology) });
}
