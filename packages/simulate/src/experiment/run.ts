import { contentionOf, slowdownBy } from "@evenkeel/core/cost/contention/contention.ts";
import { type FlowMachine, flowMachine } from "@evenkeel/core/cost/flow/flow-machine.ts";
import { type CostBasis, weakerBasis } from "@evenkeel/core/cost/path-cost.ts";
import {
  costModel,
  type CostModel,
  type Placed,
  planCost,
  type RawCost,
} from "@evenkeel/core/cost/placement-cost.ts";
import { straying } from "@evenkeel/core/cost/straying.ts";
import { type VmFlows, vmFlows } from "@evenkeel/core/cost/contention/vm-flows.ts";
import { profileOf, workloadName } from "@evenkeel/core/cost/workload.ts";
import { filledWith } from "@evenkeel/core/fleet/filled.ts";
import { idealCost } from "@evenkeel/core/placement/ideal.ts";
import { placedPlan } from "@evenkeel/core/plan/placed-plan.ts";
import type { Random } from "@evenkeel/core/random/random.ts";
import type { HostPolicy } from "@evenkeel/core/request/host-policy.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { flavorText } from "../flavor-text.ts";
import { randomFor } from "../random.ts";
import { machineClaims } from "./claims.ts";
import { distributionOf } from "./distribution.ts";
import type { Experiment, Way, WayResult } from "./experiment.ts";
import { offeredTo } from "./offered.ts";
import { twinClaims } from "./twin-claims.ts";
import { placeUnplanned, unplannedWays } from "./ways.ts";

export interface ExperimentOptions {
  readonly count: number;
  /** The share of a machine's other VMs that are busy at the same time, from 0 to 1. */
  readonly load: number;
  readonly seed: number;
  /** Called before each way, with how many are done. */
  readonly progress?: (way: Way, done: number) => void;
}

/**
 * Fills machines with VMs of one request in four ways, and predicts each VM's time of a step. Every
 * way puts as many VMs on a machine as Evenkeel does, so that all meet the same load; a machine's
 * history is drawn anew until there are enough twins. Null where the machine does not hold two.
 *
 * A VM's time is that of the cost model on its place, relative to the best place on the empty
 * machine with all memory local, times what its busy neighbors cost it (`cost/contention.ts`).
 */
export function runExperiment(
  topology: Topology,
  policy: HostPolicy,
  request: Request,
  options: ExperimentOptions,
): Experiment | null {
  const { plans } = filledWith({ topology, taken: [], policy }, request, Infinity);
  const ideal = idealCost({ topology, taken: [], policy }, request);
  if (plans.length < 2 || ideal === null) return null;
  const machine = flowMachine(topology, topology.calibration);
  const stage = { machine, model: costModel(topology, request.workload), ideal, request };
  const offered = offeredTo(topology, policy, request);
  const ways: WayResult[] = [];
  for (const way of [...unplannedWays, "evenkeel"] as const) {
    options.progress?.(way, ways.length);
    const random = randomFor(options.seed, way);
    const planned = plans.flatMap((plan) => placedPlan(plan, topology) ?? []);
    const fill = (): readonly Placed[] =>
      way === "evenkeel" ? planned : placeUnplanned(way, offered, request, plans.length, random);
    const result = resultOf(way, stage, fill, random, options);
    if (result !== null) ways.push(result);
  }
  return {
    machine: topology.name,
    workload: workloadName(request.workload),
    flavor: flavorText(request),
    perHost: plans.length,
    count: options.count,
    seed: options.seed,
    load: options.load,
    ways,
    claims: [...machineClaims(topology, machine), ...twinClaims(ways)],
  };
}

interface Stage {
  readonly machine: FlowMachine;
  readonly model: CostModel;
  readonly ideal: RawCost;
  readonly request: Request;
}

/** One way's twins; null where it places none, since the machine's memory runs out. */
function resultOf(
  way: Way,
  stage: Stage,
  fill: () => readonly Placed[],
  random: Random,
  { count, load }: ExperimentOptions,
): WayResult | null {
  const alone: number[] = [];
  const loaded: number[] = [];
  let basis: CostBasis = "measured";
  while (alone.length < count) {
    const vms = fill().map((placed) => twinOf(stage, placed));
    if (vms.length === 0) return null;
    for (const [i, vm] of vms.slice(0, count - alone.length).entries()) {
      const busy = vms.filter((_, j) => j !== i && random.unit() < load);
      const contention = contentionOf(
        stage.machine,
        vm.flows,
        busy.map(({ flows }) => flows),
      );
      alone.push(vm.slowdown);
      loaded.push(vm.slowdown * slowdownBy(stage.model.weights, vm.raw, contention));
      basis = weakerBasis(basis, weakerBasis(vm.basis, contention.basis));
    }
  }
  return { way, alone: distributionOf(alone), loaded: distributionOf(loaded), basis };
}

interface Twin {
  readonly raw: RawCost;
  /** Alone on the machine, over all memory local too. */
  readonly slowdown: number;
  readonly flows: VmFlows;
  /** Unknown too where the model has no price for its remote memory. */
  readonly basis: CostBasis;
}

function twinOf({ machine, model, ideal, request }: Stage, placed: Placed): Twin {
  const raw = model.cost(placed);
  const load = { placed, vcpus: request.vcpus, profile: profileOf(request.workload) };
  const { slowdown, isPriced } = straying(model, placed, raw);
  return {
    raw,
    slowdown: Math.max(planCost(raw, ideal).slowdown, slowdown),
    flows: vmFlows(machine, model, load),
    basis: isPriced ? raw.basis : "unknown",
  };
}
