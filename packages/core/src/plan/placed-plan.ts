import { sharesOf } from "../cost/node-shares.ts";
import type { NodeShare, Placed } from "../cost/placement-cost.ts";
import { indices } from "../set/index-set.ts";
import { setOf } from "../set/list-format.ts";
import type { Topology } from "../topology/topology.ts";
import { sumOf } from "../unit/sum.ts";
import { count, type Tally } from "../unit/tally.ts";
import type { Cell, Plan, Vcpu } from "./plan.ts";

/**
 * A plan as the cost model takes it; null where the machine has not the devices or the nodes that
 * the plan names, so that nobody can say what its VM does to others there.
 */
export function placedPlan(
  plan: Pick<Plan, "cells" | "devices">,
  topology: Topology,
): Placed | null {
  const nodes = new Set(topology.nodes.map(({ id }) => id));
  const known = new Set([...topology.accelerators, ...topology.nics].map(({ address }) => address));
  const isThere =
    plan.devices.every(({ address }) => known.has(address)) &&
    plan.cells.every((cell) => nodesOfCell(cell).every((node) => nodes.has(node)));
  if (!isThere) return null;
  const nodeOfCpu = cpuNodes(topology);
  const all = sumOf(plan.cells, ({ memoryBytes }) => memoryBytes);
  const ofKind = (kind: "accelerator" | "nic"): Plan["devices"] =>
    plan.devices.filter((device) => device.kind === kind);
  return {
    cells: plan.cells.map((cell) => ({
      share: cell.memoryBytes / all,
      vcpuNodes: vcpuShares(cell, nodeOfCpu),
      memoryNodes: sharesOf(new Map(cell.memoryOnNodes.map(({ node, bytes }) => [node, bytes]))),
    })),
    accelerators: ofKind("accelerator").map(({ address, node, cell }) => ({ address, node, cell })),
    nics: ofKind("nic").map(({ address }) => address),
  };
}

const nodesOfCell = ({ hostNode, memoryOnNodes }: Cell): readonly number[] => [
  hostNode,
  ...memoryOnNodes.map(({ node }) => node),
];

function cpuNodes({ nodes }: Topology): ReadonlyMap<number, number> {
  return new Map(
    nodes.flatMap(({ id, cpus }) =>
      cpus === null ? [] : indices(setOf(cpus)).map((cpu) => [cpu, id] as const),
    ),
  );
}

/** A CPU of which nobody told the node lies on the node that its cell stands for. */
function vcpuShares(cell: Cell, nodeOfCpu: ReadonlyMap<number, number>): readonly NodeShare[] {
  const weights: Tally<number> = new Map();
  for (const vcpu of cell.vcpus) {
    const cpus = cpusOf(vcpu);
    for (const cpu of cpus) count(weights, nodeOfCpu.get(cpu) ?? cell.hostNode, 1 / cpus.length);
  }
  return sharesOf(weights);
}

const cpusOf = (vcpu: Vcpu): readonly number[] =>
  "cpu" in vcpu ? [vcpu.cpu] : indices(setOf(vcpu.cpus));
