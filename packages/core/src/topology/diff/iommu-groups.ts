import type { PciDevice, Topology } from "../topology.ts";
import type { NameOf, TopologyDifference } from "./difference.ts";

/** A function of both machines, and the others of its group in each. */
interface Grouped {
  readonly before: PciDevice;
  readonly after: PciDevice;
  /** `alone` without any others, null where unknown. */
  readonly was: string | null;
  readonly is: string | null;
}

/** The functions that both machines have, with their IOMMU groups among these. */
export function groupsOfBoth(a: Topology, b: Topology): readonly Grouped[] {
  const current = new Map(b.pci.map((device) => [device.address, device]));
  const common = a.pci.flatMap((before) => {
    const after = current.get(before.address);
    return after === undefined ? [] : [{ before, after }];
  });
  const peersBefore = peersOf(common.map(({ before }) => before));
  const peersAfter = peersOf(common.map(({ after }) => after));
  return common.map(({ before, after }) => ({
    before,
    after,
    was: peersBefore(before),
    is: peersAfter(after),
  }));
}

/**
 * The changes of IOMMU groups: which functions share one, among the functions that both machines
 * have. The kernel's numbers of groups have no meaning (`names.ts`).
 */
export function iommuDifferences(a: Topology, b: Topology, name: NameOf): TopologyDifference[] {
  return groupsOfBoth(a, b).flatMap(({ before, was, is }): TopologyDifference[] => {
    if (was === is) return [];
    const subject = name(before);
    const [now, then] = [sharingText(is), sharingText(was)];
    const message = `the IOMMU group of ${subject} is ${now}, it was ${then}`;
    const path = `pci[${before.address}].iommuGroup`;
    return [{ group: "devices", subject, path, before: was, after: is, lasting: true, message }];
  });
}

/** The other members of each function's group, as text. */
function peersOf(functions: readonly PciDevice[]): (of: PciDevice) => string | null {
  const members = Map.groupBy(functions, ({ iommuGroup }) => iommuGroup);
  return ({ address, iommuGroup }) => {
    if (iommuGroup === null) return null;
    const peers = (members.get(iommuGroup) ?? []).filter((other) => other.address !== address);
    if (peers.length === 0) return "alone";
    return peers
      .map((other) => other.address)
      .toSorted()
      .join(" ");
  };
}

function sharingText(peers: string | null): string {
  if (peers === null) return "unknown";
  return peers === "alone" ? "its own" : `shared with ${peers}`;
}
