import { formatBytes } from "../../unit/bytes.ts";
import type { Topology } from "../topology.ts";
import { cacheDifferences } from "./caches.ts";
import { cpuDifferences } from "./cpus.ts";
import { deviceDifferences } from "./devices.ts";
import { changeText, type TopologyDifference } from "./difference.ts";
import { distanceDifferences } from "./distances.ts";
import { interconnectDifferences, linkDifferences, partitionDifferences } from "./links.ts";
import { nodeDifferences, unnumberedDifferences } from "./nodes.ts";

/**
 * Lists the differences between two machines, or between two readings of one: from the machine as a
 * whole to its partitions, each group by ascending number or address. Names, sources and
 * meaningless numbers (of caches, of IOMMU groups) are not compared. A difference that follows from
 * another is not repeated: a device that disappears takes its links along, and an offline CPU its
 * place in a core.
 *
 * Two topologies have no lasting difference exactly if their digests are equal. The cost is linear
 * in the CPUs and devices, and quadratic in the nodes.
 */
export function diffTopologies(a: Topology, b: Topology): TopologyDifference[] {
  const cpus = cpuDifferences(a, b);
  const moved = cpus.some(({ path }) => path.endsWith(".package"));
  return [
    ...machineDifferences(a, b),
    ...nodeDifferences(a, b).filter(({ path }) => !(moved && path.endsWith(".package"))),
    ...unnumberedDifferences(a, b),
    ...cpus,
    ...cacheDifferences(a, b),
    ...distanceDifferences(a, b),
    ...deviceDifferences(a, b),
    ...linkDifferences(a, b),
    ...interconnectDifferences(a, b),
    ...partitionDifferences(a, b),
  ];
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
