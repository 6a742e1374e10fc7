import type { Request } from "../../src/request/request.ts";
import { count, type Tally } from "../../src/unit/tally.ts";
import type { HostState } from "../../src/plan/host-state.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { legalPlans } from "./brute-force.ts";

/** The plans to try on a host, and how many in all. */
interface Trials {
  readonly plansOn: (host: HostState, request: Request) => Iterable<Plan>;
  readonly plansMax: number;
}

/**
 * Counts by brute force with memoization how many VMs of a request fit on a host next to those on
 * it: every plan for the first VM, then the same question again. It tries every legal plan unless
 * given others. Null when there are too many plans to try.
 */
export function mostPlans(
  host: HostState,
  request: Request,
  { plansOn, plansMax }: Trials = { plansOn: legalPlans, plansMax: 300 },
): number | null {
  const counts = new Map<string, number>();
  let left = plansMax;
  const most = (taken: readonly Plan[]): number => {
    const key = heldBy(taken);
    const before = counts.get(key);
    if (before !== undefined) return before;
    let fits = 0;
    const vm = { ...request, name: `vm-${taken.length}` };
    for (const plan of plansOn({ ...host, taken }, vm)) {
      if (left-- <= 0) break;
      fits = Math.max(fits, 1 + most([...taken, plan]));
    }
    counts.set(key, fits);
    return fits;
  };
  const fits = most(host.taken);
  return left < 0 ? null : fits;
}

/** What plans hold together, whichever plan holds it. */
function heldBy(taken: readonly Plan[]): string {
  const devices = taken.flatMap((plan) => plan.devices.map(({ address }) => address));
  const cpus = taken.flatMap((plan) =>
    plan.cells.flatMap(({ vcpus }) =>
      vcpus.map((vcpu) => ("cpu" in vcpu ? `${vcpu.cpu}` : vcpu.cpus)),
    ),
  );
  const bytesOn: Tally<number> = new Map();
  for (const { node, bytes } of taken.flatMap((plan) =>
    plan.cells.flatMap((cell) => cell.memoryOnNodes),
  )) {
    count(bytesOn, node, bytes);
  }
  const memory = [...bytesOn].toSorted(([a], [b]) => a - b);
  return JSON.stringify([devices.toSorted(), cpus.toSorted(), memory]);
}
