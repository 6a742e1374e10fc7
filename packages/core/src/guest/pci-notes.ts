import type { Plan } from "../plan/plan.ts";
import { comparePciAddresses } from "../topology/pci-address.ts";
import type { Link } from "../topology/topology.ts";
import { devicePorts, type PciRoot } from "./guest.ts";

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
