import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { gpusOf } from "../fleet/host.ts";
import type { TaskShare, Task } from "../fleet/task.ts";
import type { Random } from "@evenkeel/core/random/random.ts";
import { randomFor } from "../random.ts";
import type { Arrival, Scenario } from "../run/scenario.ts";
import { catalogDemand } from "./flavors.ts";
import { hostShapeOf } from "./host-shape.ts";
import { solverPolicy } from "./solver.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";

/**
 * The mean number of GPUs in use if nothing were refused, over all GPUs: a little more than fit.
 */
const LOAD = 1.1;

/** The mean lifetime of a VM, as a part of the simulated time. */
const MEAN_LIFETIME = 0.1;

/** Means begin here: the fleet is full after one mean lifetime, and stays full for two more. */
const SETTLED = 0.3;

/**
 * A fleet of equal hosts of the catalog on which VMs arrive and leave: arrivals are a Poisson
 * process, lifetimes are exponentially distributed. The load is a little more than the fleet can
 * hold, so room is always short, and departures leave gaps that no policy chose: that is where
 * policies differ.
 *
 * Errors: `request-invalid` where the machine has no accelerators to sell.
 */
export function catalogScenario(machine: Topology, hosts: number): Scenario {
  const shape = hostShapeOf(machine, defaultHostPolicy);
  const demand = catalogDemand(shape);
  if (demand.length === 0) {
    throw new EvenkeelError("request-invalid", "the machine has no accelerators to sell", {
      where: machine.name,
      expected: "a machine with accelerators on nodes that have CPUs",
      remedy: "choose another machine of the catalog",
    });
  }
  return {
    name: `catalog ${machine.name}`,
    title: `VMs come and go on hosts like ${machine.name}`,
    axis: "time",
    end: 1,
    settled: SETTLED,
    hosts: Array.from({ length: hosts }, () => shape),
    demand,
    ownPolicies: [solverPolicy(machine, defaultHostPolicy)],
    arrivals: (seed) =>
      poissonArrivals(demand, hosts * gpusOf(shape), randomFor(seed, "catalog arrivals")),
  };
}

/** Arrivals with exponential gaps, until the simulated time ends at 1. */
function poissonArrivals(
  demand: readonly TaskShare[],
  gpus: number,
  random: Random,
): readonly Arrival[] {
  const meanGpus = sumOf(demand, ({ task, share }) => share * task.gpus);
  const meanGap = (MEAN_LIFETIME * meanGpus) / (LOAD * gpus);
  const arrivals: Arrival[] = [];
  for (let at = random.exponential(meanGap); at < 1; at += random.exponential(meanGap)) {
    const task = taskAt(demand, random.unit());
    arrivals.push({ task, at, leaves: at + random.exponential(MEAN_LIFETIME) });
  }
  return arrivals;
}

/** The task whose share contains this point of the unit interval, shares laid end to end. */
function taskAt(demand: readonly TaskShare[], point: number): Task {
  let rest = point;
  for (const { task, share } of demand) {
    if (rest < share) return task;
    rest -= share;
  }
  const last = demand.at(-1);
  if (last === undefined) throw new RangeError("the demand is empty");
  return last.task;
}
