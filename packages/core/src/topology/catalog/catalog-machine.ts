/** A type of real machine, as far as its data are published. */
export interface CatalogMachine {
  /** As in `machine:hgx-h100`. */
  readonly name: string;
  readonly title: string;
  /** The machine in the synthetic language; line breaks stand for spaces. */
  readonly synthetic: string;
  /** The source of each fact. */
  readonly sources: readonly Source[];
  /**
   * The sets of GPUs that its NVSwitch fabric can connect in the shared NVSwitch model, by module
   * number; null where it has none or they are not published. A host whose fabric is not shared has
   * no partitions to respect, so the topology declares none; an operator of the shared model puts
   * these into the host's policy.
   */
  readonly partitions: readonly ModulePartition[] | null;
  /** What is assumed, what is configuration rather than hardware, and what is not published. */
  readonly notes: readonly string[];
}

export interface Source {
  /** A document or recording that anybody can find. */
  readonly title: string;
  /** Its address, or its place in a public repository. */
  readonly where: string;
  /** What was taken from it. */
  readonly facts: string;
}

export interface ModulePartition {
  readonly id: number;
  readonly modules: readonly number[];
}

function partitions(firstId: number, pairs: readonly number[][]): ModulePartition[] {
  const all = [1, 2, 3, 4, 5, 6, 7, 8];
  const sets = [all, all.slice(0, 4), all.slice(4), ...pairs, ...all.map((module) => [module])];
  return sets.map((modules, i) => ({ id: firstId + i, modules }));
}

/**
 * The fifteen partitions of HGX H100: all eight GPUs, the two halves, four pairs, and each alone.
 */
export const eightModulePartitions: readonly ModulePartition[] = partitions(0, [
  [1, 3],
  [2, 4],
  [5, 7],
  [6, 8],
]);

/** The partitions of HGX B200, which pairs neighbors and counts from 1. */
export const pairedModulePartitions: readonly ModulePartition[] = partitions(1, [
  [1, 2],
  [3, 4],
  [5, 6],
  [7, 8],
]);

/** The note for every machine with 1 GiB pages in its description. */
export const hugepagesAreConfiguration =
  "Huge pages are configuration, not hardware: the description sets most of each node's memory " +
  "apart as 1 GiB pages and leaves the rest as base pages, so that requests for either can be placed.";
