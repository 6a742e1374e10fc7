import { toldByNature } from "../../topology/told.ts";
import type { PciDevice, Topology } from "../../topology/topology.ts";

/**
 * Whether nobody told how a topology's accelerators are connected, as far as a request asks for it:
 * a source that was read and has no links need not know them.
 */
export function hasUntoldLinks(topology: Topology, link: "any" | "nvlink" | "switch"): boolean {
  if (link === "any" || toldByNature(topology)) return false;
  if (link === "nvlink") return topology.links.length === 0;
  const functions = new Map(topology.pci.map((device) => [device.address, device]));
  const bridge = (address: string): PciDevice["parent"] => functions.get(address)?.parent ?? null;
  return topology.accelerators.some(({ address }) => bridge(address) === null);
}
