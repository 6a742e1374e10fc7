import type { PciDevice } from "@evenkeel/core/topology/topology.ts";

/** A pair of GPUs in the matrices `XGMIBandwidth` and `XGMIHops`. */
export interface XgmiPair {
  readonly a: PciDevice;
  readonly b: PciDevice;
  /** MB/s; 0 where the driver knows of no link. */
  readonly bandwidth: number;
  /** Null in an export without that matrix. */
  readonly hops: number | null;
}

/**
 * Of the pairs that some path over XGMI joins, those that are joined directly.
 *
 * Where any path has several hops, the hops are counted ones, and one is a link. ROCm's libraries
 * however say 1 for every path, and hwloc said it after them before it took the path's weight:
 * https://github.com/open-mpi/hwloc/issues/775. Then the bandwidth tells, if the driver gave it: it
 * counts links, and is 0 where there is none. Early versions of hwloc wrote 100,000 for every
 * path alike. Of such a machine a pair is a link where its GPUs have as many links as there are
 * other GPUs in their hive, for boards wire each to each as far as the links go; of the others, such
 * as four MI50 in a ring or eight GCDs of MI250, it is not known, and no link is told.
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

/** How many GPUs some path joins with one. */
function othersInHive(address: string, joined: readonly XgmiPair[]): number {
  return joined.filter(({ a, b }) => a.address === address || b.address === address).length;
}

/**
 * The XGMI links that a GPU has to others at most: two on MI50 and MI60, three on MI100, seven since
 * MI300. Of others, whatever is alone with its peer is linked to it.
 * https://instinct.docs.amd.com/projects/amdgpu-docs/en/latest/ ("system optimization")
 */
function linksOf({ device }: PciDevice): number {
  if (device === null) return 1;
  if (/^66a[01]$/.test(device)) return 2;
  if (/^738[ce]$/.test(device)) return 3;
  return /^(74[ab]|75a)[0-9a-f]$/.test(device) ? 7 : 1;
}
