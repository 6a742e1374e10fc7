import type { Request } from "../../request/request.ts";
import type { HostState } from "../host-state.ts";
import type { Plan } from "../plan.ts";
import { legalPlans } from "./brute-force.ts";

/**
 * How many VMs of a request fit on a host, by trying every legal plan for the first with the same
 * question after it, whatever a search would think of it. For `strict` and isolation `core`. Null
 * when that would be more plans than anybody wants to wait for.
 */
export function mostPlans(host: HostState, request: Request): number | null {
  const known = new Map<string, number>();
  let left = plansMax;
  const most = (taken: readonly Plan[]): number => {
    const key = heldBy(taken);
    const before = known.get(key);
    if (before !== undefined) return before;
    let count = 0;
    const vm = { ...request, name: `vm-${taken.length}` };
    for (const plan of legalPlans({ ...host, taken }, vm)) {
      if (left-- <= 0) break;
      count = Math.max(count, 1 + most([...taken, plan]));
    }
    known.set(key, count);
    return count;
  };
  const count = most(host.taken);
  return left < 0 ? null : count;
}

const plansMax = 300;

/** What plans hold together: whose it is makes no difference. */
function heldBy(taken: readonly Plan[]): string {
  const devices = taken.flatMap((plan) => plan.devices.map(({ address }) => address));
  const cpus = taken.flatMap((plan) =>
    plan.cells.flatMap(({ vcpus }) => vcpus.flatMap((vcpu) => ("cpu" in vcpu ? [vcpu.cpu] : []))),
  );
  const bytes = new Map<number, number>();
  for (const { node, bytes: more } of taken.flatMap((plan) =>
    plan.cells.flatMap((cell) => cell.memoryOnNodes),
  )) {
    bytes.set(node, (bytes.get(node) ?? 0) + more);
  }
  const memory = [...bytes].toSorted(([a], [b]) => a - b);
  return JSON.stringify([devices.toSorted(), cpus.toSorted((a, b) => a - b), memory]);
}
