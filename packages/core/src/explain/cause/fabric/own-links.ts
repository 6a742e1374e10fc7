import { interconnects, isDirect } from "../../../topology/interconnect.ts";
import type { OwnDevices } from "../../subject/own-devices.ts";
import { pairsOf } from "./pairs.ts";

/** Modules for boards that join them all: SXM, OAM, Grace's superchips. */
const boardModels = /SXM|OAM|HGX|\bG[BH]\d|\b[BH]20\b|\bMI[23]\d\d(?!.*PCIe)/;

/**
 * The pairs of own accelerators that copy to each other over PCI Express.
 *
 * A host does not see the links of what it passes through: its tools see no GPU that is not the
 * driver's. So where none is known and the model is one for boards that join all, a pair may well
 * have them, and none is counted.
 */
export function pairsOverPci(own: OwnDevices): readonly (readonly [string, string])[] {
  if (mayHideLinks(own)) return [];
  const between = interconnects(own.topology);
  return pairsOf(own.accelerators).filter(([a, b]) => !isDirect(between(a, b) ?? ""));
}

/** Whether the accelerators may be linked although no source shows it. */
export function mayHideLinks({ topology, accelerators }: OwnDevices): boolean {
  if (topology.links.length > 0) return false;
  return topology.accelerators.some(
    ({ address, model, productName }) =>
      accelerators.includes(address) && boardModels.test(`${model ?? ""} ${productName ?? ""}`),
  );
}
