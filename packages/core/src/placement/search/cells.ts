import type { Device } from "../inventory/devices.ts";
import type { CellDemand, CellSupply } from "./fit.ts";
import type { LayoutCell } from "./layout.ts";

/** What cells need, and where it comes from, in the same order. */
export interface SuppliedCells {
  readonly demands: readonly CellDemand[];
  readonly supplies: readonly CellSupply[];
}

/** The cells with their devices: one of unknown node, and a NIC of another, belong to the first. */
export function cellsOf(
  { demands, supplies }: SuppliedCells,
  accelerators: readonly Device[],
  nics: readonly Device[],
): readonly LayoutCell[] {
  const homes = demands.map(({ node }) => node);
  return homes.map((home, i) => ({
    node: home,
    units: supplies[i]?.units ?? [],
    granules: supplies[i]?.granules ?? [],
    accelerators: accelerators.filter(({ node }) => node === home || (node === null && i === 0)),
    nics: nics.filter(({ node }) => node === home || (i === 0 && !homes.includes(node ?? -1))),
  }));
}
