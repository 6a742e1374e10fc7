import { planCost, type RawCost } from "../cost/placement-cost.ts";
import { workloadName } from "../cost/workload.ts";
import { indexSet, type IndexSet, isEmpty, unionAll } from "../set/index-set.ts";
import { formatList, setOf } from "../set/list-format.ts";
import { topologyDigest } from "../topology/digest.ts";
import type { Link, MemoryNode, Topology } from "../topology/topology.ts";
import { at, valueOf } from "../unit/list.ts";
import type { HostState } from "../plan/host-state.ts";
import type { Cell, Plan, PlanDevice } from "../plan/plan.ts";
import type { Inventory } from "./inventory/inventory.ts";
import { planParts } from "./layout/plan-parts.ts";
import { type LayoutCell, placed } from "./layout/layout.ts";
import type { SearchResult } from "./search/search.ts";
import { layoutSignature } from "./layout/layout-signature.ts";
import type { Space } from "./space/space.ts";

/**
 * Builds a plan from a layout, with all that its renderings and its verification need.
 *
 * @param ideal the cost of the same request where it is best (`idealCost`).
 * @param reasons sentences that say why this place and no other.
 */
export function buildPlan(
  host: HostState,
  found: SearchResult,
  ideal: RawCost,
  reasons: readonly string[] = [],
): Plan {
  const { space, best, model } = found;
  const { request, topology } = space;
  const parts = planParts(space, best);
  const { cells } = parts;
  const emulatorCpus = formatList(hostCpus(space, best.cells, cells));
  const raw = model.cost(placed(best.cells));
  const plan = {
    apiVersion: "evenkeel/v1",
    kind: "Plan",
    vm: request.name,
    tenant: request.tenant,
    host: topology.name,
    topologyDigest: topologyDigest(host.topology),
    flavor: request.flavor,
    locality: request.locality,
    workload: workloadName(request.workload),
    profile: typeof request.workload === "string" ? null : request.workload,
    architecture: topology.machine.architecture,
    cpuModel: topology.machine.cpuModel,
    ...parts,
    links: linksAmong(topology, parts.devices),
    distances: distancesBetween(topology, cells),
    emulatorCpus,
    iothreads: [{ id: 1, cpus: emulatorCpus }],
    cost: planCost(raw, ideal),
    reasons,
  } as const satisfies Omit<Plan, "signature" | "signatureText">;
  return { ...plan, ...layoutSignature(space, best) };
}

/**
 * The host's own CPUs on the cells' nodes, for a cell without any those of the nearest node that
 * has some; the VM's own where the host keeps none.
 */
function hostCpus(space: Space, layout: readonly LayoutCell[], cells: readonly Cell[]): IndexSet {
  const { cores } = space.inventory;
  const near = layout.flatMap(({ node }) => nearestKeeper(space.inventory, node) ?? []);
  if (near.length > 0) return unionAll(near.map((node) => at(cores.hostCpus, node)));
  return unionAll(
    cells.flatMap((cell) =>
      cell.vcpus.map((v) => ("cpu" in v ? indexSet([v.cpu]) : setOf(v.cpus))),
    ),
  );
}

/**
 * The position of the nearest node with cores of the host's own, itself above all: by distance,
 * then of the same package, then the lowest. Null where the host keeps none.
 */
function nearestKeeper(
  { topology: { nodes }, cores, relations }: Inventory,
  id: number,
): number | null {
  const own = nodes.find((node) => node.id === id);
  const rank = (node: MemoryNode): readonly number[] => [
    node.id === id ? 0 : 1,
    relations.distance(id, node.id),
    node.package !== null && node.package === own?.package ? 0 : 1,
  ];
  const keepers = nodes.flatMap((node, i) =>
    isEmpty(at(cores.hostCpus, i)) ? [] : [{ i, rank: rank(node) }],
  );
  const [first, ...others] = keepers;
  if (first === undefined) return null;
  return others.reduce((best, one) => (isLess(one.rank, best.rank) ? one : best), first).i;
}

/** Whether a list of numbers comes before another of its length. */
function isLess(a: readonly number[], b: readonly number[]): boolean {
  const i = a.findIndex((one, j) => one !== b[j]);
  return i >= 0 && at(a, i) < at(b, i);
}

function distancesBetween(topology: Topology, cells: readonly Cell[]): number[][] | null {
  const rows = topology.distances;
  if (rows === null) return null;
  const position = new Map(topology.nodes.map(({ id }, i) => [id, i]));
  const positions = cells.map((cell) => valueOf(position, cell.hostNode));
  return positions.map((i) => positions.map((j) => at(at(rows, i), j)));
}

/** The direct links between the devices. */
function linksAmong({ links }: Topology, devices: readonly PlanDevice[]): readonly Link[] {
  const given = new Set(devices.map(({ address }) => address));
  return links.filter(({ a, b }) => given.has(a) && given.has(b));
}
