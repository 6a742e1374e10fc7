import { advice, type Remedy } from "../remedy/remedy.ts";
import {
  type IndexSet,
  intersection,
  isEmpty,
  isSubset,
  size,
  unionAll,
} from "../set/index-set.ts";
import { formatList, setOf } from "../set/list-format.ts";
import { sumOf } from "../unit/sum.ts";
import type { Holding } from "./holding.ts";
import { cpusOfPlan, functionsOf, type Plan } from "./plan.ts";

/** What a plan promises to one VM and another VM holds: the ledger and the host disagree. */
export interface HeldTwice {
  /** The VM that has it, and its process. */
  readonly holder: string;
  readonly pid: number | null;
  /** The VM that was promised it. */
  readonly vm: string;
  readonly tenant: string | null;
  /** As a list. */
  readonly cpus: string;
  readonly devices: readonly string[];
  readonly remedy: Remedy;
}

/**
 * Finds what running VMs hold of other VMs' plans: CPUs that their vCPUs must use, since they may
 * use no others, and devices.
 */
export function heldTwice(plans: readonly Plan[], held: readonly Holding[]): readonly HeldTwice[] {
  return held.flatMap((holding) => {
    const busy = unionAll(busyCpus(holding));
    return plans.flatMap((plan): HeldTwice[] => {
      if (plan === holding.plan) return [];
      const cpus = intersection(busy, cpusOfPlan(plan));
      const functions = new Set(plan.devices.flatMap(functionsOf));
      const devices = holding.devices.filter((address) => functions.has(address));
      if (isEmpty(cpus) && devices.length === 0) return [];
      const { vm, tenant } = plan;
      const found = { holder: holding.name, pid: holding.pid, vm, tenant, devices };
      return [{ ...found, cpus: formatList(cpus), remedy: apart(holding, cpus, devices) }];
    });
  });
}

/** The sets of CPUs that have no more CPUs than vCPUs that may run on no others. */
function busyCpus({ vcpus }: Holding): readonly IndexSet[] {
  const all = vcpus.map(({ count, cpus }) => ({ count, cpus: setOf(cpus) }));
  const within = (set: IndexSet): number =>
    sumOf(all, ({ cpus, count }) => (isSubset(cpus, set) ? count : 0));
  return all.flatMap(({ cpus }) => (within(cpus) >= size(cpus) ? [cpus] : []));
}

function apart({ name, pid }: Holding, cpus: IndexSet, devices: readonly string[]): Remedy {
  const process =
    pid === null ? "virsh vcpupin" : `taskset --all-tasks -cp CPUS ${pid}, or virsh vcpupin`;
  return advice(
    "live",
    devices.length > 0
      ? `Stop one of the two: a device belongs to one VM. ${name} has it now.`
      : `Move ${name} off CPUs ${formatList(cpus)} (${process}), or stop it.`,
  );
}
