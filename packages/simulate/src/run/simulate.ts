import type { Policy } from "../policy/policy.ts";
import { randomFor } from "../random.ts";
import { departures } from "./departures.ts";
import type { Outcome } from "./outcome.ts";
import type { Scenario } from "./scenario.ts";
import { type Placement, simulatedFleet } from "./simulated-fleet.ts";
import { startStatistics } from "./statistics.ts";

/** What is measured beside the outcome. */
export interface SimulateOptions {
  /** Measure fragmentation, which costs about as much as a policy that places by it. */
  readonly fragmentation?: boolean;
}

/**
 * Runs the arrivals of a scenario under a policy. Under one seed every policy gets the same
 * arrivals in the same order, and knows of the future only the mix of requests. A refused task does
 * not come again, and no placed task is moved. The same seed gives the same outcome.
 */
export function simulate(
  scenario: Scenario,
  policy: Policy,
  seed: number,
  { fragmentation = false }: SimulateOptions = {},
): Outcome {
  const fleet = simulatedFleet(scenario.hosts, policy.knowsNodes);
  const placer = policy.start({
    hosts: fleet.visibleHosts,
    demand: scenario.demand,
    random: randomFor(seed, `policy ${policy.name}`),
  });
  const statistics = startStatistics(scenario, fleet.hosts, fragmentation);
  const leaving = departures<Placement>();
  const removeUntil = (at: number): void => {
    for (const placement of leaving.until(at)) {
      fleet.remove(placement);
      placer.onLeft?.(placement.choice);
      statistics.left(placement);
    }
  };
  /** Samples are taken at every hundredth of the axis, between the events before and after it. */
  const advanceTo = (at: number): void => {
    for (
      let next = statistics.nextSampleAt();
      next !== null && next <= at;
      next = statistics.nextSampleAt()
    ) {
      removeUntil(next);
      statistics.sample();
    }
    removeUntil(at);
  };
  for (const { task, at, leaves } of scenario.arrivals(seed)) {
    advanceTo(at);
    const choice = placer.choose(task);
    const placement = choice === null ? null : fleet.place(task, choice);
    statistics.arrived(task, placement);
    if (placement !== null && leaves !== null) leaving.add(leaves, placement);
  }
  advanceTo(scenario.end);
  return statistics.outcome(seed);
}
