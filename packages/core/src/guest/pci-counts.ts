import type { HypervisorLimits } from "./limits.ts";
import type { RootPortGroup } from "./ports.ts";
import { unsupported } from "./unsupported.ts";
import { sum, sumOf } from "../unit/sum.ts";

/**
 * Refuses a guest whose devices need more slots, buses or expanders than there are.
 *
 * @param used the buses of each of the cells, its expander's own included.
 *
 * Errors: `render-unsupported`.
 */
export function checkPciCounts(
  cells: readonly { readonly cell: number; readonly ports: readonly RootPortGroup[] }[],
  used: readonly number[],
  limits: HypervisorLimits,
): void {
  for (const { cell, ports } of cells) checkSlots(cell, ports, limits);
  if (cells.length > limits.expanders) {
    throw unsupported(
      "devices",
      `${cells.length} cells have devices, each on an expander bus of its own`,
      `at most ${limits.expanders}, the free slots of ${limits.name}'s bus 0`,
      "ask for fewer devices, so that they lie on fewer nodes",
    );
  }
  const { buses, rootBuses } = limits;
  const wanted = sum(used);
  if (wanted <= buses - rootBuses) return;
  const ports = cells.flatMap((cell) => cell.ports);
  const devices = sumOf(ports, ({ groups }) => groups.length);
  const switches = ports.filter((port) => port.switch !== null).length;
  throw unsupported(
    "devices",
    `${devices} devices on ${cells.length} cells take ${wanted} buses`,
    `at most ${buses - rootBuses}: of ${buses}, ${rootBuses} stay with bus 0`,
    switches === 0 ? "ask for fewer devices" : 'ask for fewer devices, or render with pci "ports"',
  );
}

function checkSlots(
  cell: number,
  ports: readonly RootPortGroup[],
  { portsPerExpander }: HypervisorLimits,
): void {
  if (ports.length > portsPerExpander) {
    throw unsupported(
      `cells[${cell}]`,
      `cell ${cell} has ${ports.length} devices, each behind a port of its own`,
      `at most ${portsPerExpander} a cell, the slots of an expander bus`,
      "ask for fewer devices, or spread them over more nodes",
    );
  }
  // A switch's bus has as many slots as an expander's.
  for (const { switch: above, groups } of ports) {
    if (groups.length <= portsPerExpander) continue;
    throw unsupported(
      `cells[${cell}]`,
      `${groups.length} devices of cell ${cell} share the switch ${above}`,
      `at most ${portsPerExpander}, the slots of an emulated switch`,
      'render with pci "ports"',
    );
  }
}
