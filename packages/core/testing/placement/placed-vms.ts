import type { HostState } from "../../src/plan/host-state.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { place } from "../../src/fleet/place.ts";
import { defaultHostPolicy } from "../../src/request/host-policy.ts";
import type { Request } from "../../src/request/request.ts";
import type { Topology } from "../../src/topology/topology.ts";

/** A host with as many of the VMs as it holds, placed in their order and named `vm-0`, `vm-1`… */
export function hostWith(topology: Topology, requests: readonly Request[]): HostState {
  const taken: Plan[] = [];
  const host = { topology, policy: defaultHostPolicy };
  for (const request of requests) {
    const named = { ...request, name: `vm-${taken.length}` };
    const answer = place([{ ...host, taken }], named, { flavors: [] });
    if (answer.kind === "Plan") taken.push(answer);
  }
  return { ...host, taken };
}
