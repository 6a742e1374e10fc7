import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { gpusOf } from "../fleet/host.ts";
import type { TaskDemand, Task } from "../fleet/task.ts";
import { type Random, randomFor } from "../random.ts";
import type { Arrival, World } from "../run/scenario.ts";
import { catalogDemand } from "./flavors.ts";
import { hostShapeOf } from "./host-shape.ts";
import { solverPolicy } from "./solver.ts";

/** How much is asked for, in parts of all GPUs if nothing were refused: a little too much. */
const LOAD = 1.1;

/** The mean time that a VM stays, in parts of the whole course. */
const MEAN_STAY = 0.1;

/** By then the fleet has been full for two mean stays. */
const SETTLED = 0.3;

/**
 * A fleet of so many hosts of one type of the catalog, in which VMs come and go: arrivals at random
 * with a constant rate (a Poisson process), stays of an exponentially distributed length. What is
 * asked for is a little more than the fleet has, so that room is always short, and departures tear
 * gaps where nobody chose to have them: that is where policies differ.
 *
 * Errors: `request-invalid` where the machine has no accelerator to sell.
 */
export function catalogWorld(machine: Topology, hosts: number): World {
  const shape = hostShapeOf(machine, defaultHostPolicy);
  const demand = catalogDemand(shape);
  if (demand.length === 0) {
    throw new EvenkeelError("request-invalid", "the machine has no accelerators to place", {
      where: machine.name,
      expected: "a machine with accelerators on nodes that have CPUs",
      remedy: "take another machine of the catalog",
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
      comingsAndGoings(demand, hosts * gpusOf(shape), randomFor(seed, "catalog arrivals")),
  };
}

function comingsAndGoings(
  demand: readonly TaskDemand[],
  gpus: number,
  random: Random,
): readonly Arrival[] {
  const meanGpus = demand.reduce((sum, { task, share }) => sum + share * task.gpus, 0);
  const meanGap = (MEAN_STAY * meanGpus) / (LOAD * gpus);
  const arrivals: Arrival[] = [];
  for (let at = random.exponential(meanGap); at < 1; at += random.exponential(meanGap)) {
    const task = drawn(demand, random.unit());
    arrivals.push({ task, at, leaves: at + random.exponential(MEAN_STAY) });
  }
  return arrivals;
}

/** The task at this point of all shares laid end to end. */
function drawn(demand: readonly TaskDemand[], point: number): Task {
  let rest = point;
  for (const { task, share } of demand) {
    if (rest < share) return task;
    rest -= share;
  }
  const last = demand.at(-1);
  if (last === undefined) throw new RangeError("nothing is asked for");
  return last.task;
}
