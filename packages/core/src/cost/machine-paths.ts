import { once } from "../once.ts";
import { interconnects } from "../topology/interconnect.ts";
import type { Topology } from "../topology/topology.ts";
import { at } from "../unit/list.ts";
import { entryAt, type Matrix } from "../unit/matrix.ts";
import { copyPaths } from "./copy-path.ts";
import { interconnectCost } from "./interconnect-cost.ts";
import { memoryPaths } from "./memory-path.ts";
import { type CostBasis, type PathCost, weakerBasis } from "./path-cost.ts";

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
  /** Copies from an accelerator's node to a node's memory, and back; rows as above. */
  readonly copies: () => PathTable;
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
  const memory = once(() => {
    const { relative } = memoryPaths(topology);
    return tableOf([...nodes, null], nodes, relative);
  });
  return {
    nodePosition: positions(nodes),
    acceleratorPosition: positions(accelerators),
    nicPosition: positions(nics),
    memory,
    copies: once(() => copiesTable(topology, nodes, memory())),
    peer: once(() => peerTable(topology, accelerators)),
    network: once(() => {
      const between = interconnects(topology);
      return tableOf(accelerators, nics, (a, nic) => interconnectCost(between(a, nic), "nic"));
    }),
  };
}

/**
 * As measured, where every copy of an accelerator's node was. Elsewhere copies are priced as reads
 * by the CPUs near the device, which is a model even where the reads were measured.
 */
function copiesTable(topology: Topology, nodes: readonly number[], memory: PathTable): PathTable {
  const measured = copyPaths(topology);
  const rows = [...nodes, null];
  return {
    relative: rows.map((from, row) =>
      Float64Array.from(
        nodes,
        (to, column) =>
          (from === null ? undefined : measured.get(from)?.get(to)) ??
          entryAt(memory.relative, row, column),
      ),
    ),
    basis: rows.map((from, row) =>
      nodes.map((to, column) =>
        from !== null && measured.get(from)?.has(to) === true
          ? "measured"
          : weakerBasis("modelled", at(at(memory.basis, row), column)),
      ),
    ),
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
