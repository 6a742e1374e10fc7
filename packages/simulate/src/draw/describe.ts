import type { Comparison } from "../run/compare.ts";

/** The facts of a comparison in one line: what is simulated, and how often. */
export function aboutComparison({ world, seeds }: Comparison): string {
  const course =
    world.axis === "arrived"
      ? `arrivals to ${Math.round(world.end * 100)} % of the GPUs`
      : `means from ${Math.round(world.settled * 100)} % of the time on`;
  return [
    `${grouped(world.hosts)} ${world.hosts === 1 ? "host" : "hosts"}`,
    `${grouped(world.gpus)} GPUs`,
    `${world.flavors} flavors`,
    course,
    seedsText(seeds),
  ].join(" · ");
}

function seedsText(seeds: readonly number[]): string {
  const [first = 0] = seeds;
  const last = seeds.at(-1) ?? first;
  return seeds.length === 1 ? `seed ${first}` : `seeds ${first} to ${last}`;
}

/** A whole number with its thousands apart. */
export function grouped(value: number): string {
  return `${Math.round(value)}`.replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
}

/** A share as a percentage with so many digits. */
export function percentText(share: number, digits = 2): string {
  return `${(share * 100).toFixed(digits)} %`;
}
