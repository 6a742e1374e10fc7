import { isEmpty, isSubset } from "@evenkeel/core/set/index-set.ts";
import { parseMask } from "@evenkeel/core/set/mask-format.ts";
import type { Access } from "@evenkeel/core/topology/topology.ts";
import { attribute, childrenNamed } from "@evenkeel/core/xml/element.ts";
import type { HwlocNode } from "./nodes.ts";
import { type HwlocExport, objectsOf, readCount } from "./object.ts";

/**
 * Reads what firmware's heterogeneous memory table (HMAT) says about access to each node. Linux
 * shows it in `access0`, and hwloc keeps it as memory attributes. A value applies to every node
 * whose CPUs all lie in the value's set of CPUs.
 *
 * hwloc labels the bandwidths MiB/s but copies the kernel's figures, which are MB/s. On Linux its
 * general attributes `Latency` and `Bandwidth` hold the read values, and they are used where there
 * is no `ReadLatency` or `ReadBandwidth`. Two kinds of values do not come from firmware and are
 * left out: those of an export that Linux did not make, and those of Xeon Phi, which are built into
 * hwloc.
 */
export function readAccess(hwloc: HwlocExport, nodes: readonly HwlocNode[]): Access[] {
  if (!hwloc.backends.includes("Linux") || isXeonPhi(hwloc)) return [];
  const latencies = readAttribute(hwloc, nodes, ["ReadLatency", "Latency"]);
  const bandwidths = readAttribute(hwloc, nodes, ["ReadBandwidth", "Bandwidth"]);
  const pairs = new Map([...latencies, ...bandwidths].map(([key, value]) => [key, value]));
  return [...pairs].map(([key, { initiator, target }]) => {
    const megabytes = bandwidths.get(key)?.value ?? null;
    return {
      initiator,
      target,
      readLatencyNs: latencies.get(key)?.value ?? null,
      readBytesPerSecond: megabytes === null ? null : megabytes * 1e6,
      basis: "hmat" as const,
    };
  });
}

interface Value {
  readonly initiator: number;
  readonly target: number;
  readonly value: number;
}

/** The values of the first named attribute that has any, by pair of nodes. */
function readAttribute(
  hwloc: HwlocExport,
  nodes: readonly HwlocNode[],
  names: readonly string[],
): ReadonlyMap<string, Value> {
  const byId = new Map(nodes.map((node) => [node.object.id, node]));
  for (const name of names) {
    const values = new Map<string, Value>();
    for (const element of childrenNamed(hwloc.topology, "memattr")) {
      if (attribute(element, "name") !== name) continue;
      for (const entry of childrenNamed(element, "memattr_value")) {
        const target = byId.get(attribute(entry, "target_obj_gp_index") ?? "");
        const value = readCount(attribute(entry, "value"));
        const cpus = parseMask(attribute(entry, "initiator_cpuset") ?? "");
        if (target === undefined || value === null || value === 0 || cpus === null) continue;
        for (const node of nodes) {
          if (isEmpty(node.cpus) || !isSubset(node.cpus, cpus)) continue;
          const pair = { initiator: node.id, target: target.id };
          values.set(`${pair.initiator} ${pair.target}`, { ...pair, value });
        }
      }
    }
    if (values.size > 0) return values;
  }
  return new Map();
}

/** Knights Landing and Knights Mill. */
function isXeonPhi(hwloc: HwlocExport): boolean {
  return objectsOf(hwloc, "Package").some(
    ({ infos }) =>
      infos.get("CPUVendor") === "GenuineIntel" &&
      infos.get("CPUFamilyNumber") === "6" &&
      ["87", "133"].includes(infos.get("CPUModelNumber") ?? ""),
  );
}
