import type { HostState } from "@evenkeel/core/placement/host-state.ts";
import type { Plan } from "@evenkeel/core/placement/plan.ts";
import { planFaults } from "@evenkeel/core/placement/plan-check.ts";
import { planSignature } from "@evenkeel/core/placement/signature/signature.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { indexSet, indices, union, unionAll } from "@evenkeel/core/set/index-set.ts";
import { formatList, setOf } from "@evenkeel/core/set/list-format.ts";
import { offerOf } from "../offer.ts";
import type { PackedVm } from "./packing.ts";
import { written } from "./written.ts";

/**
 * What is wrong with a packing by the plan checker, to which its VMs are shown one after the other
 * as plans, each with those before it on the host: the first fault, or null where all is legal and
 * of the signature.
 */
export function packingFault(
  host: HostState,
  request: Request,
  vms: readonly PackedVm[],
  signature: string | null,
): string | null {
  let taken = host.taken;
  for (const [i, vm] of vms.entries()) {
    const plan = planOf({ ...host, taken }, { ...request, name: `packed-${i}` }, vm);
    const [fault] = planFaults(plan, { ...host, taken }, { ...request, signature: null });
    if (fault !== undefined) return `${plan.vm}: ${fault.subject} ${fault.message}`;
    if (signature !== null && planSignature(plan, host.topology).signature !== signature) {
      return `${plan.vm}: is of another signature`;
    }
    taken = [...taken, plan];
  }
  return null;
}

/** A VM of a packing as a plan. One that floats does so over all that its nodes have to share. */
export function planOf(host: HostState, request: Request, { place, cores }: PackedVm): Plan {
  if (request.isolation !== "shared") return written(host, request, place, cores);
  const offer = offerOf(host, request);
  const floating = host.taken
    .flatMap((plan) => plan.cells.flatMap((cell) => cell.vcpus))
    .flatMap((vcpu) => ("cpus" in vcpu ? indices(setOf(vcpu.cpus)) : []));
  const pools = place.cells.map(({ node }) => {
    const own = new Set(
      indices(setOf(host.topology.nodes.find(({ id }) => id === node)?.cpus ?? "")),
    );
    const free = offer.nodes.find(({ id }) => id === node)?.cores ?? [];
    const open = unionAll(free.map((core) => setOf(core.cpus)));
    return formatList(union(open, indexSet(floating.filter((cpu) => own.has(cpu)))));
  });
  return written(host, request, place, pools);
}
