import type { CostModel, RawCost } from "./placement-cost.ts";

/**
 * A placement's cost over that of the same devices and cells with every path to memory at its
 * nearest, to four decimals: what the nodes' distances cost. It is 1 for remote memory too where
 * the model has no price for that.
 */
export function overLocal({ weights }: CostModel, { parts, total }: RawCost): number {
  const { hostToDevice, memory } = weights;
  const pathCost = hostToDevice * (parts.hostToDevice - 1) + memory * (parts.memory - 1);
  return Math.round((total / (total - pathCost)) * 1e4) / 1e4;
}
