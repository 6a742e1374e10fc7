import { counted, nodesText } from "../draw/describe.ts";
import { formatBytes } from "../../unit/bytes.ts";
import { count, countOf, type Tally } from "../../unit/tally.ts";
import { knownPools } from "../node-facts.ts";
import type { MemoryNode, Topology } from "../topology.ts";
import type { TopologyWarning } from "./warning.ts";

/**
 * Warnings about nodes that lack something, and nodes that differ. What nobody told of a node is
 * not lacking.
 */
export function nodeWarnings(topology: Topology): TopologyWarning[] {
  const { nodes } = topology;
  const withCpus = nodes.filter(({ cpus }) => cpus !== null && cpus !== "");
  const without = nodes.filter(({ cpus }) => cpus === "");
  const bare = withCpus.filter(({ memoryBytes }) => memoryBytes === 0);
  const memory = without.filter(({ memoryBytes }) => memoryBytes !== null && memoryBytes > 0);
  const empty = without.filter(({ memoryBytes }) => memoryBytes === 0);
  return [
    ...about("node-without-memory", "warning", bare, (who, has) => {
      return `${who} ${has} CPUs and no memory: whatever runs there uses the memory of other nodes.`;
    }),
    ...about("node-without-cpus", "info", memory, (who, has) => {
      return `${who} ${has} memory and no CPUs: nothing can run beside it.`;
    }),
    ...about("node-empty", "info", empty, (who, has) => `${who} ${has} neither CPUs nor memory.`),
    ...unevenMemory(withCpus),
    ...unevenCores(topology, withCpus),
    ...unevenHugepages(withCpus),
  ];
}

function about(
  code: TopologyWarning["code"],
  severity: TopologyWarning["severity"],
  nodes: readonly MemoryNode[],
  message: (who: string, has: string) => string,
): TopologyWarning[] {
  if (nodes.length === 0) return [];
  const subject = nodesText(nodes.map(({ id }) => id));
  const who = subject.replace(/^n/, "N");
  return [{ code, severity, subject, message: message(who, nodes.length === 1 ? "has" : "have") }];
}

/** The kernel reserves some of node 0's memory, and firmware some of any node's: up to a tenth. */
const equalShare = 0.9;

function unevenMemory(nodes: readonly MemoryNode[]): TopologyWarning[] {
  const known = nodes.flatMap((node) => {
    const bytes = node.memoryBytes;
    return bytes === null || bytes === 0 ? [] : [{ node, bytes }];
  });
  const sizes = known.map(({ bytes }) => bytes);
  const most = Math.max(...sizes);
  const short = known.filter(({ bytes }) => bytes < most * equalShare).map(({ node }) => node);
  const least = Math.min(...sizes);
  return about("node-memory-uneven", "warning", short, (who, has) => {
    const amount = short.length === 1 ? formatBytes(least) : `as little as ${formatBytes(least)}`;
    return `${who} ${has} ${amount} of memory, others up to ${formatBytes(most)}.`;
  });
}

function unevenCores({ cores }: Topology, nodes: readonly MemoryNode[]): TopologyWarning[] {
  const counts: Tally<number | null> = new Map();
  for (const { node } of cores) count(counts, node);
  // A core whose node nobody told may be on any of them.
  if (countOf(counts, null) > 0) return [];
  const coresOf = ({ id }: MemoryNode): number => countOf(counts, id);
  const most = Math.max(...nodes.map(coresOf));
  const short = nodes.filter((node) => coresOf(node) < most);
  const least = Math.min(...nodes.map(coresOf));
  return about("node-cores-uneven", "warning", short, (who, has) => {
    const amount = short.length === 1 ? `${least}` : `as few as ${least}`;
    return `${who} ${has} ${amount} of ${counted(most, "core")} that other nodes have.`;
  });
}

/**
 * The kernel spreads pages over the nodes; a number that does not divide leaves one page more on
 * some.
 */
const pagesAlike = 1;

function unevenHugepages(nodes: readonly MemoryNode[]): TopologyWarning[] {
  const known = nodes.filter(
    ({ memoryBytes, hugepages }) => hugepages !== null && memoryBytes !== 0,
  );
  const sizes = new Set(known.flatMap(knownPools).map(({ sizeBytes }) => sizeBytes));
  return [...sizes].flatMap((size) => {
    const totals = known.map((node) => {
      const pool = knownPools(node).find(({ sizeBytes }) => sizeBytes === size);
      return { node, total: pool === undefined ? 0 : pool.total };
    });
    const most = Math.max(...totals.map(({ total }) => total));
    const short = totals.filter(({ total }) => total < most - pagesAlike);
    const least = Math.min(...totals.map(({ total }) => total));
    const page = `${formatBytes(size)} page`;
    const poor = short.map(({ node }) => node);
    return about("hugepages-uneven", "warning", poor, (who, has) => {
      const amount =
        short.length === 1 ? counted(least, page) : `as few as ${counted(least, page)}`;
      return `${who} ${has} ${amount}, others up to ${most}.`;
    });
  });
}
