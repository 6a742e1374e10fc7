import { planCost, type RawCost } from "../cost/placement-cost.ts";
import { indexSet, type IndexSet, isEmpty, unionAll } from "../set/index-set.ts";
import { formatList, setOf } from "../set/list-format.ts";
import { topologyDigest } from "../topology/digest.ts";
import type { Link, Topology } from "../topology/topology.ts";
import { at, valueOf } from "../unit/list.ts";
import type { HostState } from "../plan/host-state.ts";
import type { Cell, Plan, PlanDevice } from "../plan/plan.ts";
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

/** The host's own CPUs on the cells' nodes, otherwise anywhere, otherwise the VM's. */
function hostCpus(space: Space, layout: readonly LayoutCell[], cells: readonly Cell[]): IndexSet {
  const { nodeIds, cores } = space.inventory;
  const near = cores.hostCpus.filter((_, i) => layout.some(({ node }) => node === nodeIds[i]));
  for (const sets of [near, cores.hostCpus]) {
    const kept = unionAll(sets);
    if (!isEmpty(kept)) return kept;
  }
  return unionAll(
    cells.flatMap((cell) =>
      cell.vcpus.map((v) => ("cpu" in v ? indexSet([v.cpu]) : setOf(v.cpus))),
    ),
  );
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
