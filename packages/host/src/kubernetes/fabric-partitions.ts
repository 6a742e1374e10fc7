import type { Partition } from "@evenkeel/core/topology/topology.ts";

/** A GPU's address and the fabric partitions that have it, by the number of their GPUs. */
export interface FabricMember {
  readonly address: string;
  readonly partitions: ReadonlyMap<number, number>;
}

/** The partitions whose GPUs are all known, and the others. */
export interface FabricPartitions {
  readonly partitions: readonly Partition[];
  /** `2 of the 4 GPUs of fabric partition 5`. */
  readonly missing: readonly string[];
}

/**
 * The partitions of an NVSwitch fabric, from what each GPU says: `partition4: 2` means that it is
 * in partition 2, which has 4 GPUs. Fabric Manager numbers partitions of all sizes together. A
 * partition with fewer GPUs than its size is left out, because nothing tells the others.
 */
export function fabricPartitions(gpus: readonly FabricMember[]): FabricPartitions {
  const members = new Map<number, { readonly size: number; readonly gpus: Set<string> }>();
  for (const { address, partitions } of gpus) {
    for (const [size, id] of partitions) {
      const known = members.get(id) ?? { size, gpus: new Set() };
      members.set(id, known);
      if (known.size === size) known.gpus.add(address);
    }
  }
  const partitions: Partition[] = [];
  const missing: string[] = [];
  for (const [id, { size, gpus: found }] of members) {
    if (found.size === size) partitions.push({ id, accelerators: [...found], active: null });
    else missing.push(`${size - found.size} of the ${size} GPUs of fabric partition ${id}`);
  }
  return { partitions, missing };
}
