import type { SharedFlows, SharedResources } from "../../src/cost/flow/fair-share.ts";

/**
 * What is wrong with rates that should be max-min fair, worked out without the algorithm: a
 * resource over its capacity, a flow over its demand, and a flow below it that crosses no full
 * resource on which nobody has more. No other rates pass.
 */
export function shareFaults(
  { capacities }: SharedResources,
  { starts, hops, weights, demands }: SharedFlows,
  rates: ArrayLike<number>,
): string[] {
  const tolerance = 1e-9;
  const flows = [...demands.keys()];
  const hopsOf = (flow: number): number[] => {
    const [from = 0, to = 0] = [starts[flow], starts[flow + 1]];
    return Array.from({ length: to - from }, (_, i) => from + i);
  };
  const use = Array.from(capacities, () => 0);
  for (const flow of flows) {
    for (const hop of hopsOf(flow)) {
      const resource = Number(hops[hop]);
      use[resource] = Number(use[resource]) + Number(weights[hop]) * Number(rates[flow]);
    }
  }
  const over = [...capacities.keys()]
    .filter((resource) => Number(use[resource]) > Number(capacities[resource]) * (1 + tolerance))
    .map((resource) => `resource ${resource} carries ${use[resource]} of ${capacities[resource]}`);
  const unfair = flows.flatMap((flow) => {
    const [rate, demand] = [Number(rates[flow]), Number(demands[flow])];
    if (!(rate >= 0)) return [`flow ${flow} has the rate ${rate}`];
    if (rate > demand * (1 + tolerance)) return [`flow ${flow} has more than its demand`];
    if (rate >= demand * (1 - tolerance)) return [];
    const settles = hopsOf(flow).some((hop) => {
      const resource = Number(hops[hop]);
      if (Number(use[resource]) < Number(capacities[resource]) * (1 - tolerance)) return false;
      const others = flows.filter((other) =>
        hopsOf(other).some((its) => Number(hops[its]) === resource),
      );
      return others.every((other) => Number(rates[other]) <= rate * (1 + tolerance));
    });
    return settles ? [] : [`flow ${flow} could have more than ${rate}`];
  });
  return [...over, ...unfair];
}
