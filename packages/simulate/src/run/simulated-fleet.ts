import { invariant } from "@evenkeel/core/invariant.ts";
import { emptyHost, type HostShape, type HostState, pooledShape } from "../fleet/host.ts";
import type { Task } from "../fleet/task.ts";
import { hostAfter, type Allocation } from "../fleet/allocations.ts";
import { ordinaryAllocation } from "../numa/ordinary-host.ts";
import { inSignature } from "../numa/signature.ts";
import type { Choice } from "../policy/policy.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";

/** A placed task. */
export interface Placement {
  readonly task: Task;
  /** The host and the allocation as the policy sees them. */
  readonly choice: Choice;
  /** What the task takes from the nodes that the host really has. */
  readonly allocation: Allocation;
  readonly inSignature: boolean;
}

/**
 * The hosts of a simulation and what is free on them. A policy that knows NUMA nodes sees the hosts
 * as they are. A policy that does not sees each host as one pool, and the host decides which nodes
 * the allocation comes from (`numa/ordinary-host.ts`). Both views are kept. A policy that takes
 * more than is free, or not what the task asks for, breaks an invariant: it has a bug.
 */
export interface SimulatedFleet {
  /** The hosts as the policy sees them. A placement replaces the state of its host. */
  readonly visibleHosts: readonly HostState[];
  /** The hosts as they are. */
  readonly hosts: readonly HostState[];
  readonly place: (task: Task, choice: Choice) => Placement;
  readonly remove: (placement: Placement) => void;
}

/** A fleet of empty hosts. */
export function simulatedFleet(shapes: readonly HostShape[], knowsNodes: boolean): SimulatedFleet {
  const pools = new Map<HostShape, HostShape>();
  const pooled = (shape: HostShape): HostShape => {
    let pool = pools.get(shape);
    if (pool === undefined) pools.set(shape, (pool = pooledShape(shape)));
    return pool;
  };
  const hosts = shapes.map(emptyHost);
  const visibleHosts = knowsNodes
    ? hosts
    : shapes
        .map((shape, i) => (shape.nodes.length === 1 ? hosts[i] : emptyHost(pooled(shape))))
        .filter((host) => host !== undefined);
  const update = (list: HostState[], host: number, allocation: Allocation, sign: -1 | 1): void => {
    const before = list[host];
    invariant(before !== undefined, "a placement names a host of the fleet");
    const next = hostAfter(before, allocation, sign);
    invariant(isWithin(next, allocation), "an allocation takes only what is free");
    list[host] = next;
  };
  const updateBoth = (placement: Placement, sign: -1 | 1): void => {
    const { host, allocation } = placement.choice;
    update(hosts, host, placement.allocation, sign);
    if (visibleHosts === hosts) return;
    const visible = visibleHosts[host];
    const own = hosts[host];
    // A host of one node is the same object in both lists.
    if (own !== undefined && visible?.shape === own.shape) visibleHosts[host] = own;
    else update(visibleHosts, host, allocation, sign);
  };
  return {
    visibleHosts,
    hosts,
    place: (task, choice) => {
      const { host, allocation } = choice;
      const state = hosts[host];
      invariant(state !== undefined, "a policy names a host of the fleet");
      invariant(
        isRequested(visibleHosts[host], task, allocation),
        "a policy allocates what the task asks for",
      );
      const real =
        visibleHosts === hosts || state.nodes.length === 1
          ? allocation
          : ordinaryAllocation(state, task, allocation);
      const kept = inSignature(state.shape, task, real);
      const placement = { task, choice, allocation: real, inSignature: kept };
      updateBoth(placement, -1);
      return placement;
    },
    remove: (placement) => updateBoth(placement, 1),
  };
}

/**
 * Whether an allocation names each node once, existing GPUs, and exactly what the task asks for.
 */
function isRequested(host: HostState | undefined, task: Task, allocation: Allocation): boolean {
  const sum = (of: (part: Allocation[number]) => number): number =>
    sumOf(allocation, (part) => of(part));
  return (
    new Set(allocation.map(({ node }) => node)).size === allocation.length &&
    sum(({ cpuMilli }) => cpuMilli) === task.cpuMilli &&
    sum(({ memoryMib }) => memoryMib) === task.memoryMib &&
    sum(({ gpus }) => new Set(gpus).size) === task.gpus &&
    allocation.every(({ node, gpus, gpuMilli }) => {
      const own = host?.nodes[node]?.gpuMilli;
      if (own === undefined || gpuMilli !== task.gpuMilli) return false;
      return gpus.every((gpu) => gpu >= 0 && gpu < own.length);
    })
  );
}

/** Whether what is free on each node of an allocation is between nothing and all that it has. */
function isWithin({ shape, nodes }: HostState, allocation: Allocation): boolean {
  return allocation.every(({ node }) => {
    const [state, most] = [nodes[node], shape.nodes[node]];
    if (state === undefined || most === undefined) return false;
    const { cpuMilli, memoryMib, gpuMilli } = state;
    if (cpuMilli < 0 || cpuMilli > most.cpuMilli) return false;
    if (memoryMib < 0 || memoryMib > most.memoryMib) return false;
    return gpuMilli.length === most.gpus && gpuMilli.every((left) => left >= 0 && left <= 1000);
  });
}
