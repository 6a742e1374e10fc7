import { sum } from "../unit/sum.ts";
import type { NodeShare } from "./placement-cost.ts";

/** Amounts by node as shares of their sum, in their order. */
export function sharesOf(amounts: ReadonlyMap<number, number>): readonly NodeShare[] {
  const all = sum(amounts.values());
  return [...amounts].map(([node, amount]) => ({ node, share: amount / all }));
}
