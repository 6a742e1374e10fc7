import { nodesOfUntoldCores } from "../../placement/untold/cpus.ts";
import { untoldOf } from "../../placement/untold/untold.ts";
import type { Placed, RawCost } from "../../cost/placement-cost.ts";
import { createFleet } from "../fleet.ts";
import { impliedSoldFlavors } from "../../placement/capacity/implied-flavors.ts";
import type { HostState } from "../../plan/host-state.ts";
import { inventoryOf } from "../../placement/inventory/inventory.ts";
import { emptyOccupancy } from "../../placement/occupancy/occupancy.ts";
import {
  type Layout,
  type LayoutCell,
  type OnNode,
  placed,
  total,
} from "../../placement/layout/layout.ts";
import { type SearchResult, search } from "../../placement/search/search.ts";
import { type NodeSpace, type Space, spaceOn } from "../../placement/space/space.ts";
import type { HostPolicy } from "../../request/host-policy.ts";
import type { Request } from "../../request/request.ts";
import type { Topology } from "../../topology/topology.ts";
import type { FlavorFit, NodeShortage, StraddlingCost } from "./flavor-fit.ts";

/** The limit of the count: a higher count would tell an operator nothing more. */
const countMax = 256;

/**
 * Finds the requests that straddle nodes on an empty machine, what one node lacks, and what that
 * costs. Every huge page of a pool counts as free.
 *
 * The answers are those of the placement itself. The fewest nodes come from the search under
 * `strict`; what a node lacks comes from the search's own space; the count places VMs one after the
 * other, as asked, until one is refused. So the count is no maximum over all places
 * (`placement/capacity/`), but what an operator gets who starts VMs in turn.
 *
 * It costs at most `countMax` placements a request.
 */
export function fitFlavors(
  topology: Topology,
  policy: HostPolicy,
  requests: readonly Request[],
): readonly FlavorFit[] {
  const host: HostState = { topology: emptied(topology), taken: [], policy };
  return requests.map((request) => fitOf(host, request));
}

/** The machine with no page of its pools in use. */
function emptied(topology: Topology): Topology {
  const nodes = topology.nodes.map((node) => ({
    ...node,
    hugepages: node.hugepages?.map((pool) => ({ ...pool, free: pool.total })) ?? null,
  }));
  return { ...topology, nodes };
}

function fitOf(host: HostState, request: Request): FlavorFit {
  const strict = search(host, { ...request, locality: "strict" });
  const preferred = strict ?? search(host, { ...request, locality: "preferred" });
  const nodes = strict === null ? null : strict.best.cells.length;
  const space = spaceOn(host, request);
  const count = countOf(host, request);
  const untold = nodes === 1 ? [] : untoldOf(host, { ...request, locality: "strict" }, isOnOneNode);
  const withCpus = new Set(host.topology.nodes.flatMap(({ id, cpus }) => (cpus === "" ? [] : id)));
  const running = space.nodes.filter(({ id }) => withCpus.has(id));
  const shortages = running.flatMap((node) => shortagesOf(space, node));
  return {
    name: request.flavor ?? request.name,
    locality: request.locality,
    nodes,
    onOneNode: untold.length > 0 ? null : nodes === 1,
    untold,
    shortages,
    enough: running.flatMap(({ id }) => (shortages.some(({ node }) => node === id) ? [] : [id])),
    count,
    countIsBound: count === countMax,
    cost: preferred === null ? null : straddlingCost(preferred),
  };
}

/** Whether all of a layout, and not only its devices, is on one node. */
function isOnOneNode({ cells }: Layout): boolean {
  const parts = cells.flatMap(({ node, units, granules }) => [
    node,
    ...[...units, ...granules].map((part) => part.node),
  ]);
  return new Set(parts).size === 1;
}

function shortagesOf(space: Space, node: NodeSpace): NodeShortage[] {
  const { request, granuleBytes } = space;
  // A device of unknown node may be on this one.
  const onNode = (devices: Space["nics"], needs: number): number | null => {
    const here = devices.filter((device) => device.node === node.id).length;
    return here < needs && devices.some((device) => device.node === null) ? null : here;
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
      needs: request.accelerators.count,
      has: onNode(space.accelerators, request.accelerators.count),
    },
    { resource: "nics", needs: request.nics.count, has: onNode(space.nics, request.nics.count) },
  ];
  return rows
    .filter(({ needs, has }) => needs > 0 && (has === null || has < needs))
    .map((row) => ({ node: node.id, ...row }));
}

function countOf({ topology, policy }: HostState, request: Request): number {
  const inventory = inventoryOf(topology, policy);
  const occupancy = emptyOccupancy(inventory);
  const soldFlavors = impliedSoldFlavors([inventory], request);
  const fleet = createFleet([{ name: topology.name, inventory, occupancy }], soldFlavors);
  for (let count = 0; count < countMax; count++) {
    const decision = fleet.decide(request);
    if (decision === null) return count;
    fleet.take(decision.host, decision.use);
  }
  return countMax;
}

/**
 * The cost of the best placement over that of the same devices and cells with every path to memory
 * at its nearest: the ratio is what the nodes' distances cost.
 */
function straddlingCost({ best, model }: SearchResult): StraddlingCost {
  const shown = model.cost(placed(best.cells));
  const hidden = model.cost(flattened(best.cells));
  const relative = ({ parts, total: whole }: RawCost): number => {
    const { hostToDevice, memory } = model.weights;
    const pathCost = hostToDevice * (parts.hostToDevice - 1) + memory * (parts.memory - 1);
    return Math.round((whole / (whole - pathCost)) * 1e4) / 1e4;
  };
  return { shown: relative(shown), hidden: relative(hidden), basis: hidden.basis };
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
