import { topologyOf } from "../synthetic/build.ts";
import { parseSynthetic } from "../synthetic/parse.ts";
import type { Partition, Topology } from "../topology.ts";
import type { CatalogMachine } from "./catalog-machine.ts";
import { dgxA100 } from "./dgx-a100.ts";
import { dgxH100 } from "./dgx-h100.ts";
import { epycNps4 } from "./epyc-nps4.ts";
import { gb200Tray } from "./gb200-tray.ts";
import { hgxA100 } from "./hgx-a100.ts";
import { hgxB200 } from "./hgx-b200.ts";
import { hgxB300 } from "./hgx-b300.ts";
import { hgxH100 } from "./hgx-h100.ts";
import { hgxH200 } from "./hgx-h200.ts";
import { l40sPcie } from "./l40s-pcie.ts";
import { mi300x } from "./mi300x.ts";
import { xeonSnc } from "./xeon-snc.ts";

/** All machine types of the catalog, by name. */
export const catalog: readonly CatalogMachine[] = [
  dgxA100,
  dgxH100,
  epycNps4,
  gb200Tray,
  hgxA100,
  hgxB200,
  hgxB300,
  hgxH100,
  hgxH200,
  l40sPcie,
  mi300x,
  xeonSnc,
];

/** The names of all machines in the catalog. */
export const catalogNames: readonly string[] = catalog.map(({ name }) => name);

/** The topology of the machine with this name; null where the catalog has none. */
export function catalogMachine(name: string): Topology | null {
  const entry = catalog.find((candidate) => candidate.name === name);
  if (entry === undefined) return null;
  return topologyOf(parseSynthetic(entry.synthetic), name, `machine:${name}`);
}

/**
 * The fabric partitions of the machine with this name, for a host in the shared NVSwitch model;
 * null where it has none, or where the GPUs' module numbers are not published.
 */
export function catalogPartitions(name: string): readonly Partition[] | null {
  const entry = catalog.find((candidate) => candidate.name === name);
  const accelerators = catalogMachine(name)?.accelerators ?? [];
  if (entry === undefined || entry.partitions === null) return null;
  if (accelerators.some(({ moduleId }) => moduleId === null)) return null;
  return entry.partitions.map(({ id, modules }) => ({
    id,
    accelerators: accelerators
      .filter(({ moduleId }) => moduleId !== null && modules.includes(moduleId))
      .map(({ address }) => address),
    active: false,
  }));
}
