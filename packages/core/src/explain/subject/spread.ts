import type { MemoryMapping, ThreadEvidence } from "../../evidence/evidence.ts";
import { intersection, size } from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import type { Topology } from "../../topology/topology.ts";
import { sum, sumOf } from "../../unit/sum.ts";
import { count, type Tally } from "../../unit/tally.ts";

/** How much of something is on each node. */
export type ByNode = ReadonlyMap<number, number>;

/** The bytes of some mappings by node. */
export function byNode(mappings: readonly MemoryMapping[]): ByNode {
  const tally: Tally<number> = new Map();
  for (const { onNodes } of mappings) {
    for (const { node, bytes } of onNodes) count(tally, node, bytes);
  }
  return tally;
}

/**
 * Where threads may run, by node: each counts once, in equal parts for the CPUs that it may use.
 * Null where the CPUs of a thread or of the nodes are not known.
 */
export function spreadOf(threads: readonly ThreadEvidence[], topology: Topology): ByNode | null {
  const tally: Tally<number> = new Map();
  const nodes = topology.nodes.map(({ id, cpus }) => ({ id, cpus }));
  for (const { allowedCpus } of threads) {
    if (allowedCpus === null) return null;
    const allowed = setOf(allowedCpus);
    const parts = nodes.map(({ id, cpus }) => ({
      id,
      cpus: cpus === null ? null : size(intersection(setOf(cpus), allowed)),
    }));
    const known = parts.flatMap(({ id, cpus }) => (cpus === null ? [] : [{ id, cpus }]));
    const all = sumOf(known, ({ cpus }) => cpus);
    if (known.length < parts.length || all === 0) return null;
    for (const { id, cpus } of known) if (cpus > 0) count(tally, id, cpus / all);
  }
  return tally;
}

/** The part of a spread that is not on these nodes: from 0 to 1. */
export function shareOff(spread: ByNode, nodes: ReadonlySet<number>): number {
  const all = sum(spread.values());
  const off = sumOf(spread, ([node, amount]) => (nodes.has(node) ? 0 : amount));
  return all === 0 ? 0 : off / all;
}
