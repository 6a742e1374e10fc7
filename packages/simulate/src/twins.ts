import { knownPools } from "@evenkeel/core/topology/node-facts.ts";
import {
  costModel,
  type CostModel,
  planCost,
  type RawCost,
} from "@evenkeel/core/cost/placement-cost.ts";
import { governedTopology } from "@evenkeel/core/plan/host-state.ts";
import { idealCost } from "@evenkeel/core/placement/ideal.ts";
import { place } from "@evenkeel/core/fleet/place.ts";
import { keptCores } from "@evenkeel/core/plan/kept-cores.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import type { CostParts, PlanCost } from "@evenkeel/core/cost/plan-cost.ts";
import type { HostPolicy } from "@evenkeel/core/request/host-policy.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { size } from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { wholeAccelerators } from "@evenkeel/core/topology/virtual-functions.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { ordinaryStack, type OrdinaryVm } from "./ordinary-stack.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";

/**
 * Two VMs of one flavor on one machine, placed by an ordinary stack and by Evenkeel, with the
 * predicted slowdown of each and the layers that cause it.
 */
export interface TwinComparison {
  readonly topology: Topology;
  readonly request: Request;
  readonly ordinary: readonly OrdinaryTwin[];
  readonly plans: readonly Plan[];
  readonly layers: readonly LayerDifference[];
}

/** One of the two VMs as the ordinary stack places it. */
export interface OrdinaryTwin {
  readonly vm: OrdinaryVm;
  readonly cost: PlanCost;
}

/** How the two placements differ in one layer, and what that difference costs. */
export interface LayerDifference {
  readonly layer: "host" | "fabric" | "hypervisor" | "guest" | "process";
  readonly ordinary: string;
  readonly evenkeel: string;
  /**
   * For each VM, the time added, relative to the best placement; null where no model predicts it.
   */
  readonly added: readonly number[] | null;
  readonly basis: PlanCost["basis"];
}

/**
 * A request sized so that the machine holds four VMs of it: a quarter of the accelerators (at least
 * one), an even share of their node's cores and memory, and a NIC for each accelerator where there
 * are enough. Null where the machine has fewer than two accelerators, and so no room for two VMs.
 */
export function twinRequest(topology: Topology, policy: HostPolicy): Request | null {
  const nodeOf = new Map(topology.pci.map((device) => [device.address, device.node]));
  const whole = wholeAccelerators(governedTopology(topology, policy));
  const beside = (address: string): number | null => nodeOf.get(address) ?? null;
  const nodesWithAccelerators = topology.nodes.flatMap((node) => {
    const accelerators = whole.filter((a) => beside(a.address) === node.id).length;
    const cores = topology.cores.filter((core) => core.node === node.id);
    return accelerators > 0 && cores.length > 1 ? [{ node, accelerators, cores }] : [];
  });
  const most = sumOf(nodesWithAccelerators, ({ accelerators }) => accelerators);
  if (most < 2) return null;
  const count = Math.max(1, Math.floor(most / 4));
  const least = (amount: (owner: (typeof nodesWithAccelerators)[number]) => number): number =>
    Math.min(
      ...nodesWithAccelerators.map((owner) => Math.floor(amount(owner) / owner.accelerators)),
    );
  const kept = keptCores(topology, policy);
  const cores = least(({ cores: all }) => all.filter(({ id }) => !kept.has(id)).length);
  const width = Math.max(...topology.cores.map((core) => size(setOf(core.cpus))));
  const pages = least(({ node }) => {
    const pool = knownPools(node).find(({ sizeBytes }) => sizeBytes === GiB);
    return pool === undefined ? 0 : pool.total;
  });
  const base = least(({ node }) => {
    if (node.memoryBytes === null) return 0;
    const pools = sumOf(knownPools(node), (pool) => pool.total * pool.sizeBytes);
    return (node.memoryBytes - pools - policy.reserved.memoryPerNodeBytes) / GiB;
  });
  const gib = pages > 0 ? pages : base;
  const even = (value: number): number => (value > 16 ? value - (value % 4) : value);
  if (cores < 1 || gib < 1) return null;
  const rdma = topology.nics.filter((nic) => nic.rdma === true).length;
  return {
    name: "twin",
    tenant: null,
    flavor: null,
    signature: null,
    accelerators: { count, model: null, link: "any" },
    nics: { count: rdma >= whole.length ? count : 0, rdma: true },
    vcpus: even(cores) * width * count,
    memoryBytes: even(gib) * count * GiB,
    hugepageBytes: pages > 0 ? GiB : null,
    locality: "strict",
    isolation: "core",
    workload: "inference",
  };
}

/** Places both VMs by the ordinary stack and by Evenkeel; null where either has no room for two. */
export function compareTwins(
  topology: Topology,
  policy: HostPolicy,
  request: Request,
): TwinComparison | null {
  const requests = ["twin-a", "twin-b"].map((name) => ({ ...request, name }));
  const model = costModel(topology, request.workload);
  const ideal = idealCost({ topology, taken: [], policy }, request);
  const governed = governedTopology(topology, policy);
  const offered = { ...governed, accelerators: wholeAccelerators(governed) };
  const vms = ordinaryStack(offered, requests).flatMap((vm) => vm ?? []);
  const plans: Plan[] = [];
  for (const twin of requests) {
    const placed = place([{ topology, taken: plans, policy }], twin);
    if (placed.kind === "Plan") plans.push(placed);
  }
  if (ideal === null || vms.length < 2 || plans.length < 2) return null;
  const costs = vms.map((vm) => model.cost(vm.placed));
  const ordinary = vms.flatMap((vm, i) => {
    const cost = costs[i];
    return cost === undefined ? [] : [{ vm, cost: planCost(cost, ideal) }];
  });
  const layers = layerDifferences(model, costs, ideal);
  return { topology, request, ordinary, plans, layers };
}

/**
 * The parts of the cost by layer. A layer that the cost model does not cover is listed with unknown
 * cost: a guest that cannot see its nodes may or may not run slower for it.
 */
function layerDifferences(
  { weights }: CostModel,
  costs: readonly RawCost[],
  ideal: RawCost,
): readonly LayerDifference[] {
  const added = (...parts: readonly (keyof CostParts)[]): number[] =>
    costs.map((cost) =>
      parts.reduce(
        (sum, part) => sum + (weights[part] * (cost.parts[part] - ideal.parts[part])) / ideal.total,
        0,
      ),
    );
  const basis = costs[0]?.basis ?? "unknown";
  return [
    {
      layer: "host",
      ordinary: "memory by first touch",
      evenkeel: "memory on the GPUs' own node",
      added: added("hostToDevice"),
      basis,
    },
    {
      layer: "fabric",
      ordinary: "devices by PCI address",
      evenkeel: "by link, switch and node",
      added: added("peer", "network"),
      basis,
    },
    {
      layer: "hypervisor",
      ordinary: "vCPUs float over all CPUs",
      evenkeel: "vCPUs on cores of their node",
      added: added("memory"),
      basis,
    },
    {
      layer: "guest",
      ordinary: "one node, GPUs on none",
      evenkeel: "nodes and devices as they are",
      added: null,
      basis: "unknown",
    },
    {
      layer: "process",
      ordinary: "no near CPUs to bind to",
      evenkeel: "can bind beside the GPU",
      added: null,
      basis: "unknown",
    },
  ];
}
