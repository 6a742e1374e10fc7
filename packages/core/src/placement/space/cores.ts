import type { HostPolicy } from "../../request/host-policy.ts";
import type { Request } from "../../request/request.ts";
import {
  emptySet,
  type IndexSet,
  indices,
  intersection,
  isDisjoint,
  isEmpty,
  size,
  union,
  unionAll,
} from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import type { Topology } from "../../topology/topology.ts";
import type { Plan } from "../plan.ts";
import { type Closed, vcpuCpus } from "./isolation.ts";

/** A core that can be sold whole, with the CPUs that vCPUs are pinned to. */
export interface FreeCore {
  readonly id: number;
  readonly l3: number | null;
  /** Its lowest `threadsPerCore` CPUs, ascending. */
  readonly cpus: readonly number[];
}

/** What a node has in cores. */
export interface CoreSpace {
  /** By ascending id. */
  readonly cores: readonly FreeCore[];
  /** The CPUs over which the VMs float that share cores here, and how many vCPUs they have. */
  readonly pool: { readonly cpus: IndexSet; readonly vcpus: number };
  /** How much can be had: whole cores, or unpromised CPUs where the request shares cores. */
  readonly units: number;
  /** The CPUs kept for the host, where emulators and iothreads run. */
  readonly hostCpus: IndexSet;
}

interface KnownCore {
  readonly id: number;
  readonly l3: number | null;
  readonly node: number;
  readonly cpus: IndexSet;
}

/**
 * The threads of most of the machine's cores, the wider where two widths are equally common.
 * Cores are sold at this width; a narrower one (a sibling is offline) is not sold.
 */
export function usualWidth(topology: Topology): number {
  const count = new Map<number, number>();
  for (const core of topology.cores) {
    const width = size(setOf(core.cpus));
    count.set(width, (count.get(width) ?? 0) + 1);
  }
  const [usual] = [...count].toSorted(([a, n], [b, m]) => m - n || b - a);
  return usual?.[0] ?? 1;
}

/** The ids of the cores that the operator keeps: named ones, or the lowest of every node. */
function hostCores(topology: Topology, { reserved }: HostPolicy): ReadonlySet<number> {
  if (reserved.cpus !== null) {
    const named = setOf(reserved.cpus);
    const kept = topology.cores.filter((core) => !isDisjoint(setOf(core.cpus), named));
    return new Set(kept.map((core) => core.id));
  }
  return new Set(
    topology.nodes.flatMap((node) =>
      topology.cores
        .filter((core) => core.node === node.id)
        .slice(0, reserved.coresPerNode)
        .map((core) => core.id),
    ),
  );
}

/**
 * What each node can still sell in cores, by node id.
 *
 * A core is sold whole, and not when it is kept for the host, closed by an isolation, or when
 * another VM has a CPU of it. Under `shared` the pool of the VMs that float on a node stays open
 * up to one vCPU a CPU: a new VM floats over the whole pool, grown by whole free cores as needed.
 */
export function coreSpaces(
  topology: Topology,
  taken: readonly Plan[],
  policy: HostPolicy,
  request: Request,
  closed: Closed,
): ReadonlyMap<number, CoreSpace> {
  const width = usualWidth(topology);
  const cores = topology.cores.flatMap(({ id, l3, node, cpus }): KnownCore[] =>
    node === null ? [] : [{ id, l3, node, cpus: setOf(cpus) }],
  );
  const kept = hostCores(topology, policy);
  const takenCpus = unionAll(taken.map(vcpuCpus));
  const floating = taken.filter((plan) => plan.isolation === "shared");
  const space = (node: number): CoreSpace => {
    const here = cores.filter((core) => core.node === node);
    const free = here
      .filter(
        ({ id, cpus }) => !kept.has(id) && !closed.cores.has(id) && isDisjoint(cpus, takenCpus),
      )
      .filter(({ cpus }) => size(cpus) >= width)
      .map(({ id, l3, cpus }) => ({ id, l3, cpus: indices(cpus).slice(0, width) }));
    const shares = request.isolation === "shared" && !closed.nodes.has(node);
    const pool = shares ? floatingPool(floating, unionAll(here.map((core) => core.cpus))) : noPool;
    const unpromised = size(pool.cpus) - pool.vcpus + free.length * width;
    return {
      cores: free,
      pool,
      units: request.isolation === "shared" ? unpromised : free.length,
      hostCpus: unionAll(here.filter((core) => kept.has(core.id)).map((core) => core.cpus)),
    };
  };
  return new Map(topology.nodes.map((node) => [node.id, space(node.id)]));
}

const noPool = { cpus: emptySet, vcpus: 0 };

function floatingPool(floating: readonly Plan[], nodeCpus: IndexSet): CoreSpace["pool"] {
  let cpus = emptySet;
  let vcpus = 0;
  for (const vcpu of floating.flatMap((plan) => plan.cells.flatMap((cell) => cell.vcpus))) {
    if (!("cpus" in vcpu)) continue;
    const here = intersection(setOf(vcpu.cpus), nodeCpus);
    if (isEmpty(here)) continue;
    cpus = union(cpus, here);
    vcpus++;
  }
  return { cpus, vcpus };
}
