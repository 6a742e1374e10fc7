import type { Evidence } from "../../evidence/evidence.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Topology } from "../../topology/topology.ts";
import { at } from "../../unit/list.ts";
import type { ByNode } from "./spread.ts";
import { devicesOf, yardstickOf } from "./yardstick.ts";

/** The nodes that a subject belongs on, and why. */
export interface Home {
  readonly nodes: ReadonlySet<number>;
  /** In words: `node 0, where its 2 accelerators are`. */
  readonly why: string;
  /** What placement would give a VM on the empty machine; null for anything else. */
  readonly yardstick: Plan | null;
}

/**
 * Finds where a subject belongs. Accelerators do not move, so it belongs beside its own. A VM
 * without any belongs on as many nodes as placement would give it, and on those of its memory most
 * of which is there already; anything else on the node with most of its memory.
 *
 * Null where the node of an accelerator is unknown, or nothing tells where the memory is.
 */
export function homeOf(
  evidence: Evidence,
  topology: Topology | null,
  memoryByNode: ByNode | null,
): Home | null {
  if (topology === null) return null;
  const { accelerators } = devicesOf(evidence, topology);
  const nodeOf = new Map(topology.pci.map(({ address, node }) => [address, node]));
  for (const { address, node } of evidence.devices) if (node !== null) nodeOf.set(address, node);
  const beside = accelerators.map((address) => nodeOf.get(address) ?? null);
  if (beside.includes(null)) return null;
  const yardstick = yardstickOf(evidence, topology);
  const own = [...new Set(beside)].filter((node) => node !== null).toSorted((a, b) => a - b);
  if (own.length > 0) return { nodes: new Set(own), why: whyBeside(own, beside.length), yardstick };
  const most = [...(memoryByNode ?? [])].filter(([, bytes]) => bytes > 0).toSorted(mostFirst);
  const wanted = yardstick === null ? 1 : nodesOf(yardstick).size;
  const nodes = most.slice(0, wanted).map(([node]) => node);
  if (nodes.length === 0) return null;
  return { nodes: new Set(nodes), why: `${listed(nodes)}, with most of its memory`, yardstick };
}

function nodesOf({ cells }: Plan): ReadonlySet<number> {
  return new Set(cells.flatMap((cell) => cell.memoryOnNodes.map(({ node }) => node)));
}

function mostFirst(a: readonly [number, number], b: readonly [number, number]): number {
  return b[1] - a[1] || a[0] - b[0];
}

function whyBeside(nodes: readonly number[], accelerators: number): string {
  const they = accelerators === 1 ? "its accelerator is" : `its ${accelerators} accelerators are`;
  return `${listed(nodes)}, where ${they}`;
}

/** `node 0`, `nodes 0 and 2`. */
export function listed(nodes: readonly number[]): string {
  const ids = nodes.toSorted((a, b) => a - b);
  if (ids.length === 1) return `node ${at(ids, 0)}`;
  return `nodes ${ids.slice(0, -1).join(", ")} and ${at(ids, ids.length - 1)}`;
}
