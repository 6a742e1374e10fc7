import type { SoldCore } from "../inventory/cores.ts";
import type { Device } from "../inventory/devices.ts";
import { at } from "../../unit/list.ts";
import { nameCores } from "../layout/layout-cores.ts";
import type { Layout, LayoutCell } from "../layout/layout.ts";
import { freeInGroup } from "../space/cores.ts";
import { knownGranules, type NodeSpace, type Space } from "../space/space.ts";
import { sumOf } from "../../unit/sum.ts";

/** The cells of a VM, each all on its own node: how many, and the least that any of them has. */
interface Cells {
  readonly count: number;
  readonly units: number;
  readonly granules: number;
  readonly accelerators: number;
  /** NICs on the cell's own node. */
  readonly nics: number;
  /** For each cell, how its cores lie below last-level caches; empty where cores are shared. */
  readonly shapes: readonly Shape[];
}

/** A cell's cores, in one piece a cache: by size, how many pieces have that many cores or more. */
type Shape = readonly { readonly size: number; readonly pieces: number }[];

/**
 * The cells of a layout; null where one is not all on its own node. All layouts of one signature
 * are equal in that.
 */
export function cellsOnNodes(space: Space, { cells }: Layout): Cells | null {
  const isOnOwnNodes = cells.every(({ node, units, granules, accelerators }) =>
    [...units, ...granules, ...accelerators].every((part) => part.node === node),
  );
  if (!isOnOwnNodes) return null;
  const leastOf = (amount: (cell: LayoutCell) => number): number =>
    cells.reduce((least, cell) => Math.min(least, amount(cell)), Infinity);
  return {
    count: cells.length,
    units: leastOf(({ units }) => sumOf(units, ({ count }) => count)),
    granules: leastOf(({ granules }) => sumOf(granules, ({ count }) => count)),
    accelerators: leastOf(({ accelerators }) => accelerators.length),
    nics: leastOf(({ node, nics }) => nics.filter((nic) => nic.node === node).length),
    shapes: space.request.isolation === "shared" ? [] : nameCores(space, cells).map(shapeOf),
  };
}

function shapeOf(cores: readonly SoldCore[]): Shape {
  const sizes = [...Map.groupBy(cores, ({ group }) => group).values()].map(({ length }) => length);
  return [...new Set(sizes)].map((size) => ({
    size,
    pieces: sizes.filter((other) => other >= size).length,
  }));
}

/**
 * An upper bound on the number of VMs that fit: each resource by itself, over the whole host. Where
 * all cells lie on one node each, also the nodes' room for cells, since scraps of several nodes
 * make no cell together. A node has no two cells of one VM, so it takes at most `m` cells of `m`
 * VMs.
 */
export function capacityBound(space: Space, cells: Cells | null): number {
  const { request, nodes, units, granules, accelerators, nics } = space;
  let most = Math.floor(
    Math.min(
      sumOf(nodes, (node) => node.units) / units,
      sumOf(nodes, knownGranules) / granules,
      part(accelerators.length, request.accelerators.count),
      part(nics.length, request.nics.count),
      request.isolation === "host" ? 1 : Infinity,
    ),
  );
  if (cells === null) return most;
  const rooms = nodes.map((node, position) => roomOn(space, node, position, cells));
  const cellsOf = (vms: number): number => sumOf(rooms, (room) => Math.min(room, vms));
  while (most > 0 && cellsOf(most) < most * cells.count) most--;
  return most;
}

/** How many cells a node could hold if all were as small as the least of each resource. */
function roomOn(space: Space, node: NodeSpace, position: number, cells: Cells): number {
  const own = (devices: readonly Device[]): number =>
    devices.filter((device) => device.node === node.id).length;
  const room = Math.min(
    part(node.units, cells.units),
    part(knownGranules(node), cells.granules),
    part(own(space.accelerators), cells.accelerators),
    part(own(space.nics), cells.nics),
  );
  if (cells.shapes.length === 0) return Math.floor(room);
  const ofCaches = cells.shapes.map((shape) => roomBelowCaches(space, position, shape));
  return Math.floor(Math.min(room, Math.max(...ofCaches)));
}

/**
 * How many cells the caches of a node could hold: a cache gives a cell one piece of cores, and
 * under isolation `l3` it gives one piece at all.
 */
function roomBelowCaches(space: Space, position: number, shape: Shape): number {
  const groups = at(space.inventory.cores.groupsOfNode, position);
  const free = groups.map((group) => freeInGroup(space, group));
  const alone = space.request.isolation === "l3" ? 1 : Infinity;
  return shape.reduce((least, { size, pieces }) => {
    const given = sumOf(free, (cores) => Math.min(alone, Math.floor(cores / size)));
    return Math.min(least, given / pieces);
  }, Infinity);
}

const part = (all: number, wanted: number): number => (wanted > 0 ? all / wanted : Infinity);
