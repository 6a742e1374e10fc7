import type { Inventory } from "../inventory/inventory.ts";
import type { Occupancy } from "../occupancy/occupancy.ts";
import { nodeKeysOf } from "../occupancy/occupancy-key.ts";

/**
 * The inventory with refined node orbits: two nodes are in one orbit only if everything that is
 * free on them is equal, not just what a request could use.
 *
 * A search tries one node of each orbit. A request's own orbits are too coarse where the loss
 * counts: a VM without accelerators is as well off beside the last free accelerators as beside held
 * ones, but later VMs are not. Nodes with equal keys (`occupancy-key.ts`) are equal to every
 * request.
 *
 * A machine has one variant for each partition of its nodes into orbits. Variants are cached, since
 * other caches are keyed by the inventory.
 */
export function withRefinedOrbits(inventory: Inventory, occupancy: Occupancy): Inventory {
  const { keysOf, byOrbits } = variants.get(inventory) ?? newVariants(inventory);
  const keys = keysOf(occupancy);
  const orbits = keys.map((key) => keys.indexOf(key));
  const name = orbits.join(" ");
  const before = byOrbits.get(name);
  if (before !== undefined) return before;
  const symmetry = { ...inventory.symmetry, nodeOrbit: orbits, nodeOrbitWithDevices: orbits };
  const variant = { ...inventory, symmetry };
  byOrbits.set(name, variant);
  return variant;
}

interface Variants {
  readonly keysOf: (occupancy: Occupancy) => readonly string[];
  readonly byOrbits: Map<string, Inventory>;
}

const variants = new WeakMap<Inventory, Variants>();

function newVariants(inventory: Inventory): Variants {
  const made = { keysOf: nodeKeysOf(inventory), byOrbits: new Map<string, Inventory>() };
  variants.set(inventory, made);
  return made;
}
