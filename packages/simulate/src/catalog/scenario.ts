import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { defaultHostPolicy, type HostPolicy } from "@evenkeel/core/request/host-policy.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { gpusOf, type HostShape } from "../fleet/host.ts";
import type { TaskShare, Task } from "../fleet/task.ts";
import type { Random } from "@evenkeel/core/random/random.ts";
import type { Policy } from "../policy/policy.ts";
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
  return comingAndGoing(
    `catalog ${machine.name}`,
    `VMs come and go on hosts like ${machine.name}`,
    Array.from({ length: hosts }, () => shape),
    catalogDemand(shape),
    [solverPolicy(machine, defaultHostPolicy)],
  );
}

/** A machine of a fleet, under its policy. */
export interface FleetMachine {
  readonly topology: Topology;
  readonly policy: HostPolicy;
}

/**
 * A fleet of hosts as they are, empty at first. Hosts that sell the same on each node are of one
 * type, and each type is asked for as a fleet of it alone would be, in proportion to its GPUs.
 * Where there is but one type and policy, the solver is compared too, on the first machine of it.
 *
 * Errors: `request-invalid` where no machine has accelerators to sell.
 */
export function fleetScenario(name: string, machines: readonly FleetMachine[]): Scenario {
  const shapes = new Map<string, HostShape>();
  const hosts = machines.map(({ topology, policy }) => {
    const shape = hostShapeOf(topology, policy);
    const key = JSON.stringify(shape);
    const same = shapes.get(key) ?? shape;
    shapes.set(key, same);
    return same;
  });
  const types = [...new Set(hosts)].filter((shape) => catalogDemand(shape).length > 0);
  const gpus = sumOf(hosts, gpusOf);
  const demand = types.flatMap((shape) => {
    const own = hosts.filter((host) => host === shape);
    const first = machines[hosts.indexOf(shape)]?.topology.name ?? "";
    const part = (own.length * gpusOf(shape)) / gpus;
    return catalogDemand(shape).map(({ task, share }): TaskShare => {
      const asOn = types.length === 1 ? task.name : `${task.name}, as on ${first}`;
      const models = task.gpus === 0 || shape.model === null ? null : [shape.model];
      return { task: { ...task, name: asOn, models }, share: share * part };
    });
  });
  const [only] = machines;
  const isOneType = new Set(hosts).size === 1 && new Set(machines.map(policyKey)).size === 1;
  const own = only !== undefined && isOneType ? [solverPolicy(only.topology, only.policy)] : [];
  const title = `VMs come and go on the ${machines.length} hosts of ${name}`;
  return comingAndGoing(`fleet ${name}`, title, hosts, demand, own);
}

const policyKey = ({ policy }: FleetMachine): string => JSON.stringify(policy);

/** A fleet on which more is asked for than fits. */
function comingAndGoing(
  name: string,
  title: string,
  hosts: readonly HostShape[],
  demand: readonly TaskShare[],
  ownPolicies: readonly Policy[],
): Scenario {
  if (demand.length === 0) {
    throw new EvenkeelError("request-invalid", "the machine has no accelerators to sell", {
      where: name,
      expected: "a machine with accelerators on nodes that have CPUs",
      remedy: "choose another machine of the catalog, or another fleet",
    });
  }
  const gpus = sumOf(hosts, gpusOf);
  return {
    name,
    title,
    axis: "time",
    end: 1,
    settled: SETTLED,
    hosts,
    demand,
    ownPolicies,
    arrivals: (seed) => poissonArrivals(demand, gpus, randomFor(seed, "catalog arrivals")),
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
