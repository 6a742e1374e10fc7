import type { Request } from "../../request/request.ts";
import {
  emptySet,
  type IndexSet,
  indexSet,
  isDisjoint,
  union,
  unionAll,
} from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import type { Topology } from "../../topology/topology.ts";
import type { Plan } from "../plan.ts";

/** The CPUs that a plan's vCPUs are pinned to, or float over. */
export function vcpuCpus(plan: Plan): IndexSet {
  return unionAll(
    plan.cells.flatMap((cell) =>
      cell.vcpus.map((vcpu) => ("cpu" in vcpu ? indexSet([vcpu.cpu]) : setOf(vcpu.cpus))),
    ),
  );
}

/** The nodes whose cores or memory a plan uses. */
function nodesOf(plan: Plan, topology: Topology): ReadonlySet<number> {
  const cpus = vcpuCpus(plan);
  const computing = topology.nodes.filter((node) => !isDisjoint(setOf(node.cpus), cpus));
  return new Set([
    ...computing.map((node) => node.id),
    ...plan.cells.flatMap((cell) => cell.memoryOnNodes.map(({ node }) => node)),
  ]);
}

export interface Closed {
  readonly nodes: ReadonlySet<number>;
  /** Core ids, those of closed nodes included. */
  readonly cores: ReadonlySet<number>;
}

/**
 * What isolation closes to a request. It works both ways: a request that wants a cache, a node or
 * the host for itself cannot go where another VM is, and nobody can go where a VM has it already.
 * A core whose L3 is unknown cannot be shown to share none, so `l3` does not take it.
 */
export function closedTo(request: Request, topology: Topology, taken: readonly Plan[]): Closed {
  const wanted = request.isolation;
  const exclusive = (level: Plan["isolation"]): readonly Plan[] =>
    wanted === level ? taken : taken.filter((plan) => plan.isolation === level);

  const everything = exclusive("host").length > 0;
  const nodes = new Set(
    everything
      ? topology.nodes.map((node) => node.id)
      : exclusive("node").flatMap((plan) => [...nodesOf(plan, topology)]),
  );
  const cacheUsers = exclusive("l3").reduce((cpus, plan) => union(cpus, vcpuCpus(plan)), emptySet);
  const caches = new Set(
    topology.cores
      .filter((core) => !isDisjoint(setOf(core.cpus), cacheUsers))
      .map((core) => core.l3),
  );
  const cores = topology.cores.filter(
    (core) =>
      everything ||
      (core.node !== null && nodes.has(core.node)) ||
      caches.has(core.l3) ||
      (wanted === "l3" && core.l3 === null),
  );
  return { nodes, cores: new Set(cores.map((core) => core.id)) };
}
