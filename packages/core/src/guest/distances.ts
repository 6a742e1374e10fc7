import type { Plan } from "../plan/plan.ts";

/** What ACPI calls local: every node to itself, and no other pair (ACPI 6.5, 5.2.17). */
const LOCAL = 10;
/** 255 would mean that there is no way at all. */
const FARTHEST = 254;

/**
 * The distances between the cells as a guest can be told them: 10 from a cell to itself and 11 to
 * 254 between cells, in rows from and columns to; null where the host tells none, or there is but
 * one cell.
 *
 * Hosts say less orderly things: nodes that are as near as the own (generic initiators), 255 for
 * what they never measured, a diagonal other than 10. libvirt refuses such tables and Linux drops
 * them whole (`slit_valid` in arch/x86/mm/srat.c), so the value nearest to the host's is shown, and
 * a note says where. A distance that differs by direction is legal, and stays.
 */
export function guestDistances(
  { cells, distances }: Pick<Plan, "cells" | "distances">,
  note: (text: string) => void,
): readonly (readonly number[])[] | null {
  if (distances === null || cells.length === 1) return null;
  return distances.map((row, from) =>
    row.map((host, to) => {
      const shown = from === to ? LOCAL : Math.min(Math.max(host, LOCAL + 1), FARTHEST);
      if (shown !== host) {
        note(`the host's distance ${host} from cell ${from} to cell ${to} is shown as ${shown}`);
      }
      return shown;
    }),
  );
}
