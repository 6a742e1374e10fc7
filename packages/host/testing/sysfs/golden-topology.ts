import { GiB, KiB, MiB, TiB } from "@evenkeel/core/unit/bytes.ts";
import { unionAll } from "@evenkeel/core/set/index-set.ts";
import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";
import type { Core, Topology } from "@evenkeel/core/topology/topology.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import type { Golden } from "./golden.ts";

/** Converts a topology of ours into hwloc's form, with memory printed as in the golden file. */
export function goldenOfTopology(topology: Topology, like: Golden): Golden {
  const exact = like.nodes.every(({ memory }) => /^\d+$/.test(memory));
  const { nodes, cores, distances, pci } = topology;
  const cpusOfNode = new Map(nodes.map(({ id, cpus }) => [id, cpus]));
  const packages = grouped(cores, "package");
  const machine = unionOf(cores.map(({ cpus }) => cpus));
  return {
    nodes: nodes.map(({ id, cpus, memoryBytes }) => ({
      id,
      cpus: cpus ?? "",
      memory: printed(memoryBytes, exact),
    })),
    packages: [...Map.groupBy(cores, (core) => core.package)]
      .map(([id, members]) => ({ id, cpus: unionOf(members.map(({ cpus }) => cpus)) }))
      .toSorted((a, b) => (a.cpus < b.cpus ? -1 : 1)),
    dies: grouped(cores, "die").filter((cpus) => !packages.includes(cpus)),
    cores: cores.map(({ cpus }) => cpus).toSorted(),
    l3s: grouped(cores, "l3"),
    // hwloc prints no matrix for a single node.
    distances:
      distances === null || nodes.length < 2
        ? null
        : orderedLike(
            nodes.map(({ id }) => id),
            distances,
            like.distances?.ids ?? [],
          ),
    pci: pci.map((device) => ({
      address: device.address,
      identity: `${device.class.slice(0, 4)} ${device.vendor}:${device.device}`,
      cpus: (device.node === null ? undefined : cpusOfNode.get(device.node)) ?? machine,
    })),
  };
}

/** The CPUs of each die, cache or package; cores with an unknown one are left out. */
function grouped(cores: readonly Core[], by: "die" | "l3" | "package"): string[] {
  return [...Map.groupBy(cores, (core) => core[by])]
    .flatMap(([id, members]) => (id === null ? [] : [unionOf(members.map(({ cpus }) => cpus))]))
    .toSorted();
}

function unionOf(lists: readonly string[]): string {
  return formatList(unionAll(lists.map((list) => parseList(list) ?? unionAll([]))));
}

/** The matrix with rows and columns in another order of the same nodes, or as it is. */
function orderedLike(
  ids: readonly number[],
  values: readonly (readonly number[])[],
  order: readonly number[],
): Golden["distances"] {
  if (order.toSorted((a, b) => a - b).join() !== ids.join()) return { ids, values };
  const positions = order.map((id) => ids.indexOf(id));
  const row = (i: number): number[] => positions.map((j) => at(at(values, i), j));
  return { ids: order, values: positions.map(row) };
}

/**
 * hwloc prints sizes in the largest unit that leaves at least 10, rounded to the nearest, and 0 for
 * unknown memory.
 */
function printed(bytes: number | null, exact: boolean): string {
  if (bytes === null || bytes === 0) return "0";
  if (exact) return `${bytes}`;
  if (bytes < 10 * MiB) return `${Math.round(bytes / KiB)}KiB`;
  if (bytes < 10 * GiB) return `${Math.round(bytes / MiB)}MiB`;
  return bytes < 10 * TiB ? `${Math.round(bytes / GiB)}GiB` : `${Math.round(bytes / TiB)}TiB`;
}
