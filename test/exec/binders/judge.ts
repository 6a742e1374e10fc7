import type { BindingMode } from "@evenkeel/core/binding/binding.ts";
import {
  type IndexSet,
  indices,
  intersection,
  isEmpty,
  isSubset,
  unionAll,
} from "@evenkeel/core/set/index-set.ts";
import { distancesOf } from "@evenkeel/core/topology/distances-of.ts";
import { knownCpus } from "@evenkeel/core/topology/node-facts.ts";
import type { MemoryNode, Topology } from "@evenkeel/core/topology/topology.ts";
import { allKnown } from "@evenkeel/core/unit/list.ts";
import type { Outcome } from "./case.ts";

/** How a binder did: `alone` is a worker that it left as it is, or would not start. */
export type Mark = "right" | "wrong" | "alone";

/**
 * The node that the machine's kernel tells for a device: by its own word, or by the nearest bridge
 * above it that has one; on a machine of one node that. Null where it tells none.
 */
export function toldNode({ nodes, pci }: Topology, address: string): number | null {
  const [only, ...others] = nodes;
  if (only !== undefined && others.length === 0) return only.id;
  const devices = new Map(pci.map((device) => [device.address, device]));
  for (let at = devices.get(address); at !== undefined; at = devices.get(at.parent ?? "")) {
    const { node } = at;
    if (nodes.some(({ id }) => id === node)) return node;
  }
  return null;
}

/**
 * Judges what became of a worker whose accelerator is on a node, by where its CPUs and its memory
 * are. Where it may use no CPU of that node, the nearest that it may use are right. A binder that
 * binds where nobody tells the node has guessed.
 */
export function markOf(
  topology: Topology,
  home: number | null,
  allowed: IndexSet,
  mode: BindingMode,
  outcome: Outcome,
): Mark {
  if (outcome.kind !== "bound") return "alone";
  const { cpus, memoryNodes } = outcome;
  if (home === null) {
    return isSubset(allowed, cpus) && memoryNodes === null ? "alone" : "wrong";
  }
  const right = servingCpus(topology, home, allowed, mode);
  if (right === null || isEmpty(cpus) || !isSubset(cpus, intersection(right, allowed))) {
    return "wrong";
  }
  if (memoryNodes === null) return "right";
  const withMemory = topology.nodes.filter(
    ({ memoryBytes, kind }) => memoryBytes !== 0 && kind !== "gpu",
  );
  const around = new Set(
    topology.nodes
      .filter((node) => !isEmpty(intersection(knownCpus(node), cpus)))
      .flatMap(({ id }) => nearestOf(topology, id, withMemory) ?? []),
  );
  return indices(memoryNodes).every((id) => around.has(id)) ? "right" : "wrong";
}

/** The CPUs that serve a node by the mode; null where nobody can tell which are nearest. */
function servingCpus(
  topology: Topology,
  home: number,
  allowed: IndexSet,
  mode: BindingMode,
): IndexSet | null {
  const { nodes } = topology;
  const own = nodes.find(({ id }) => id === home);
  const usable = nodes.filter((node) => !isEmpty(intersection(knownCpus(node), allowed)));
  const isSocket = mode === "socket" && own !== undefined && own.package !== null;
  const inPackage = usable.filter(({ id, package: of }) =>
    isSocket ? of === own.package : id === home,
  );
  if (inPackage.length > 0) return unionAll(inPackage.map(knownCpus));
  const nearest = nearestOf(topology, home, usable);
  if (nearest === null) return null;
  return unionAll(nodes.filter(({ id }) => nearest.includes(id)).map(knownCpus));
}

/** The nodes at the least distance; null where distances that matter are not told. */
function nearestOf(
  topology: Topology,
  home: number,
  among: readonly MemoryNode[],
): readonly number[] | null {
  const ids = among.map(({ id }) => id);
  if (ids.includes(home)) return [home];
  if (ids.length < 2) return ids;
  const distance = distancesOf(topology);
  const known = allKnown(ids.map((id) => distance(home, id)));
  if (known === null) return null;
  return ids.filter((_, place) => known[place] === Math.min(...known));
}
