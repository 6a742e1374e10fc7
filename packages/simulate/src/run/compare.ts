import { gpusOf } from "../fleet/host.ts";
import type { Policy } from "../policy/policy.ts";
import type { Outcome } from "./outcome.ts";
import { simulate } from "./simulate.ts";
import { type Summary, summaryOf } from "./summary.ts";
import type { Scenario } from "./scenario.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";

/** One scenario under several policies. Under one seed all policies get the same arrivals. */
export interface Comparison {
  readonly scenario: {
    readonly name: string;
    readonly title: string;
    readonly axis: Scenario["axis"];
    readonly end: number;
    readonly settled: number;
    readonly hosts: number;
    readonly gpus: number;
    readonly flavors: number;
    /** Whether any host has several NUMA nodes, so that the nodes of a VM matter. */
    readonly hasNodes: boolean;
  };
  readonly seeds: readonly number[];
  readonly policies: readonly ComparedPolicy[];
}

/** What became of the world under one policy. */
export interface ComparedPolicy {
  readonly name: string;
  readonly title: string;
  readonly source: string;
  readonly knowsNodes: boolean;
  readonly summary: Summary;
}

/** Runs every policy under every seed; `onRun` is called before each run. */
export function compare(
  scenario: Scenario,
  policies: readonly Policy[],
  seeds: readonly number[],
  onRun: (policy: string, run: number, runs: number) => void = () => {},
): Comparison {
  const compared = policies.map((policy) => ({ policy, outcomes: new Array<Outcome>() }));
  let run = 0;
  for (const seed of seeds) {
    for (const { policy, outcomes } of compared) {
      onRun(policy.name, ++run, seeds.length * policies.length);
      outcomes.push(simulate(scenario, policy, seed, { fragmentation: true }));
    }
  }
  return {
    scenario: {
      name: scenario.name,
      title: scenario.title,
      axis: scenario.axis,
      end: scenario.end,
      settled: scenario.settled,
      hosts: scenario.hosts.length,
      gpus: sumOf(scenario.hosts, (shape) => gpusOf(shape)),
      flavors: scenario.demand.length,
      hasNodes: scenario.hosts.some(({ nodes }) => nodes.length > 1),
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

/**
 * The figure that policies are ranked by: the share allocated at the end, or its mean over time.
 */
export function headline(
  { scenario }: Comparison,
  { summary }: ComparedPolicy,
): Summary["finalShare"] {
  return scenario.axis === "arrived" ? summary.finalShare : summary.meanShare;
}
