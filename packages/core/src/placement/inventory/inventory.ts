import type { HostPolicy } from "../../request/host-policy.ts";
import type { Topology } from "../../topology/topology.ts";
import { governedTopology } from "../../plan/host-state.ts";
import { type CoreInventory, coreInventory } from "./cores.ts";
import { type DeviceInventory, deviceInventory } from "./devices.ts";
import { type MemoryInventory, memoryInventory } from "./memory.ts";
import { type Relations, relationsOf } from "./relations.ts";
import { type Symmetry, symmetryOf } from "./symmetry.ts";

/**
 * A machine as placement sees it, compiled once: everything that does not change when VMs come and
 * go. Nodes, cores, caches and devices are known by their positions, so an occupancy is arrays of
 * numbers (`occupancy/`), and a host's decision takes microseconds.
 */
export interface Inventory {
  /** With accelerators, NICs and partitions as the operator's policy names them. */
  readonly topology: Topology;
  readonly policy: HostPolicy;
  /** The nodes' ids, in the order of their positions. */
  readonly nodeIds: readonly number[];
  /** The position of a node by its id. */
  readonly nodePosition: ReadonlyMap<number, number>;
  readonly cores: CoreInventory;
  readonly memory: MemoryInventory;
  readonly devices: DeviceInventory;
  readonly relations: Relations;
  readonly symmetry: Symmetry;
}

/** Compiles a machine: some passes over cores and devices, and devices squared. */
export function compileInventory(topology: Topology, policy: HostPolicy): Inventory {
  const governed = governedTopology(topology, policy);
  const nodeIds = governed.nodes.map((node) => node.id);
  const nodePosition = new Map(nodeIds.map((id, position) => [id, position]));
  const devices = deviceInventory(governed, nodePosition);
  const cores = coreInventory(governed, policy, nodePosition);
  const relations = relationsOf(governed);
  return {
    topology: governed,
    policy,
    nodeIds,
    nodePosition,
    cores,
    memory: memoryInventory(governed, policy),
    devices,
    relations,
    // Paths to memory cost the same under every workload.
    symmetry: symmetryOf(governed, devices, relations.model("compute"), relations.distance, cores),
  };
}

const compiled = new WeakMap<Topology, WeakMap<HostPolicy, Inventory>>();

/** The compiled machine of a topology under a policy, cached by the identity of both. */
export function inventoryOf(topology: Topology, policy: HostPolicy): Inventory {
  const byPolicy = compiled.get(topology) ?? new WeakMap<HostPolicy, Inventory>();
  compiled.set(topology, byPolicy);
  const before = byPolicy.get(policy);
  if (before !== undefined) return before;
  const inventory = compileInventory(topology, policy);
  byPolicy.set(policy, inventory);
  return inventory;
}
