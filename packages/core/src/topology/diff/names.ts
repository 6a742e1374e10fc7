import { amountOf } from "../../text/amount.ts";
import type { Topology } from "../topology.ts";
import type { TopologyDifference } from "./difference.ts";
import { groupsOfBoth } from "./iommu-groups.ts";

/**
 * The differences in what things are called, where they are the same things: addresses and host
 * bridges, numbers of IOMMU groups, and the UUIDs of other units of one model.
 *
 * @param b under the names of `a`, and `ownNames` what is called otherwise in `b` itself.
 */
export function nameDifferences(
  a: Topology,
  b: Topology,
  ownNames: ReadonlyMap<string, string>,
): TopologyDifference[] {
  const addresses = addressDifferences(a, ownNames);
  // Whoever numbers buses anew numbers the groups anew.
  return [...addresses, ...(addresses.length > 0 ? [] : groupNumbers(a, b)), ...otherUnits(a, b)];
}

/** How many of the devices at other addresses are named in a sentence. */
const NAMED_MAX = 3;

function addressDifferences(
  { pci, accelerators, nics }: Topology,
  ownNames: ReadonlyMap<string, string>,
): TopologyDifference[] {
  if (ownNames.size === 0) return [];
  const devices = pci.filter(({ address }) => ownNames.has(address));
  const roles = new Set([...accelerators, ...nics].map(({ address }) => address));
  const named = [
    ...devices.filter(({ address }) => roles.has(address)),
    ...devices.filter(({ address }) => !roles.has(address)),
  ].slice(0, NAMED_MAX);
  const examples = named.map(({ address }) => `${address} is ${ownNames.get(address)} there`);
  const more = devices.length - named.length;
  const list = `${examples.join(", ")}${more > 0 ? `, and ${more} more` : ""}`;
  const isOne = devices.length === 1;
  const [subject, message] =
    devices.length === 0
      ? ["host bridges", `the host bridges are called otherwise`]
      : [
          "addresses",
          `${amountOf(devices.length, "device")} ${isOne ? "is" : "are"} at ${isOne ? "another address" : "other addresses"}: ${list}`,
        ];
  return [
    {
      group: "names",
      subject,
      path: "pci.address",
      before: [...ownNames.keys()].join(" "),
      after: [...ownNames.values()].join(" "),
      lasting: true,
      message,
    },
  ];
}

/**
 * IOMMU groups that hold the same functions under other numbers, which have no meaning and shift
 * when a device comes or goes: reported once, and only where no group changed.
 */
function groupNumbers(a: Topology, b: Topology): TopologyDifference[] {
  const common = groupsOfBoth(a, b);
  if (common.some(({ was, is }) => was !== is)) return [];
  const renumbered = common.find(({ before, after }) => before.iommuGroup !== after.iommuGroup);
  if (renumbered === undefined) return [];
  return [
    {
      group: "names",
      subject: "IOMMU groups",
      path: "pci.iommuGroup",
      before: renumbered.before.iommuGroup,
      after: renumbered.after.iommuGroup,
      lasting: true,
      message: "the IOMMU groups hold the same devices but are numbered differently",
    },
  ];
}

/** Whether two machines that know UUIDs of the same accelerators share none of them. */
export function areOtherUnits(a: Topology, b: Topology): boolean {
  const [own, there] = [a, b].map(uuidsOf);
  const both = [...(own?.keys() ?? [])].filter((address) => there?.has(address));
  const known = new Set(own?.values());
  return both.length > 0 && ![...(there?.values() ?? [])].some((uuid) => known.has(uuid));
}

function uuidsOf({ accelerators }: Topology): ReadonlyMap<string, string> {
  return new Map(
    accelerators.flatMap(({ address, uuid }) => (uuid === null ? [] : [[address, uuid] as const])),
  );
}

/** Where every GPU is another unit, which it always is on another machine. */
function otherUnits(a: Topology, b: Topology): TopologyDifference[] {
  if (!areOtherUnits(a, b)) return [];
  const [before, after] = [a, b].map((one) => [...uuidsOf(one).values()].join(" "));
  return [
    {
      group: "names",
      subject: "GPUs",
      path: "accelerators.uuid",
      before: before ?? null,
      after: after ?? null,
      lasting: true,
      message: "the GPUs are other units: they share no UUID",
    },
  ];
}
