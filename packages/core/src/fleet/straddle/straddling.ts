import type { Placed } from "../../cost/placement-cost.ts";
import { overLocal } from "../../cost/straying.ts";
import {
  type Layout,
  type LayoutCell,
  type OnNode,
  placed,
  total,
} from "../../placement/layout/layout.ts";
import type { SearchResult } from "../../placement/search/search.ts";
import { freeAccelerators, freeNics, isWanted } from "../../placement/space/devices.ts";
import type { NodeSpace, Space } from "../../placement/space/space.ts";
import { nodesOfUntoldCores } from "../../placement/untold/cpus.ts";
import type { NodeShortage, OneNode, Straddling, StraddlingCost } from "./straddle.ts";

/** Whether all of a layout, and not only its devices, is on one node. */
export function isOnOneNode({ cells }: Layout): boolean {
  const parts = cells.flatMap(({ node, units, granules }) => [
    node,
    ...[...units, ...granules].map((part) => part.node),
  ]);
  return new Set(parts).size === 1;
}

/** What keeps a request off each of the nodes with CPUs, one of which might hold a whole VM. */
export function straddlingOf(space: Space): Straddling {
  const running = runningNodes(space);
  const shortages = running.flatMap((node) => shortagesOf(space, node));
  const short = new Set(shortages.map(({ node }) => node));
  return {
    shortages,
    room: roomOnOneNode(space, shortages),
    enough: running.flatMap(({ id }) => (short.has(id) ? [] : [id])),
  };
}

function runningNodes({ topology, nodes }: Space): readonly NodeSpace[] {
  const withCpus = new Set(topology.nodes.flatMap(({ id, cpus }) => (cpus === "" ? [] : id)));
  return nodes.filter(({ id }) => withCpus.has(id));
}

/** What a node lacks to hold all of a request. */
function shortagesOf(space: Space, node: NodeSpace): NodeShortage[] {
  const { request, granuleBytes } = space;
  const { accelerators, nics } = request;
  // A free device of unknown node, which the search never takes, may be on this one.
  const mayHave = {
    accelerators: freeAccelerators(space).some(
      (device) => device.node === null && isWanted(device, accelerators.model),
    ),
    nics: freeNics(space).some((nic) => nic.node === null && !(nics.rdma && nic.rdma === false)),
  };
  const onNode = (what: "accelerators" | "nics", needs: number): number | null => {
    const here = space[what].filter((device) => device.node === node.id).length;
    return here < needs && mayHave[what] ? null : here;
  };
  const coresUntold = nodesOfUntoldCores(space.topology).some(({ id }) => id === node.id);
  const scale = request.hugepageBytes === null ? granuleBytes : 1;
  const rows: readonly Omit<NodeShortage, "node">[] = [
    {
      resource: request.isolation === "shared" ? "cpus" : "cores",
      needs: space.units,
      has: coresUntold ? null : Math.max(0, node.units),
    },
    {
      resource: request.hugepageBytes === null ? "memoryBytes" : "hugepages",
      needs: space.granules * scale,
      has: node.granules === null ? null : node.granules * scale,
    },
    {
      resource: "accelerators",
      needs: accelerators.count,
      has: onNode("accelerators", accelerators.count),
    },
    { resource: "nics", needs: nics.count, has: onNode("nics", nics.count) },
  ];
  return rows
    .filter(({ needs, has }) => needs > 0 && (has === null || has < needs))
    .map((row) => ({ node: node.id, ...row }));
}

/** The most vCPUs, or else memory, with which the request would fit on one node as it is. */
function roomOnOneNode(
  { request, inventory, granuleBytes }: Space,
  shortages: readonly NodeShortage[],
): OneNode | null {
  const alone = [...Map.groupBy(shortages, ({ node }) => node).values()]
    .filter(({ length }) => length === 1)
    .flat();
  const most = (wanted: (of: NodeShortage["resource"]) => boolean, each: number): number =>
    Math.max(0, ...alone.flatMap(({ resource, has }) => (wanted(resource) ? (has ?? []) : []))) *
    each;
  const threads = request.isolation === "shared" ? 1 : inventory.cores.threadsPerCore;
  const vcpus = most((of) => of === "cores" || of === "cpus", threads);
  if (vcpus > 0) return { resource: "vcpus", most: vcpus };
  const scale = request.hugepageBytes === null ? 1 : granuleBytes;
  const bytes = most((of) => of === "memoryBytes" || of === "hugepages", scale);
  return bytes > 0 ? { resource: "memoryBytes", most: bytes } : null;
}

/**
 * The cost of the best placement over that of the same devices and cells with every path to memory
 * at its nearest: the ratio is what the nodes' distances cost.
 */
export function straddlingCost({ best, model }: SearchResult): StraddlingCost {
  const shown = model.cost(placed(best.cells));
  const hidden = model.cost(flattened(best.cells));
  return {
    shown: overLocal(model, shown),
    hidden: overLocal(model, hidden),
    basis: hidden.basis,
  };
}

/** All cells as one: every vCPU and every accelerator uses all memory equally. */
function flattened(cells: readonly LayoutCell[]): Placed {
  const separate = placed(cells);
  return {
    cells: [
      {
        share: 1,
        vcpuNodes: shares(cells.flatMap(({ units }) => units)),
        memoryNodes: shares(cells.flatMap(({ granules }) => granules)),
      },
    ],
    accelerators: separate.accelerators.map((device) => ({ ...device, cell: 0 })),
    nics: separate.nics,
  };
}

function shares(parts: readonly OnNode[]): { readonly node: number; readonly share: number }[] {
  const all = total(parts);
  return parts.map(({ node, count }) => ({ node, share: count / all }));
}
