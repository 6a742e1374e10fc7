import type { Guest } from "../guest.ts";

/** The one size of huge pages of all cells; null where there are base pages or several sizes. */
export function hugepagesOfAll({ cells }: Pick<Guest, "cells">): number | null {
  const sizes = new Set(cells.map(({ hugepageBytes }) => hugepageBytes));
  const [size = null, ...others] = sizes;
  return others.length === 0 ? size : null;
}

/** Whether KubeVirt makes nodes for the guest, which it does only of dedicated CPUs and huge pages. */
export function isMapped(guest: Pick<Guest, "cells" | "cpu">): boolean {
  return guest.cpu.dedicated && hugepagesOfAll(guest) !== null;
}
