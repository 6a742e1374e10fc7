import type { HostShape } from "../fleet/host.ts";
import { demandOf, type Task } from "../fleet/task.ts";
import { randomFor } from "../random.ts";
import { gpuCapacity } from "../run/statistics.ts";
import type { World } from "../run/scenario.ts";
import { ARRIVED_SHARE, openbArrivals } from "./arrivals.ts";

/** The published fleet under one of the published lists of tasks. */
export function openbWorld(
  trace: string,
  hosts: readonly HostShape[],
  tasks: readonly Task[],
): World {
  const capacity = gpuCapacity(hosts);
  return {
    name: `openb ${trace}`,
    title: `Alibaba's GPU trace of 2023, ${trace}`,
    axis: "arrived",
    end: ARRIVED_SHARE,
    settled: 0,
    hosts,
    demand: demandOf(tasks),
    ownPolicies: [],
    arrivals: (seed) => openbArrivals(tasks, capacity, randomFor(seed, "openb arrivals")),
  };
}

/**
 * The same with NUMA nodes: every host of eight GPUs becomes two nodes of four, each with half of
 * its CPUs and memory. The trace says nothing of nodes; this is how such servers are built. Then a
 * task of one to four GPUs, or of a part of one, has to lie on one node, one of five to eight on
 * both, its GPUs as even as they go, and one without GPUs on one node if its CPUs and memory fit
 * there, else on both by halves.
 */
export function withNodes(world: World): World {
  const halved = new Map<HostShape, HostShape>();
  const hosts = world.hosts.map((shape) => {
    const known = halved.get(shape) ?? inTwo(shape);
    halved.set(shape, known);
    return known;
  });
  return {
    ...world,
    name: `${world.name} numa`,
    title: `${world.title}, hosts of eight GPUs as two nodes of four`,
    hosts,
  };
}

function inTwo(shape: HostShape): HostShape {
  const [node] = shape.nodes;
  if (shape.nodes.length !== 1 || node?.gpus !== 8) return shape;
  const half = {
    cpuMilli: Math.floor(node.cpuMilli / 2),
    memoryMib: Math.floor(node.memoryMib / 2),
    gpus: 4,
  };
  return { model: shape.model, nodes: [half, half] };
}
