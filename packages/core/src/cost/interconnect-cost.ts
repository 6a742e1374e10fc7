import type { Interconnect } from "../topology/interconnect.ts";
import type { PathCost } from "./path-cost.ts";

/**
 * How long a transfer between two devices takes against the best class of its kind: `NV18` between
 * accelerators, `PIX` between an accelerator and a NIC.
 *
 * The bandwidths (GB/s, one direction) are those with which NCCL plans, `src/graph/topo.h` of
 * NVIDIA/nccl: 20.6 a lane of NVLink 4 (measured, `p2pBandwidthLatencyTest`: 376 over 18 lanes of an
 * H100, 274 over 12 of an A100); 12 through a PCIe 3 x16 switch, the generation in which one and two
 * lanes of NVLink are found; a sixth less through an Intel host bridge, which splits peer traffic
 * into small packets; 10 over a Skylake's link between sockets, less the same sixth. RCCL plans
 * with 20 a link of XGMI. `PXB` and `NODE` have no figure of their own: they lie midway between
 * their neighbors, which keeps the order of `nvidia-smi topo`.
 *
 * Ratios of classes, not of generations: a newer PCIe moves all of its classes alike.
 */
const gigabytesPerSecond = { nvlinkLane: 20.6, xgmiLink: 20, pix: 12, phb: 10, sys: 10 / 1.2 };

const pcie: ReadonlyMap<Interconnect, number> = new Map([
  ["PIX", gigabytesPerSecond.pix],
  ["PXB", (gigabytesPerSecond.pix + gigabytesPerSecond.phb) / 2],
  ["PHB", gigabytesPerSecond.phb],
  ["NODE", (gigabytesPerSecond.phb + gigabytesPerSecond.sys) / 2],
  ["SYS", gigabytesPerSecond.sys],
]);

const best = { accelerator: 18 * gigabytesPerSecond.nvlinkLane, nic: gigabytesPerSecond.pix };

/** Relative transfer time between an accelerator and its peer, another accelerator or a NIC. */
export function interconnectCost(
  interconnect: Interconnect | null,
  peer: "accelerator" | "nic" = "accelerator",
): PathCost {
  // Where nobody knows the path it may be the longest, so whatever is known is preferred to it.
  const bandwidth = bandwidthOf(interconnect ?? "SYS");
  return {
    relative: Math.max(1, best[peer] / bandwidth),
    basis: interconnect === null ? "unknown" : "modelled",
  };
}

function bandwidthOf(interconnect: Interconnect): number {
  const direct = /^(NV|XGMI)(\d+|#)$/.exec(interconnect);
  if (direct === null) return pcie.get(interconnect) ?? gigabytesPerSecond.sys;
  const lane = direct[1] === "NV" ? gigabytesPerSecond.nvlinkLane : gigabytesPerSecond.xgmiLink;
  // Of an unknown number of lanes there is at least one.
  return lane * (direct[2] === "#" ? 1 : Math.max(1, Number(direct[2])));
}
