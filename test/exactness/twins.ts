import { knownCpus } from "@evenkeel/core/topology/node-facts.ts";
import { nodeDistances } from "@evenkeel/core/cost/node-distance.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { indices } from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import { interconnects } from "@evenkeel/core/topology/interconnect.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import type { Placement } from "./relabel.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";

/**
 * A placement for a backtracking search for a renaming: nodes are mapped onto nodes, then cells
 * onto cells, then devices onto devices, each only onto one that looks the same so far. It is read
 * from plans and topologies, without a graph, a color or a hash.
 */
export interface Figure {
  /** The facts of the whole VM. */
  readonly whole: string;
  /** The facts of each node, and of each ordered pair of nodes. */
  readonly nodes: readonly string[];
  readonly distances: readonly (readonly string[])[];
  /** The facts of each cell, and what it has on each node. */
  readonly cells: readonly string[];
  readonly holdings: readonly (readonly string[])[];
  readonly devices: readonly FigureDevice[];
  readonly interconnects: readonly (readonly string[])[];
  /** The cores below each cache, and the floating vCPUs of each cell by the nodes that they use. */
  readonly caches: readonly (readonly FigureCore[])[];
  readonly pools: readonly { readonly cell: number; readonly nodes: readonly number[] }[];
}

interface FigureDevice {
  readonly label: string;
  readonly cell: number;
  readonly node: number | null;
}

interface FigureCore {
  readonly cell: number;
  readonly node: number | null;
  /** How many of its threads are used, of how many. */
  readonly use: string;
}

const text = (...parts: readonly unknown[]): string => JSON.stringify(parts);

/** Reads a figure from a plan and its machine. */
export function figureOf({ topology, plan }: Placement): Figure {
  const { ids, cores, pools } = located(topology, plan);
  const place = (id: number): number => ids.indexOf(id);
  const distance = nodeDistances(topology);
  const interconnect = interconnects(topology);
  const kinds = new Map(topology.nodes.map((node) => [node.id, node.kind]));
  const onNode = (cell: Plan["cells"][number], id: number): string => {
    const bytes = sumOf(cell.memoryOnNodes, (part) => (part.node === id ? part.bytes : 0));
    const own = cores.filter((core) => core.cell === cell.id && core.node === id);
    return text(cell.hostNode === id, bytes, own.map(({ use }) => use).toSorted());
  };
  const bare = (cell: number): string[] =>
    cores.filter((core) => core.cell === cell && core.node === null).map(({ use }) => use);
  const known = cores.filter((core) => core.l3 !== null);
  return {
    whole: text(
      plan.isolation,
      topology.machine.cpuModel,
      plan.threadsPerCore,
      plan.partition !== null,
    ),
    nodes: ids.map((id) => text(kinds.get(id))),
    distances: ids.map((a) =>
      ids.map((b) => (a === b ? "" : text(distance(a, b).class, distance(a, b).rank))),
    ),
    cells: plan.cells.map((cell) =>
      text(cell.memoryPolicy, cell.pageBytes, bare(cell.id).toSorted()),
    ),
    holdings: plan.cells.map((cell) => ids.map((id) => onNode(cell, id))),
    devices: plan.devices.map(({ kind, model, vendor, device, link, cell, node }) => ({
      label: text(kind, model, vendor, device, link?.maxSpeedGTs ?? null, link?.maxWidth ?? null),
      cell,
      node: node === null ? null : place(node),
    })),
    interconnects: plan.devices.map((a) =>
      plan.devices.map((b) => (a === b ? "" : (interconnect(a.address, b.address) ?? "unknown"))),
    ),
    caches: [...Map.groupBy(known, ({ l3 }) => l3).values()].map((below) =>
      below.map(({ cell, node, use }) => ({ cell, node: node === null ? null : place(node), use })),
    ),
    pools: pools.map(({ cell, nodes }) => ({ cell, nodes: nodes.map(place) })),
  };
}

interface LocatedCore extends FigureCore {
  readonly l3: number | null;
}

/** The nodes that a plan touches, the cores that it pins, and a pool for every floating vCPU. */
function located(
  topology: Topology,
  plan: Plan,
): {
  readonly ids: readonly number[];
  readonly cores: readonly LocatedCore[];
  readonly pools: Figure["pools"];
} {
  const coreOf = new Map(
    topology.cores.flatMap((core) => indices(setOf(core.cpus)).map((cpu) => [cpu, core] as const)),
  );
  const cores = plan.cells.flatMap((cell) => {
    const used = cell.vcpus.flatMap((v) => ("cpu" in v ? [coreOf.get(v.cpu)] : []));
    return [...Map.groupBy(used, (core) => core)].flatMap(([core, threads]): LocatedCore[] => {
      if (core === undefined) return [];
      const use = `${threads.length} of ${indices(setOf(core.cpus)).length}`;
      return [{ cell: cell.id, node: core.node, l3: core.l3, use }];
    });
  });
  const nodesOf = (list: string): number[] => {
    const cpus = setOf(list);
    const own = new Set(indices(cpus));
    return topology.nodes
      .filter((node) => indices(knownCpus(node)).some((cpu) => own.has(cpu)))
      .map((node) => node.id);
  };
  const pools = plan.cells.flatMap((cell) =>
    cell.vcpus.flatMap((v) => ("cpus" in v ? [{ cell: cell.id, nodes: nodesOf(v.cpus) }] : [])),
  );
  const ids = new Set([
    ...plan.cells.flatMap((cell) => [cell.hostNode, ...cell.memoryOnNodes.map((m) => m.node)]),
    ...cores.flatMap((core) => core.node ?? []),
    ...pools.flatMap((pool) => pool.nodes),
    ...plan.devices.flatMap((device) => device.node ?? []),
  ]);
  return { ids: [...ids], cores, pools };
}

/** An invariant of renamings: how often each fact occurs. Twins have equal summaries. */
export function summary(figure: Figure): string {
  return text(
    figure.whole,
    figure.nodes.toSorted(),
    figure.distances.flat().toSorted(),
    figure.cells.toSorted(),
    figure.holdings.flat().toSorted(),
    figure.devices.map(({ label, node }) => text(label, node === null)).toSorted(),
    figure.interconnects.flat().toSorted(),
    figure.caches.map((below) => below.length).toSorted((a, b) => a - b),
    figure.pools.map(({ nodes }) => nodes.length).toSorted((a, b) => a - b),
  );
}

/** Whether some renaming makes one figure the other. */
export function areTwins(a: Figure, b: Figure): boolean {
  if (summary(a) !== summary(b)) return false;
  const looks = [nodeLooks(a), nodeLooks(b)] as const;
  const nodes = (i: number, j: number, before: readonly number[]): boolean =>
    looks[0][i] === looks[1][j] &&
    before.every(
      (there, here) =>
        a.distances[i]?.[here] === b.distances[j]?.[there] &&
        a.distances[here]?.[i] === b.distances[there]?.[j],
    );
  return assign(a.nodes.length, nodes, (nodeTo) => {
    const cells = (i: number, j: number): boolean =>
      a.cells[i] === b.cells[j] &&
      nodeTo.every((to, from) => a.holdings[i]?.[from] === b.holdings[j]?.[to]);
    return assign(a.cells.length, cells, (cellTo) => {
      const hasSameGroups = groups(a, nodeTo, cellTo) === groups(b, null, null);
      return hasSameGroups && devicesCorrespond(a, b, nodeTo, cellTo);
    });
  });
}

/** An invariant of each node: all that is held on it, and its distances to the others. */
function nodeLooks(figure: Figure): readonly string[] {
  return figure.nodes.map((label, i) =>
    text(
      label,
      figure.distances[i]?.toSorted(),
      figure.distances.map((row) => row[i] ?? "").toSorted(),
      figure.holdings.map((row) => row[i] ?? "").toSorted(),
      figure.devices.flatMap((device) => (device.node === i ? [device.label] : [])).toSorted(),
    ),
  );
}

/** Caches and pools by their contents, with renamed nodes and cells. */
function groups(
  { caches, pools }: Figure,
  nodeTo: readonly number[] | null,
  cellTo: readonly number[] | null,
): string {
  const node = (id: number | null): number | null => (id === null ? null : (nodeTo?.[id] ?? id));
  const cell = (id: number): number => cellTo?.[id] ?? id;
  const cores = caches.map((below) =>
    below
      .map((core) => text(cell(core.cell), node(core.node), core.use))
      .toSorted()
      .join(),
  );
  const floating = pools.map((pool) =>
    text(cell(pool.cell), pool.nodes.map((id) => `${node(id)}`).toSorted()),
  );
  return text(cores.toSorted(), floating.toSorted());
}

function devicesCorrespond(
  a: Figure,
  b: Figure,
  nodeTo: readonly number[],
  cellTo: readonly number[],
): boolean {
  const look = (figure: Figure, i: number): string =>
    text(figure.devices[i]?.label, figure.interconnects[i]?.toSorted());
  const [looksOfA, looksOfB] = [a, b].map((figure) =>
    figure.devices.map((_, i) => look(figure, i)),
  );
  const fits = (i: number, j: number, before: readonly number[]): boolean => {
    const [one, other] = [a.devices[i], b.devices[j]];
    if (one === undefined || other === undefined || looksOfA?.[i] !== looksOfB?.[j]) return false;
    const node = one.node === null ? null : nodeTo[one.node];
    if (node !== other.node || cellTo[one.cell] !== other.cell) return false;
    return before.every(
      (there, here) =>
        a.interconnects[i]?.[here] === b.interconnects[j]?.[there] &&
        a.interconnects[here]?.[i] === b.interconnects[there]?.[j],
    );
  };
  return assign(a.devices.length, fits, () => true);
}

/** Backtracking: whether some permutation of the first n numbers fits in every place. */
function assign(
  n: number,
  fits: (i: number, j: number, before: readonly number[]) => boolean,
  complete: (to: readonly number[]) => boolean,
): boolean {
  const to: number[] = [];
  const extend = (): boolean => {
    if (to.length === n) return complete(to);
    for (let j = 0; j < n; j++) {
      if (to.includes(j) || !fits(to.length, j, to)) continue;
      to.push(j);
      if (extend()) return true;
      to.pop();
    }
    return false;
  };
  return extend();
}
