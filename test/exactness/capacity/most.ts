import type { HostState } from "@evenkeel/core/plan/host-state.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { planSignatures } from "@evenkeel/core/plan/signature/signature.ts";
import { legalPlans } from "@evenkeel/core/testing/placement/brute-force.ts";
import { mostPlans } from "@evenkeel/core/testing/placement/most-plans.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { indices } from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { at, valueOf } from "@evenkeel/core/unit/list.ts";

/**
 * Counts by brute force how many VMs of a request fit on a host next to those on it, in any
 * signature or only in one. Null where there are too many plans to try.
 */
export function mostOf(host: HostState, request: Request, only: string | null): number | null {
  const signatureOf = signaturesOn(host.topology);
  return mostPlans(host, request, {
    plansOn: (on, vm) =>
      plansOn(on, vm).filter((plan) => only === null || signatureOf(plan) === only),
    plansMax: 2000,
  });
}

/** Every plan that the rules of placement allow. */
export function plansOn(host: HostState, request: Request): readonly Plan[] {
  return mostEven(host, [...legalPlans(host, request)]);
}

/**
 * For a VM without accelerators, keeps the plans whose cells are as even as their nodes allow, in
 * cores and in memory. A more uneven plan is legal, but the search never makes one.
 */
export function mostEven({ topology }: HostState, plans: readonly Plan[]): readonly Plan[] {
  const width = indices(setOf(at(topology.cores, 0).cpus)).length;
  const difference = (parts: readonly number[]): number => Math.max(...parts) - Math.min(...parts);
  const unevenness = ({ cells }: Plan): number =>
    difference(cells.map(({ vcpus }) => Math.ceil(vcpus.length / width))) +
    difference(cells.map(({ memoryBytes }) => memoryBytes / GiB));
  const whereabouts = ({ cells, devices }: Plan): string =>
    [...cells.map(({ hostNode }) => hostNode), ...devices.map(({ address }) => address)].join();
  return [...Map.groupBy(plans, whereabouts).values()].flatMap((onSameNodes) => {
    const least = Math.min(...onSameNodes.map(unevenness));
    return onSameNodes.filter((plan) => {
      return plan.devices.some(({ kind }) => kind === "accelerator") || unevenness(plan) === least;
    });
  });
}

/** Signs plans of brute force, which do not have their devices' links. */
export function signaturesOn(topology: Topology): (plan: Plan) => string {
  const signed = planSignatures(topology);
  const linkOf = new Map(topology.pci.map(({ address, link }) => [address, link]));
  return (plan) => {
    const devices = plan.devices.map((device) => {
      return { ...device, link: valueOf(linkOf, device.address) };
    });
    return signed({ ...plan, devices }).signature;
  };
}
