import type { FlowMachine } from "../cost/flow/flow-machine.ts";
import { flowMachine } from "../cost/flow/flow-machine.ts";
import type { CostModel, Placed, RawCost } from "../cost/placement-cost.ts";
import { straying } from "../cost/straying.ts";
import { type VmFlows, vmFlows } from "../cost/contention/vm-flows.ts";
import { profileOf, workloadName } from "../cost/workload.ts";
import { guestName } from "../guest/name.ts";
import { inventoryOf } from "../placement/inventory/inventory.ts";
import type { HostState } from "../plan/host-state.ts";
import { placedPlan } from "../plan/placed-plan.ts";
import { type Plan, workloadOfPlan } from "../plan/plan.ts";
import type { Workload } from "../request/virtual-machine.ts";
import type { Profile } from "../request/workload-profile.ts";
import { sumOf } from "../unit/sum.ts";
import type { ForecastUnknown } from "./forecast-document.ts";

/** A VM on its place, with all that its forecast needs. */
export interface LoadedVm {
  readonly vm: string;
  readonly tenant: string | null;
  readonly workload: string;
  readonly model: CostModel;
  /** The cost of its place on the idle host, as it is and over the best. */
  readonly raw: RawCost;
  /** Over local memory too: the best place may have remote memory itself. */
  readonly idleSlowdown: number;
  readonly flows: VmFlows;
  /** The part of its memory that is remote from the vCPUs that use it. */
  readonly remoteShare: number;
  /** Whether the cost model has a price for its remote memory; true where it has none remote. */
  readonly isPriced: boolean;
}

/** The VMs that run on a host, as flows on its machine: made once, for any number of forecasts. */
export interface Neighbours {
  readonly host: string;
  readonly machine: FlowMachine;
  readonly running: readonly LoadedVm[];
  /** The VMs of which nobody can say what they move, or where. */
  readonly unknown: readonly ForecastUnknown[];
  /** A VM on this machine; null where the machine has not what its plan names. */
  readonly loaded: (plan: Plan) => LoadedVm | null;
  readonly load: (placedVm: PlacedVm) => LoadedVm;
}

/** A VM that may have no plan yet. */
export interface PlacedVm {
  readonly vm: string;
  readonly tenant: string | null;
  readonly placed: Placed;
  readonly vcpus: number;
  readonly workload: Workload | Profile;
  readonly idleSlowdown: number;
}

export function neighboursOf({ topology, taken, held = [], policy }: HostState): Neighbours {
  const inventory = inventoryOf(topology, policy);
  const machine = flowMachine(inventory.topology, topology.calibration);
  const load = ({ vm, tenant, placed, vcpus, workload, idleSlowdown }: PlacedVm): LoadedVm => {
    const model = inventory.relations.model(workload);
    const flows = vmFlows(machine, model, { placed, vcpus, profile: profileOf(workload) });
    const raw = model.cost(placed);
    const { slowdown, remoteShare, isPriced } = straying(model, placed, raw);
    return {
      vm,
      tenant,
      workload: workloadName(workload),
      model,
      raw,
      idleSlowdown: Math.max(idleSlowdown, slowdown),
      flows,
      remoteShare,
      isPriced,
    };
  };
  const loaded = (plan: Plan): LoadedVm | null => {
    const [placed, workload] = [placedPlan(plan, inventory.topology), workloadOfPlan(plan)];
    if (placed === null || workload === null) return null;
    const vcpus = sumOf(plan.cells, (cell) => cell.vcpus.length);
    const { vm, tenant, cost } = plan;
    return load({ vm, tenant, placed, vcpus, workload, idleSlowdown: cost.slowdown });
  };
  const running: LoadedVm[] = [];
  const unknown: ForecastUnknown[] = [];
  for (const plan of taken) {
    const found = loaded(plan);
    if (found !== null) running.push(found);
    else {
      const what = `what ${guestName(plan.vm, plan.tenant)} moves`;
      unknown.push({ what, why: whyUnknown(plan) });
    }
  }
  for (const { name, plan } of held) {
    if (plan === null) unknown.push({ what: `what ${name} moves`, why: "it runs without a plan" });
  }
  return { host: topology.name, machine, running, unknown, loaded, load };
}

function whyUnknown(plan: Plan): string {
  if (workloadOfPlan(plan) !== null) return "its plan names what this machine has not";
  return plan.workload === null
    ? "its plan does not tell its workload"
    : `its workload ${plan.workload} is not known here`;
}
