import { type IndexSet, has, isDisjoint, isEmpty } from "../set/index-set.ts";
import { setOf } from "../set/list-format.ts";
import { knownCpus } from "../topology/node-facts.ts";
import type { Topology } from "../topology/topology.ts";
import type { Binding } from "./binding.ts";
import { allOfMachine, nodesWithMemory } from "./nearest.ts";

/** An accelerator from whose node a command was kept. */
export interface Far {
  readonly address: string;
  readonly node: number;
  /** What it may not use there. */
  readonly without: "CPU" | "memory";
}

/**
 * Finds the accelerators that a binding is not beside although their nodes have what it needs: the
 * command was given others, by its cpuset or its affinity, and got the nearest of these. A node
 * that has no CPUs, or no memory, keeps nobody away.
 */
export function farFrom(topology: Topology, binding: Binding): readonly Far[] {
  const { accelerators, cpus, memoryNodes } = binding;
  const withMemory = new Set(
    nodesWithMemory(topology, allOfMachine(topology).allowedNodes).map(({ id }) => id),
  );
  const [bound, memory] = [listed(cpus), listed(memoryNodes)];
  return accelerators.flatMap(({ address, node: home }): readonly Far[] => {
    const node = topology.nodes.find(({ id }) => id === home);
    if (node === undefined || bound === null) return [];
    const own = knownCpus(node);
    if (isEmpty(own)) return [];
    if (isDisjoint(own, bound)) return [{ address, node: node.id, without: "CPU" }];
    const isKept = memory !== null && withMemory.has(node.id) && !has(memory, node.id);
    return isKept ? [{ address, node: node.id, without: "memory" }] : [];
  });
}

function listed(list: string | null): IndexSet | null {
  return list === null ? null : setOf(list);
}
