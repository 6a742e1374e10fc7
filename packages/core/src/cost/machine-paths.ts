import { once } from "../once.ts";
import { interconnects } from "../topology/interconnect.ts";
import type { Topology } from "../topology/topology.ts";
import type { Matrix } from "../unit/matrix.ts";
import { interconnectCost } from "./interconnect-cost.ts";
import { memoryPaths } from "./memory-path.ts";
import type { CostBasis, PathCost } from "./path-cost.ts";

/** The costs of all paths of one kind, from row to column, each with its basis. */
export interface PathTable {
  readonly relative: Matrix;
  readonly basis: readonly (readonly CostBasis[])[];
}

/**
 * A machine's paths by the positions of nodes, accelerators and NICs; tables are made on demand.
 */
export interface MachinePaths {
  readonly nodePosition: ReadonlyMap<number, number>;
  readonly acceleratorPosition: ReadonlyMap<string, number>;
  readonly nicPosition: ReadonlyMap<string, number>;
  /** From a node to a node's memory. The row after the last is for an unknown node. */
  readonly memory: () => PathTable;
  /**
   * Between two accelerators, relative to the machine's best pair. So on a machine without NVLink
   * PIX costs 1; relative to NVLink it would cost 15, which would drown every other part.
   */
  readonly peer: () => PathTable;
  /** From an accelerator to a NIC. */
  readonly network: () => PathTable;
}

/** The paths of a topology. */
export function machinePaths(topology: Topology): MachinePaths {
  const nodes = topology.nodes.map(({ id }) => id);
  const accelerators = topology.accelerators.map(({ address }) => address);
  const nics = topology.nics.map(({ address }) => address);
  return {
    nodePosition: positions(nodes),
    acceleratorPosition: positions(accelerators),
    nicPosition: positions(nics),
    memory: once(() => {
      const { relative } = memoryPaths(topology);
      return tableOf([...nodes, null], nodes, relative);
    }),
    peer: once(() => peerTable(topology, accelerators)),
    network: once(() => {
      const between = interconnects(topology);
      return tableOf(accelerators, nics, (a, nic) => interconnectCost(between(a, nic), "nic"));
    }),
  };
}

function peerTable(topology: Topology, accelerators: readonly string[]): PathTable {
  const between = interconnects(topology);
  const costs = accelerators.flatMap((a, i) =>
    accelerators.slice(i + 1).flatMap((b) => {
      const link = between(a, b);
      return link === null ? [] : [interconnectCost(link).relative];
    }),
  );
  const best = costs.reduce((least, relative) => Math.min(least, relative), Infinity);
  return tableOf(accelerators, accelerators, (a, b) => {
    const { relative, basis } = interconnectCost(between(a, b));
    // Without a known pair there is nothing to compare with.
    return { relative: best === Infinity ? 1 : Math.max(1, relative / best), basis };
  });
}

function tableOf<From, To>(
  rows: readonly From[],
  columns: readonly To[],
  pathOf: (from: From, to: To) => PathCost,
): PathTable {
  const paths = rows.map((from) => columns.map((to) => pathOf(from, to)));
  return {
    relative: paths.map((row) => Float64Array.from(row, ({ relative }) => relative)),
    basis: paths.map((row) => row.map(({ basis }) => basis)),
  };
}

function positions<Name>(names: readonly Name[]): ReadonlyMap<Name, number> {
  return new Map(names.map((name, position) => [name, position]));
}
