import { invariant } from "../../invariant.ts";
import { comparePciAddresses } from "../pci-address.ts";
import { topologyOf } from "../synthetic/build.ts";
import { parseSynthetic } from "../synthetic/parse.ts";
import type { Partition, Topology } from "../topology.ts";
import type { CatalogMachine } from "./catalog-machine.ts";
import { dgxA100 } from "./dgx-a100.ts";
import { epycNps4 } from "./epyc-nps4.ts";
import { hgxH100 } from "./hgx-h100.ts";
import { l40sPcie } from "./l40s-pcie.ts";
import { xeonSnc } from "./xeon-snc.ts";

/** Every type of machine that is described, by name. */
export const catalog: readonly CatalogMachine[] = [dgxA100, epycNps4, hgxH100, l40sPcie, xeonSnc];

export const catalogNames: readonly string[] = catalog.map(({ name }) => name);

/** The topology of the catalog's machine of that name, or null where there is none. */
export function catalogMachine(name: string): Topology | null {
  const entry = catalog.find((candidate) => candidate.name === name);
  if (entry === undefined) return null;
  return topologyOf(parseSynthetic(entry.synthetic), name, `machine:${name}`);
}

/**
 * The fabric partitions of the catalog's machine of that name, for a host that runs the shared
 * NVSwitch model; null where the machine has none.
 */
export function catalogPartitions(name: string): readonly Partition[] | null {
  const entry = catalog.find((candidate) => candidate.name === name);
  const topology = catalogMachine(name);
  if (entry === undefined || topology === null || entry.partitions === null) return null;
  const addresses = new Map(
    topology.accelerators.map(({ moduleId, address }) => [moduleId, address]),
  );
  return entry.partitions.map(({ id, modules }) => ({
    id,
    accelerators: modules
      .map((module) => {
        const address = addresses.get(module);
        invariant(address !== undefined, `${name} has no module ${module}`);
        return address;
      })
      .toSorted(comparePciAddresses),
    active: false,
  }));
}
