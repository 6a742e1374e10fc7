import { gpusOf } from "../fleet/host.ts";
import type { Policy } from "../policy/policy.ts";
import type { Outcome } from "./outcome.ts";
import { simulate } from "./simulate.ts";
import { type Summary, summaryOf } from "./summary.ts";
import type { World } from "./scenario.ts";

/** A world under several policies: the same arrivals for each, seed by seed. */
export interface Comparison {
  readonly world: {
    readonly name: string;
    readonly title: string;
    readonly axis: World["axis"];
    readonly end: number;
    readonly settled: number;
    readonly hosts: number;
    readonly gpus: number;
    readonly flavors: number;
    /** Whether any host has more than one node, so that it matters which a VM lies on. */
    readonly hasNodes: boolean;
  };
  readonly seeds: readonly number[];
  readonly policies: readonly ComparedPolicy[];
}

export interface ComparedPolicy {
  readonly name: string;
  readonly title: string;
  readonly source: string;
  readonly knowsNodes: boolean;
  readonly summary: Summary;
}

/** Runs every policy under every seed; `onRun` hears of each run before it starts. */
export function compare(
  world: World,
  policies: readonly Policy[],
  seeds: readonly number[],
  onRun: (policy: string, run: number, runs: number) => void = () => {},
): Comparison {
  const compared = policies.map((policy) => ({ policy, outcomes: new Array<Outcome>() }));
  let run = 0;
  for (const seed of seeds) {
    for (const { policy, outcomes } of compared) {
      onRun(policy.name, ++run, seeds.length * policies.length);
      outcomes.push(simulate(world, policy, seed, { fragmentation: true }));
    }
  }
  return {
    world: {
      name: world.name,
      title: world.title,
      axis: world.axis,
      end: world.end,
      settled: world.settled,
      hosts: world.hosts.length,
      gpus: world.hosts.reduce((sum, shape) => sum + gpusOf(shape), 0),
      flavors: world.demand.length,
      hasNodes: world.hosts.some(({ nodes }) => nodes.length > 1),
    },
    seeds,
    policies: compared.map(({ policy: { name, title, source, knowsNodes }, outcomes }) => ({
      name,
      title,
      source,
      knowsNodes,
      summary: summaryOf(outcomes),
    })),
  };
}

/** What a world is judged by: what is allocated at its end, or the mean where VMs come and go. */
export function headline(
  { world }: Comparison,
  { summary }: ComparedPolicy,
): Summary["finalShare"] {
  return world.axis === "arrived" ? summary.finalShare : summary.meanShare;
}
