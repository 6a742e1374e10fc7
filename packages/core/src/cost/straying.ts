import { sumOf } from "../unit/sum.ts";
import type { CostModel, Placed, RawCost } from "./placement-cost.ts";

/** What a place's remote memory costs, beside all memory local to its users. */
export interface Straying {
  /** The part of its memory that is remote from the vCPUs that use it. */
  readonly remoteShare: number;
  /** How many times as long it takes as with all memory local; 1 where none is remote. */
  readonly slowdown: number;
  /** Whether the model has a price for it; true where none is remote. */
  readonly isPriced: boolean;
}

/**
 * No place with remote memory is as fast as the best, though the best place of a host may have
 * some itself: so what is compared with the best is compared with local memory too.
 */
export function straying(model: CostModel, placed: Placed, raw: RawCost): Straying {
  const remoteShare = remoteShareOf(placed);
  const slowdown = remoteShare > 0 ? overLocal(model, raw) : 1;
  return { remoteShare, slowdown, isPriced: remoteShare === 0 || slowdown > 1 };
}

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

function remoteShareOf({ cells }: Placed): number {
  return sumOf(cells, ({ share, vcpuNodes, memoryNodes }) =>
    sumOf(vcpuNodes, (cpus) =>
      sumOf(memoryNodes, (memory) =>
        memory.node === cpus.node ? 0 : share * cpus.share * memory.share,
      ),
    ),
  );
}
