import { formatBytes } from "../../unit/bytes.ts";
import type { Topology } from "../topology.ts";
import { cacheDifferences } from "./caches.ts";
import { cpuDifferences } from "./cpus.ts";
import { deviceDifferences } from "./devices.ts";
import { changeText, type DifferenceValue, type TopologyDifference } from "./difference.ts";
import { distanceDifferences } from "./distances.ts";
import { interconnectDifferences, linkDifferences, partitionDifferences } from "./links.ts";
import { type Matching, matchDevices, matchNames } from "./match/match-devices.ts";
import { renamed, withoutMarks } from "./match/rename.ts";
import { nameDifferences } from "./names.ts";
import { nodeDifferences, unnumberedDifferences } from "./nodes.ts";

/**
 * Lists the differences between two machines, or between two readings of one: from the machine as a
 * whole to its partitions, each group by ascending number or address. Names, sources and
 * meaningless numbers (of caches, of IOMMU groups) are not compared. A difference that follows from
 * another is not repeated: a device that disappears takes its links along, one that moves what is
 * below it, and an offline CPU its place in a core.
 *
 * Devices are matched before they are compared: by their addresses, or by what they are and where
 * they are connected (`matchDevices`), whichever leaves fewer lasting differences. What is the same
 * under another address is one difference together, in the group `names`.
 *
 * Two topologies have no lasting difference exactly if their digests are equal. Apart from the
 * matching, the cost is linear in the CPUs and devices, and quadratic in the nodes.
 */
export function diffTopologies(a: Topology, b: Topology): TopologyDifference[] {
  const byAddress = differencesUnder(a, b, matchNames(a, b));
  if (lastingOf(byAddress) < 2) return byAddress;
  const byPlace = differencesUnder(a, b, matchDevices(a, b));
  return lastingOf(byPlace) < lastingOf(byAddress) ? byPlace : byAddress;
}

function lastingOf(differences: readonly TopologyDifference[]): number {
  return differences.filter(({ lasting }) => lasting).length;
}

/** Whether the machines are the same up to what their devices are called, and to passing states. */
export function areAlike(differences: readonly TopologyDifference[]): boolean {
  return differences.every(({ group, lasting }) => group === "names" || !lasting);
}

/** The differences between two machines whose devices are matched in this way. */
export function differencesUnder(
  a: Topology,
  b: Topology,
  matching: Matching,
): TopologyDifference[] {
  const { topology, ownNames } = renamed(b, matching);
  const cpus = cpuDifferences(a, b);
  const moved = cpus.some(({ path }) => path.endsWith(".package"));
  return [
    ...machineDifferences(a, b),
    ...nodeDifferences(a, b).filter(({ path }) => !(moved && path.endsWith(".package"))),
    ...unnumberedDifferences(a, topology),
    ...cpus,
    ...cacheDifferences(a, b),
    ...distanceDifferences(a, b),
    ...nameDifferences(a, topology, ownNames),
    ...deviceDifferences(a, topology, ownNames),
    ...linkDifferences(a, topology),
    ...interconnectDifferences(a, topology),
    ...partitionDifferences(a, topology),
  ].map(shown);
}

/** A difference as the reader knows the devices. */
function shown(difference: TopologyDifference): TopologyDifference {
  const { subject, path, before, after, message } = difference;
  const value = (of: DifferenceValue): DifferenceValue =>
    typeof of === "string" ? withoutMarks(of) : of;
  return {
    ...difference,
    subject: withoutMarks(subject),
    path: withoutMarks(path),
    before: value(before),
    after: value(after),
    message: withoutMarks(message),
  };
}

const machineFields = [
  { field: "vendor", what: "the vendor" },
  { field: "product", what: "the product" },
  { field: "cpuModel", what: "the CPU model" },
  { field: "architecture", what: "the architecture" },
  { field: "pageBytes", what: "the base page" },
] as const;

function machineDifferences(a: Topology, b: Topology): TopologyDifference[] {
  return machineFields.flatMap(({ field, what }): TopologyDifference[] => {
    const [before, after] = [a.machine[field], b.machine[field]];
    if (before === after) return [];
    return [
      {
        group: "machine",
        subject: "machine",
        path: `machine.${field}`,
        before,
        after,
        lasting: true,
        message: changeText(what, before, after, (value) =>
          typeof value === "number" ? formatBytes(value) : `${value}`,
        ),
      },
    ];
  });
}
