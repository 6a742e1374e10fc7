import type { PciDevice, PcieLink, Topology } from "../../../topology/topology.ts";
import { advice } from "../../../remedy/remedy.ts";
import { allKnown } from "../../../unit/list.ts";
import { sum } from "../../../unit/sum.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import {
  type Accusation,
  accused,
  acquitted,
  type Cause,
  irrelevant,
  untold,
} from "../../subject/cause.ts";
import { devicesOf } from "../../subject/yardstick.ts";

/**
 * Devices below one switch share its link to the processor. Where that is narrower than the links
 * of those below it together, a neighbour's copies take from one's own, whenever both copy. Whether
 * they do nobody can see from here.
 */
export const linkShared: Cause = {
  code: "link-shared",
  layer: "fabric",
  looksFor: "a neighbour's devices share a narrower link to the processor with its accelerators",
  observable: "machine.neighbours[].devices beside machine.topology.pci[].{parent,link}",
  readFrom: "open VFIO files of all VMs, /sys/bus/pci/devices",
  acquittedBy: "no neighbour's device below its switches, or a link as wide as all below it",
  followsFrom: [],
  judge: ({ evidence, topology, machine }) => {
    if (evidence.of === "machine") return irrelevant;
    if (topology === null) return untold("the machine was not read: its PCI devices would tell");
    const { accelerators } = devicesOf(evidence, topology);
    if (accelerators.length === 0) return irrelevant;
    const neighbours = machine?.neighbours ?? null;
    if (neighbours === null) return untold("who else runs on the machine was not read");
    const given = evidence.devices.map(({ address }) => address);
    const own = new Set([...accelerators, ...given]);
    const theirs = new Map(
      neighbours.flatMap(({ name, devices }) =>
        devices.filter((address) => !own.has(address)).map((address) => [address, name] as const),
      ),
    );
    const isListed = (address: string): boolean =>
      topology.pci.some((one) => one.address === address);
    if (![...theirs.keys()].every(isListed)) {
      return untold("where the devices of its neighbours are was not read");
    }
    const ports = sharedPorts([...own], [...theirs.keys()], topology);
    const narrow = ports.filter(({ has, wants }) => has !== null && wants !== null && wants > has);
    if (narrow.length === 0) {
      return ports.some(({ has, wants }) => has === null || wants === null)
        ? untold("the links of a switch that it shares were not read")
        : acquitted("no neighbour's device shares a narrower link with its accelerators");
    }
    return accused(
      ...narrow.map(({ port, below }): Accusation => {
        const others = below.filter((address) => theirs.has(address));
        const names = [...new Set(others.map((address) => theirs.get(address) ?? ""))];
        return {
          about: port.address,
          expected: "a link to the processor as wide as those of all devices below it",
          found: `${names.join(", ")} has ${others.join(", ")} below the same switch, whose link is ${words(port.link)}`,
          evidence: [`/sys/bus/pci/devices/${port.address}: ${words(port.link)}`],
          seen: "inferred",
          cost: unknownCost,
          remedy: advice("restart", `Give ${names.join(", ")} devices below another switch.`),
        };
      }),
    );
  },
};

interface SharedPort {
  readonly port: PciDevice;
  readonly below: readonly string[];
  /** What its link carries, and what those below it could use; null where one is unknown. */
  readonly has: number | null;
  readonly wants: number | null;
}

/** The lowest ports that have devices of both below them. */
function sharedPorts(
  own: readonly string[],
  theirs: readonly string[],
  { pci }: Topology,
): readonly SharedPort[] {
  const byAddress = new Map(pci.map((one) => [one.address, one]));
  const above = (address: string): readonly string[] => {
    const chain = new Set<string>();
    let parent = byAddress.get(address)?.parent ?? null;
    while (parent !== null && !chain.has(parent)) {
      chain.add(parent);
      parent = byAddress.get(parent)?.parent ?? null;
    }
    return [...chain];
  };
  const chains = new Map([...own, ...theirs].map((address) => [address, above(address)]));
  const chainOf = (address: string): readonly string[] => chains.get(address) ?? [];
  const lowest = own.flatMap((mine) =>
    theirs.flatMap((other) => chainOf(mine).find((port) => chainOf(other).includes(port)) ?? []),
  );
  return [...new Set(lowest)].flatMap((address): SharedPort[] => {
    const port = byAddress.get(address);
    if (port === undefined) return [];
    const below = [...own, ...theirs].filter((one) => chainOf(one).includes(address));
    // Functions of one device have one link.
    const slots = new Map(below.map((one) => [chainOf(one)[0], byAddress.get(one)?.link ?? null]));
    const links = allKnown([...slots.values()].map(capacity));
    const wants = links === null ? null : sum(links);
    return [{ port, below, has: capacity(port.link), wants }];
  });
}

/** Transfers a second on all lanes, at most. */
function capacity(link: PcieLink | null): number | null {
  if (link === null) return null;
  const speed = link.maxSpeedGTs ?? link.speedGTs;
  const width = link.maxWidth ?? link.width;
  return speed === null || width === null ? null : speed * width;
}

function words(link: PcieLink | null): string {
  return `${link?.maxSpeedGTs ?? link?.speedGTs ?? "?"} GT/s x${link?.maxWidth ?? link?.width ?? "?"}`;
}
