import type { Comparison } from "../run/compare.ts";

/** A comparison's fleet, flavors, range of means and seeds, in one line. */
export function aboutComparison({ scenario, seeds }: Comparison): string {
  const range =
    scenario.axis === "arrived"
      ? `arrivals to ${Math.round(scenario.end * 100)} % of the GPUs`
      : `means from ${Math.round(scenario.settled * 100)} % of the time on`;
  return [
    `${grouped(scenario.hosts)} ${scenario.hosts === 1 ? "host" : "hosts"}`,
    `${grouped(scenario.gpus)} GPUs`,
    `${scenario.flavors} flavors`,
    range,
    seedsText(seeds),
  ].join(" · ");
}

function seedsText(seeds: readonly number[]): string {
  const [first = 0] = seeds;
  const last = seeds.at(-1) ?? first;
  return seeds.length === 1 ? `seed ${first}` : `seeds ${first} to ${last}`;
}

/** A whole number with commas between thousands. */
export function grouped(value: number): string {
  return `${Math.round(value)}`.replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
}

/** A share as a percentage with this number of decimals. */
export function percentText(share: number, digits = 2): string {
  return `${(share * 100).toFixed(digits)} %`;
}
