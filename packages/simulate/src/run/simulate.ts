import type { Policy } from "../policy/policy.ts";
import { randomFor } from "../random.ts";
import { type Entry, openBooks } from "./simulated-fleet.ts";
import { departures } from "./departures.ts";
import type { Outcome } from "./outcome.ts";
import { openTally } from "./statistics.ts";
import type { World } from "./scenario.ts";

export interface SimulateOptions {
  /** Whether fragmentation is measured, which costs about as much as placing by it does. */
  readonly fragmentation?: boolean;
}

/**
 * Runs a world's arrivals under a policy. Every policy gets the same arrivals for the same seed, in
 * the same order, and knows of the future no more than the mix of requests. What is refused does
 * not come again, and nothing is moved. The same seed gives the same outcome.
 */
export function simulate(
  world: World,
  policy: Policy,
  seed: number,
  { fragmentation = false }: SimulateOptions = {},
): Outcome {
  const books = openBooks(world.hosts, policy.knowsNodes);
  const placer = policy.start({
    hosts: books.seen,
    demand: world.demand,
    random: randomFor(seed, `policy ${policy.name}`),
  });
  const tally = openTally(world, books.real, fragmentation);
  const leaving = departures<Entry>();
  const settle = (at: number): void => {
    for (const entry of leaving.until(at)) {
      books.remove(entry);
      placer.left?.(entry.choice);
      tally.left(entry);
    }
  };
  /** Hundredths of the course are noted at their own time, between the events around them. */
  const passTo = (at: number): void => {
    for (let next = tally.next(); next !== null && next <= at; next = tally.next()) {
      settle(next);
      tally.note();
    }
    settle(at);
  };
  for (const { task, at, leaves } of world.arrivals(seed)) {
    passTo(at);
    const choice = placer.choose(task);
    const entry = choice === null ? null : books.place(task, choice);
    tally.arrived(task, entry);
    if (entry !== null && leaves !== null) leaving.add(leaves, entry);
  }
  passTo(world.end);
  return tally.outcome(seed);
}
