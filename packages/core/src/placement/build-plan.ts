import { planCost, type RawCost } from "../cost/placement-cost.ts";
import { indexSet, type IndexSet, isEmpty, unionAll } from "../set/index-set.ts";
import { formatList, setOf } from "../set/list-format.ts";
import { topologyDigest } from "../topology/digest.ts";
import type { Link, Topology } from "../topology/topology.ts";
import type { HostState } from "./host-state.ts";
import type { Cell, Plan, PlanDevice } from "./plan.ts";
import { planParts } from "./plan-parts.ts";
import { planReasons } from "./reasons.ts";
import type { LayoutCell } from "./search/layout.ts";
import { placed } from "./search/layout-cost.ts";
import type { Found } from "./search/search.ts";
import { layoutSignature } from "./signature/layout-signature.ts";
import type { Space } from "./space/space.ts";

/**
 * Writes a layout down as a plan, with all that its renderings and its verification need.
 *
 * @param ideal what the same request costs where it is best (`idealCost`).
 * @param more reasons beyond those that the host alone tells: the future, the other hosts.
 */
export function buildPlan(
  host: HostState,
  found: Found,
  ideal: RawCost,
  more: readonly string[] = [],
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
    reasons: [...planReasons(found, ideal), ...more],
  } as const satisfies Omit<Plan, "signature" | "signatureText">;
  return { ...plan, ...layoutSignature(space, best) };
}

/** The host's own CPUs on the cells' nodes, else anywhere, else those of the VM itself. */
function hostCpus(space: Space, layout: readonly LayoutCell[], cells: readonly Cell[]): IndexSet {
  const { nodeIds, cores } = space.inventory;
  const near = nodeIds.map((id) => layout.some((cell) => cell.node === id));
  for (const isMeant of [(i: number) => near[i] ?? false, () => true]) {
    const kept = unionAll(cores.hostCpus.filter((_, i) => isMeant(i)));
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
  const positions = cells.map((cell) => topology.nodes.findIndex(({ id }) => id === cell.hostNode));
  return positions.map((i) => positions.map((j) => rows[i]?.[j] ?? 0));
}

/** The direct links between the devices. */
function linksAmong({ links }: Topology, devices: readonly PlanDevice[]): readonly Link[] {
  const given = new Set(devices.map(({ address }) => address));
  return links.filter(({ a, b }) => given.has(a) && given.has(b));
}
