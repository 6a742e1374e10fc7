import type { PciDevice } from "@evenkeel/core/topology/topology.ts";

/** A pair of GPUs in the matrices `XGMIBandwidth` and `XGMIHops`. */
export interface XgmiPair {
  readonly a: PciDevice;
  readonly b: PciDevice;
  /** MB/s; 0 where the driver reports no link. */
  readonly bandwidth: number;
  /** Null in an export without the matrix `XGMIHops`. */
  readonly hops: number | null;
}

/**
 * Selects the GPU pairs with a direct link from the pairs that some XGMI path joins.
 *
 * - If any path has several hops, the hops were counted, and one hop is a link.
 * - Otherwise ROCm's libraries report 1 for every path, and hwloc copied that until it used the
 *   path's weight: https://github.com/open-mpi/hwloc/issues/775. Then the bandwidth decides, if the
 *   driver reported it: it counts links, and is 0 where there is none.
 * - Early versions of hwloc wrote a bandwidth of 100,000 for every path. On such a machine a pair
 *   is a link if both GPUs can have as many links as their hive has other GPUs, because boards
 *   connect every GPU to every other as far as the links go. For other boards, such as four MI50 in
 *   a ring or eight GCDs of MI250, the links are unknown and none are returned.
 */
export function directPairs(pairs: readonly XgmiPair[]): readonly XgmiPair[] {
  const joined = pairs.filter(({ bandwidth }) => bandwidth > 0);
  const counted = joined.some(({ hops }) => hops !== null && hops > 1);
  if (counted) return joined.filter(({ hops }) => hops === 1);
  if (joined.some(({ bandwidth }) => bandwidth !== everyPath)) return joined;
  return joined.filter(({ a, b }) => {
    const others = othersInHive(a.address, joined);
    return [a, b].every((gpu) => others <= linksOf(gpu));
  });
}

const everyPath = 100_000;

/** The number of GPUs that some path joins to this one. */
function othersInHive(address: string, joined: readonly XgmiPair[]): number {
  return joined.filter(({ a, b }) => a.address === address || b.address === address).length;
}

/**
 * The most XGMI links that a GPU has to other GPUs: two on MI50 and MI60, three on MI100, seven
 * since MI300. For any other model one is assumed, so that only a pair alone counts as linked.
 * https://instinct.docs.amd.com/projects/amdgpu-docs/en/latest/ ("system optimization")
 */
function linksOf({ device }: PciDevice): number {
  if (device === null) return 1;
  if (/^66a[01]$/.test(device)) return 2;
  if (/^738[ce]$/.test(device)) return 3;
  return /^(74[ab]|75a)[0-9a-f]$/.test(device) ? 7 : 1;
}
