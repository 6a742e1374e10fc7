import type { CostParts, PlanCost } from "./plan-cost.ts";
import type { Workload } from "../request/virtual-machine.ts";
import type { CostBasis } from "./path-cost.ts";
import { workloadWeights } from "./workload.ts";

const pathOf: Readonly<Record<keyof CostParts, string>> = {
  hostToDevice: "the path between the accelerators and host memory",
  memory: "the path between the vCPUs and their memory",
  peer: "the path among the accelerators",
  network: "the path between the accelerators and the NICs",
};

const basisOf: Readonly<Record<CostBasis, string>> = {
  measured: "measured on this machine",
  modelled: "modelled from published constants",
  unknown: "a guess, since the topology does not tell every path",
};

const partNames = ["hostToDevice", "memory", "peer", "network"] as const;

/**
 * A plan's cost in one sentence, with its basis and the part that adds most to it: "Expected to
 * take 1.25 times as long as the best placement here, mostly for …".
 */
export function describeCost(cost: PlanCost, workload: Workload): string {
  const basis = basisOf[cost.basis];
  if (cost.slowdown <= 1) return `As good as the best placement on this machine (${basis}).`;
  const weights = workloadWeights[workload];
  const added = (part: keyof CostParts): number => weights[part] * (cost.parts[part] - 1);
  const dominant = partNames.reduce((a, b) => (added(b) > added(a) ? b : a));
  return (
    `Expected to take ${times(cost.slowdown)} as long as the best placement on this machine for ` +
    `${workload}, mostly for ${pathOf[dominant]} (${times(cost.parts[dominant])}); ${basis}.`
  );
}

function times(value: number): string {
  return `${value < 10 ? value.toPrecision(3) : value.toFixed(0)} times`;
}
