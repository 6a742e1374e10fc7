import { at } from "../../unit/list.ts";
import { sum } from "../../unit/sum.ts";
import { countOf } from "../../unit/tally.ts";
import type { Partition } from "../../topology/topology.ts";
import type { NodeCandidates } from "../search/candidates/node-candidates.ts";
import { distributionsOf } from "../search/accelerators/distributions.ts";
import { effort } from "../search/rank/effort.ts";
import type { Space } from "../space/space.ts";
import type { Stock } from "./stock.ts";

/** Nodes for a VM's cells, and how its accelerators lie on them. */
export interface Choice {
  /** The cells' nodes by ascending id; all of the host for cells that may stray to any. */
  readonly nodes: readonly number[];
  /** For each node its accelerators; empty for a request without. */
  readonly counts: readonly number[];
  /** Accelerators of unknown node in its partition; their share is the first cell's. */
  readonly anywhere: number;
  /** The fabric partition that they are; null where it is none that the host declares. */
  readonly partition: Partition | null;
}

/** The accelerators of each cell, by which it has its share; null for equal cells. */
export function weightsOf({ nodes, counts, anywhere }: Choice): readonly number[] | null {
  if (sum(counts) + anywhere === 0) return null;
  return nodes.map((_, i) => at(counts, i) + (i === 0 ? anywhere : 0));
}

/** The host as a whole, for a request without accelerators whose cells may stray. */
export function wholeHost({ inventory }: Space): Choice {
  return { nodes: inventory.nodeIds, counts: [], anywhere: 0, partition: null };
}

/** Choices, and whether they are all that there are. */
export interface Choices {
  readonly choices: readonly Choice[];
  readonly exhaustive: boolean;
}

/** How many choices are looked at. */
const choicesMax = 1 << 12;

/** Sets of nodes for a request without accelerators, those of fewer nodes first. */
export function nodeSets(space: Space): Choices {
  const nodes = nodesWithCpus(space);
  const sets: (readonly number[])[] = [];
  const extend = (set: readonly number[], from: number, size: number): void => {
    if (set.length === size) {
      sets.push(set);
      return;
    }
    for (let i = from; i < nodes.length && sets.length < choicesMax; i++) {
      extend([...set, at(nodes, i)], i + 1, size);
    }
  };
  for (let size = 1; size <= nodes.length; size++) extend([], 0, size);
  const exhaustive = sets.length < choicesMax;
  if (!exhaustive) sets.push(nodes);
  const choices = sets.map((set) => ({ nodes: set, counts: [], anywhere: 0, partition: null }));
  return { choices, exhaustive };
}

/** The nodes that have CPUs, or all where none is known to have any. */
function nodesWithCpus({ topology, inventory }: Space): readonly number[] {
  const own = topology.nodes.filter(({ cpus }) => cpus !== "").map(({ id }) => id);
  return own.length > 0 ? own : inventory.nodeIds;
}

/** One choice for each fabric partition of the size asked for. */
export function partitionChoices(space: Space): readonly Choice[] {
  const { topology, request, inventory } = space;
  const nodeOf = new Map(
    inventory.devices.accelerators.map(({ address, node }) => [address, node]),
  );
  return topology.partitions
    .filter(({ accelerators }) => accelerators.length === request.accelerators.count)
    .flatMap((partition) => {
      const own = partition.accelerators.map((address) => nodeOf.get(address) ?? null);
      const known = own.filter((node) => node !== null);
      const nodes = [...new Set(known)].toSorted((a, b) => a - b);
      const counts = nodes.map((node) => own.filter((one) => one === node).length);
      const anywhere = own.length - known.length;
      return onCells(space, { nodes, counts, anywhere, partition });
    })
    .filter((choice) => mayBeCells(space, choice));
}

/**
 * Memory is interleaved over all nodes with CPUs and memory, so cores on a node without CPUs would
 * change what every node needs: no cell of such a VM is put there.
 */
function mayBeCells(space: Space, { nodes }: Choice): boolean {
  if (space.request.locality !== "interleave") return true;
  const cells = nodesWithCpus(space);
  return nodes.every((node) => cells.includes(node));
}

/** Where no node of an accelerator is known, the cell may be on any node with CPUs. */
function onCells(space: Space, choice: Choice): readonly Choice[] {
  if (choice.nodes.length > 0) return [choice];
  return nodesWithCpus(space).map((node) => ({ ...choice, nodes: [node], counts: [0] }));
}

/**
 * Accelerators where there are some today, of whatever model and whoever has them; all of them on
 * one node; and, for more than the host has, those it has with the rest on one node. At most some
 * thousands, those of fewer nodes first.
 */
export function distributions(stock: Stock): Choices {
  const { space, slots } = stock;
  const { count } = space.request.accelerators;
  const known = space.inventory.nodeIds.filter((id) => countOf(slots, id) > 0);
  const choices = new Map<string, Choice>();
  const add = (all: readonly number[], on: readonly number[]): void => {
    const nodes = on.filter((_, i) => at(all, i) > 0);
    const counts = all.filter((some) => some > 0);
    const choice = { nodes, counts, anywhere: 0, partition: null };
    if (mayBeCells(space, choice)) choices.set(`${nodes.join()} ${counts.join()}`, choice);
  };
  const byNode = known.map((node): NodeCandidates => ({ node, members: [] }));
  const budget = effort();
  const visit = distributionsOf(byNode, {
    count,
    most: known.map((node) => countOf(slots, node)),
    previousNode: new Map(),
    together: null,
    effort: budget,
  });
  for (let cells = 1; cells <= Math.min(count, known.length); cells++) {
    visit(cells, (counts) => {
      add(counts, known);
      return choices.size < choicesMax;
    });
  }
  const exhaustive = choices.size < choicesMax && budget.sufficed();
  for (const node of nodesWithCpus(space)) add([count], [node]);
  const all = sum(known.map((id) => countOf(slots, id)));
  if (all > 0 && all < count) {
    for (const [i] of known.entries()) {
      const counts = known.map((id, j) => countOf(slots, id) + (i === j ? count - all : 0));
      add(counts, known);
    }
  }
  return { choices: [...choices.values()], exhaustive };
}
