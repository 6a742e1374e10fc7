import type { HostShape } from "../fleet/host.ts";
import { taskShares, type Task } from "../fleet/task.ts";
import { randomFor } from "../random.ts";
import { gpuCapacity } from "../run/statistics.ts";
import type { Scenario } from "../run/scenario.ts";
import { ARRIVED_SHARE, openbArrivals } from "./arrivals.ts";

/** The published fleet with one of the published lists of tasks. */
export function openbScenario(
  trace: string,
  hosts: readonly HostShape[],
  tasks: readonly Task[],
): Scenario {
  const capacity = gpuCapacity(hosts);
  return {
    name: `openb ${trace}`,
    title: `Alibaba's GPU trace of 2023, ${trace}`,
    axis: "arrived",
    end: ARRIVED_SHARE,
    settled: 0,
    hosts,
    demand: taskShares(tasks),
    ownPolicies: [],
    arrivals: (seed) => openbArrivals(tasks, capacity, randomFor(seed, "openb arrivals")),
  };
}

/**
 * The same scenario with NUMA nodes: every host of eight GPUs gets two nodes of four GPUs, each
 * with half of the CPUs and memory. The trace does not record NUMA nodes; servers of eight GPUs are
 * built this way. A task of one to four GPUs, or of a part of one, then has to lie on one node. A
 * task of five to eight GPUs lies on both, its GPUs split evenly. A task without GPUs lies on one
 * node if its CPUs and memory fit there, otherwise half on each.
 */
export function withNodes(scenario: Scenario): Scenario {
  const halved = new Map<HostShape, HostShape>();
  const hosts = scenario.hosts.map((shape) => {
    const known = halved.get(shape) ?? splitInTwo(shape);
    halved.set(shape, known);
    return known;
  });
  return {
    ...scenario,
    name: `${scenario.name} numa`,
    title: `${scenario.title}, hosts of eight GPUs as two nodes of four`,
    hosts,
  };
}

function splitInTwo(shape: HostShape): HostShape {
  const [node] = shape.nodes;
  if (shape.nodes.length !== 1 || node?.gpus !== 8) return shape;
  const half = {
    cpuMilli: Math.floor(node.cpuMilli / 2),
    memoryMib: Math.floor(node.memoryMib / 2),
    gpus: 4,
  };
  return { model: shape.model, nodes: [half, half] };
}
