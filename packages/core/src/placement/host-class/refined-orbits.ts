import type { Inventory } from "../inventory/inventory.ts";
import type { Occupancy } from "../occupancy/occupancy.ts";
import { nodeKeysOf } from "../occupancy/occupancy-key.ts";

/**
 * The machine with only those nodes for alike that are so in all that is left on them, whatever a
 * request itself would make of it.
 *
 * A search tries one of the nodes that a request cannot tell apart. Whoever asks what is lost to
 * others must not: a VM without accelerators is as well off beside the last free ones as beside
 * held ones, and those who come after it are not. Nodes of one host class key are alike for everybody.
 *
 * Of each machine there are as many as ways in which its nodes can be alike; they are kept, since
 * what is found out about an inventory is known by it.
 */
export function withRefinedOrbits(inventory: Inventory, occupancy: Occupancy): Inventory {
  const known = variants.get(inventory) ?? newVariants(inventory);
  const keys = known.keysOf(occupancy);
  const classes = keys.map((key) => keys.indexOf(key));
  const name = classes.join(" ");
  const before = known.byOrbits.get(name);
  if (before !== undefined) return before;
  const symmetry = { ...inventory.symmetry, nodeOrbit: classes, nodeOrbitWithDevices: classes };
  const variant = { ...inventory, symmetry };
  known.byOrbits.set(name, variant);
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
