import type { Summary } from "./summary.ts";

/**
 * The package of each node's CPUs, by the numbers of a summary. It has the number of packages
 * (sockets) only:
 *
 * - If there is one, it is that of every CPU.
 * - If there are as many nodes with CPUs as packages, all of the same size, each node is a package.
 *   lscpu numbers packages by their lowest CPU. A VM's nodes and packages may be at odds, so there
 *   nothing follows.
 *
 * Null where the packages do not follow.
 */
export function packagesOfNodes(summary: Summary): ((node: number | null) => number | null) | null {
  const { sockets, coresPerSocket, threadsPerCore, isGuest } = summary;
  if (sockets === 1) return () => 0;
  const withCpus = summary.nodes
    .filter(({ cpus }) => cpus.length > 0)
    .toSorted((a, b) => Math.min(...a.cpus) - Math.min(...b.cpus));
  if (sockets === null || isGuest || withCpus.length !== sockets) return null;
  if (coresPerSocket === null || threadsPerCore === null) return null;
  const size = coresPerSocket * threadsPerCore;
  if (!withCpus.every(({ cpus }) => cpus.length === size)) return null;
  const numbers = new Map<number | null, number>(withCpus.map(({ id }, i) => [id, i]));
  return (node) => numbers.get(node) ?? null;
}
