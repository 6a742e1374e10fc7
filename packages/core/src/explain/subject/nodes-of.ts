import type { Subject } from "./subject.ts";

/**
 * How many of the machine's nodes have CPUs: with one there is nowhere else for memory to be moved
 * to or taken from. Null where the nodes are not known.
 */
export function nodesWithCpus({ evidence, topology }: Subject): number | null {
  const nodes = evidence.nodes ?? topology?.nodes ?? null;
  if (nodes === null || nodes.some(({ cpus }) => cpus === null)) return null;
  return nodes.filter(({ cpus }) => cpus !== "").length;
}
