import type { Interconnect } from "../topology/interconnect.ts";
import type { PathCost } from "./path-cost.ts";

/**
 * The bandwidth of each interconnect class. The cost of a path is its transfer time over that of
 * the best class: `NV18` between accelerators, `PIX` between an accelerator and a NIC.
 *
 * The bandwidths are those that NCCL plans with (`src/graph/topo.h` of NVIDIA/nccl), in GB/s and
 * one direction, all of the generation of PCIe 4 and EPYC "Rome": 20 a lane of NVLink (measured
 * with `p2pBandwidthLatencyTest`: 21 on an H100's 18 lanes, 23 on an A100's 12), 24 through a
 * switch of PCIe 4 x16, a sixth less through a host bridge, which may split peer traffic into small
 * packets, and 16 between sockets. RCCL plans with 20 a link of XGMI.
 *
 * `PXB`, `NODE` and a single lane, which is known from PCIe 3 machines alone, have no figure here:
 * they lie midway between their neighbors, which keeps the order of `nvidia-smi topo`. The classes
 * do not distinguish generations, so NVLink's lead is overstated by up to two on PCIe 5 and
 * understated on Blackwell.
 */
const gigabytesPerSecond = { lane: 20, pix: 24, phb: 20, sys: 16 } as const;

const midway = (a: number, b: number): number => (a + b) / 2;

const pcie: ReadonlyMap<Interconnect, number> = new Map([
  ["PIX", gigabytesPerSecond.pix],
  ["PXB", midway(gigabytesPerSecond.pix, gigabytesPerSecond.phb)],
  ["PHB", gigabytesPerSecond.phb],
  ["NODE", midway(gigabytesPerSecond.phb, gigabytesPerSecond.sys)],
  ["SYS", gigabytesPerSecond.sys],
]);

const best = { accelerator: 18 * gigabytesPerSecond.lane, nic: gigabytesPerSecond.pix } as const;

/** Relative transfer time between an accelerator and its peer, another accelerator or a NIC. */
export function interconnectCost(
  interconnect: Interconnect | null,
  peer: "accelerator" | "nic" = "accelerator",
): PathCost {
  // An unknown path may be the longest, so any known path is preferred to it.
  const bandwidth = bandwidthOf(interconnect ?? "SYS");
  return {
    relative: Math.max(1, best[peer] / bandwidth),
    basis: interconnect === null ? "unknown" : "modelled",
  };
}

function bandwidthOf(interconnect: Interconnect): number {
  const overPci = pcie.get(interconnect);
  if (overPci !== undefined) return overPci;
  // An unknown number of lanes (`NV#`) is at least one. A lane of Xe Link has no figure here.
  const lanes = interconnect.startsWith("XL") ? null : /\d+$/.exec(interconnect);
  if (lanes !== null && Number(lanes[0]) >= 2) return Number(lanes[0]) * gigabytesPerSecond.lane;
  return midway(gigabytesPerSecond.pix, 2 * gigabytesPerSecond.lane);
}
