import type { Plan } from "../plan/plan.ts";
import { comparePciAddresses } from "../topology/pci-address.ts";
import type { Link, PcieLink } from "../topology/topology.ts";
import { linkOfSlot } from "./device-groups.ts";
import { devicePorts, type PciRoot } from "./guest.ts";
import type { PortLink } from "./port-link.ts";

/** The plan's direct links, in the guest's addresses; null where the plan does not tell. */
export function guestLinks(
  { links }: Pick<Plan, "links">,
  pci: Pick<PciRoot, "expanders">,
): readonly Link[] | null {
  if (links === null) return null;
  const functions = devicePorts(pci).flatMap((port) => port.functions);
  const guestAddresses = new Map(functions.map((fn) => [fn.hostAddress, fn.guestAddress]));
  return links.flatMap((link) => {
    const ends = [guestAddresses.get(link.a), guestAddresses.get(link.b)];
    const [a, b] = ends.filter((end) => end !== undefined).toSorted(comparePciAddresses);
    return a === undefined || b === undefined ? [] : [{ ...link, a, b }];
  });
}

/** Notes on differences between the guest's PCI tree and the host's, with the reason. */
export function noteDevices(
  { devices }: Pick<Plan, "devices">,
  { expanders }: Pick<PciRoot, "expanders">,
  note: (text: string) => void,
): void {
  for (const { address, node, cell } of devices) {
    if (node === null)
      note(`the host does not report the node of ${address}: it is on cell ${cell}`);
  }
  for (const { switch: shown } of expanders.flatMap(({ ports }) => ports)) {
    if (shown === null) continue;
    note(
      `${shown.ports.length} devices are below an emulated switch at ${shown.guestAddress}, because they ` +
        `share ${shown.hostAddress} on the host; its ports report 2.5 GT/s and one lane, which is ` +
        "not the speed of the links",
    );
  }
}

/** Notes on root ports that do not say the link of the device behind them, and what they say. */
export function portNotes({ expanders }: Pick<PciRoot, "expanders">): readonly string[] {
  const ports = expanders.flatMap((expander) => expander.ports);
  const told = ports.flatMap(({ functions: [first, ...others], link: port }) =>
    first === undefined || port === null
      ? []
      : [{ address: first.hostAddress, port, link: linkOfSlot([first, ...others]) }],
  );
  const named = (some: typeof told): string => some.map(({ address }) => address).join(", ");
  const unknown = told.filter(({ port }) => port.speedGTs === null || port.width === null);
  const slower = Map.groupBy(
    told.filter(({ port, link }) => isSlower(port, link)),
    ({ port, link }) =>
      `the guest sees ${port.speedGTs} GT/s at the root port, not the ${link?.maxSpeedGTs}`,
  );
  return [
    ...(unknown.length === 0
      ? []
      : [
          `how fast or wide the link of ${named(unknown)} can be is unknown: the root port says ` +
            "QEMU's own 16 GT/s or 32 lanes instead",
        ]),
    ...[...slower].map(([seen, devices]) => {
      const later = devices.some(({ port }) => port.speedGTs === 16);
      return (
        `${seen} GT/s that the link of ${named(devices)} can: it is the most that QEMU's ports ` +
        `say${later ? " before QEMU 9.0" : ""}, and a driver may take the link for slower than it is`
      );
    }),
  ];
}

function isSlower({ speedGTs }: PortLink, link: PcieLink | null): boolean {
  const most = link?.maxSpeedGTs ?? null;
  return speedGTs !== null && most !== null && speedGTs < most;
}
