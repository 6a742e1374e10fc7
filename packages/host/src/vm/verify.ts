import { type MemoryPaths, memoryPaths } from "@evenkeel/core/cost/memory-path.ts";
import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import type { GuestReport } from "@evenkeel/core/evidence/guest-report.ts";
import type { Instance, ProcessRecord } from "@evenkeel/core/instance/instance.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import type { Scope, Verdict } from "@evenkeel/core/verify/verdict/verdict.ts";
import { verify } from "@evenkeel/core/verify/verify.ts";
import { readLiveEvidence } from "../evidence/read-live.ts";
import type { LocalHost } from "./host.ts";

/** A VM and the plan to check it against. */
export interface PlannedVm {
  readonly plan: Plan;
  /** If it is unknown, the UUID that the names in the plan make. */
  readonly uuid?: string;
  /** The process that was recorded when it was started. */
  readonly process?: ProcessRecord | null;
  /** The libvirt to ask about it. */
  readonly libvirtUri: string;
}

/** What the caller knows about a VM beyond what the machine shows. */
export interface EvidenceHints {
  /** The process of the VM, if it should not be searched for. */
  readonly pid?: number | undefined;
  /** The socket of its monitor, if its command line names none. */
  readonly qmp?: string | undefined;
  /** The report of the guest. */
  readonly guest?: GuestReport | null;
}

export interface Judging {
  /** The cost of memory between the nodes of the host, to price findings; null if it is unknown. */
  readonly paths: MemoryPaths | null;
  /** By default the verdict covers the guest too if the guest has reported. */
  readonly scope?: Scope | undefined;
}

/** A recorded VM with the plan that it was started or adopted by. */
export function plannedInstance(
  { plan, uuid, uri, process }: Instance,
  host: LocalHost,
): PlannedVm {
  return { plan, uuid, process, libvirtUri: uri ?? host.libvirtUri };
}

/** Reads the state of a VM now. This changes nothing. */
export function readVmEvidence(
  { plan, uuid, process, libvirtUri }: PlannedVm,
  { pid, qmp, guest = null }: EvidenceHints,
  { tree, hostname, clock }: LocalHost,
): Promise<Evidence> {
  const takenAt = clock.now().toISOString();
  return readLiveEvidence(tree(), plan, {
    host: hostname,
    takenAt,
    uuid,
    record: process,
    pid,
    qmp,
    libvirtUri,
    guest,
    clock,
  });
}

/** Checks evidence against a plan. */
export function judge(plan: Plan, evidence: Evidence, { paths, scope }: Judging): Verdict {
  return verify(plan, evidence, {
    paths,
    scope: scope ?? (evidence.guest === null ? "host" : "guest"),
  });
}

/** Checks a recorded VM against its plan, by what its host shows now. */
export async function verifyInstance(
  instance: Instance,
  topology: Topology,
  host: LocalHost,
): Promise<Verdict> {
  const evidence = await readVmEvidence(plannedInstance(instance, host), {}, host);
  return judge(instance.plan, evidence, { paths: memoryPaths(topology) });
}
