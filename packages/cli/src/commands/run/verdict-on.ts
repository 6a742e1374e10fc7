import { memoryPaths } from "@evenkeel/core/cost/memory-path.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import type { Verdict } from "@evenkeel/core/verify/verdict/verdict.ts";
import { verify } from "@evenkeel/core/verify/verify.ts";
import { systemUri } from "@evenkeel/host/hypervisor/libvirt/virsh.ts";
import { readEvidence } from "../../input/read-evidence.ts";

/** What this machine says now of a VM that runs here. The guest is not asked. */
export async function verdictOn(
  { plan, uuid, uri }: Instance,
  topology: Topology,
): Promise<Verdict> {
  const evidence = await readEvidence(plan, { uuid, libvirtUri: uri ?? systemUri, guest: null });
  return verify(plan, evidence, { paths: memoryPaths(topology) });
}
