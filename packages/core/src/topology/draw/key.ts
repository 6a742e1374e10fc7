import { hasCoreClasses } from "../core-classes.ts";
import type { MemoryNode, PciDevice } from "../topology.ts";
import { belowSign, runsBelow } from "./describe.ts";
import { type Line, line, span, wrapped } from "./line.ts";
import { classMeanings } from "./link-classes.ts";
import { redirectNote, shownAddresses } from "./pci-branches.ts";
import type { Scene } from "./scene.ts";
import { coreSignEntries } from "./tenancy-text.ts";
import { memoryMarkEntries } from "./tenancy-bars.ts";

/** What of a drawing there is to explain. */
interface KeyParts {
  readonly trees: boolean;
  /** The nodes whose cores and memory are drawn by the signs of VMs. */
  readonly bars: readonly MemoryNode[];
  readonly links: boolean;
}

/** What the signs of a drawing mean: those that it has, and no others. */
export function keyLines(scene: Scene, width: number, { trees, bars, links }: KeyParts): Line[] {
  const { topology, tenancy, all } = scene;
  const byAddress = new Map(topology.pci.map((device) => [device.address, device]));
  const shown = shownAddresses(topology, all);
  const devices = trees ? topology.pci.filter(({ address }) => shown.has(address)) : [];
  const some = (has: (device: PciDevice) => boolean): boolean => devices.some(has);
  const entries: readonly (readonly [boolean, Line])[] = [
    [
      some(({ link }) => link !== null && runsBelow(link)),
      line(span(belowSign, "warning"), span(" link below its maximum", "faint")),
    ],
    [trees && hasCoreClasses(topology), line("class 0", span(" the fastest cores", "faint"))],
    [
      some(({ parent }) => redirectNote(byAddress.get(parent ?? "")).length > 0),
      line("ACS", span(" traffic to its neighbors takes the way over the CPU", "faint")),
    ],
  ];
  const signs =
    tenancy === null
      ? []
      : [...coreSignEntries(tenancy, bars), ...memoryMarkEntries(tenancy, bars)];
  const ofVms = [...Map.groupBy(signs, ([{ sign }]) => sign)].map(([sign, same]) => {
    const texts = same.map(([, text]) => text).join(", ");
    return line(span(sign, same[0]?.[0].style), span(` ${texts}`, "faint"));
  });
  return wrapped(
    [
      ...entries.flatMap(([shows, text]) => (shows ? [text] : [])),
      ...ofVms,
      ...(links ? classMeanings(topology) : []),
    ],
    "   ",
    width,
  );
}
