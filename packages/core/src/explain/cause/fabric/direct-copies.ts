import { statesOf } from "../../subject/accelerator-states.ts";
import type { OwnDevices } from "../../subject/own-devices.ts";
import type { Subject } from "../../subject/subject.ts";

/** Cards for desktops, whose driver lets none copy to another over PCI Express. */
const desktopCards = /GeForce|\bRTX [2-9]0\d0\b|\bTITAN\b/;

/**
 * Whether a subject's accelerators copy to each other directly over PCI Express, and not through
 * the host's memory. Where they do not, those that share a link to the processor are in each
 * other's way: the near ones are the slower (github.com/NVIDIA/nccl/issues/1309).
 *
 * The driver's word counts. Without it the cards of which it lets none are unknown, as a patched
 * driver does; so are those with a display of which nobody told the name.
 */
export function copiesDirectly(
  subject: Subject,
  { topology, byAddress, accelerators }: OwnDevices,
): boolean | null {
  const own = new Set(accelerators);
  const told = (statesOf(subject) ?? [])
    .filter(({ address }) => subject.evidence.of === "vm" || own.has(address ?? ""))
    .flatMap(({ peers }) => peers ?? [])
    .filter(({ address }) => subject.evidence.of === "vm" || own.has(address));
  if (told.length > 0) return told.every(({ status }) => status === "OK");
  const names = new Map(
    (statesOf(subject) ?? []).map(({ address, productName }) => [address, productName]),
  );
  const isDesktop = accelerators.some((address) => {
    const one = topology.accelerators.find((each) => each.address === address);
    const known = [one?.model, one?.productName, names.get(address)].filter((name) => name != null);
    return known.length > 0
      ? known.some((name) => desktopCards.test(name))
      : byAddress.get(address)?.vendor === "10de" &&
          byAddress.get(address)?.class.startsWith("0300");
  });
  return isDesktop ? null : true;
}
