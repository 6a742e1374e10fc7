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

/**
 * Whether the accelerators may be linked although no source shows it: by their model, or because
 * nobody told what they are.
 */
export function mayHideLinks({
  topology,
  byAddress,
  accelerators,
}: Pick<OwnDevices, "topology" | "byAddress" | "accelerators">): boolean {
  if (topology.links.length > 0) return false;
  const own = topology.accelerators.filter(({ address }) => accelerators.includes(address));
  return own.some(({ address, model, productName }) => {
    const names = `${model ?? ""} ${productName ?? ""}`.trim();
    const isNameless = names === "" && (byAddress.get(address)?.device ?? null) === null;
    return isNameless || boardModels.test(names);
  });
}
