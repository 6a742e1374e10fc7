import { costEquals } from "../../cost/compare-costs.ts";
import { costFollowsDistance } from "../../cost/memory-path.ts";
import type { SoldCore } from "../inventory/cores.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { nameCores } from "./layout-cores.ts";
import type { PlanParts } from "../../plan/plan.ts";
import { planParts } from "./plan-parts.ts";
import { at } from "../../unit/list.ts";
import type { Layout, Objective } from "./layout.ts";
import type { Space } from "../space/space.ts";
import { planSignatures, type Signature } from "../../plan/signature/signature.ts";

/**
 * The signature of a layout. It depends on what is taken and not on what was free, so it is worked
 * out once for all states of a machine in which the same devices, the same amounts on the same
 * nodes and as many cores below caches are taken, and looked up after that. Which caches these are
 * means nothing, only which cores share one: they are known by the order in which they come.
 */
export function layoutSignature(space: Space, layout: Layout): Signature {
  const { inventory } = space;
  const book = books.get(inventory) ?? newBook(inventory);
  const key = keyOf(space, layout);
  const before = book.known.get(key);
  if (before !== undefined) return before;
  const signature = book.sign(planParts(space, layout));
  // What is forgotten is worked out again.
  if (book.known.size >= signaturesMax) book.known.clear();
  book.known.set(key, signature);
  book.costs?.set(costKey(space, signature.signature), layout.objective);
  return signature;
}

/**
 * The cells and the cost of all layouts of a signature on a machine, where a signature tells them, and
 * one has been met; else undefined.
 */
export function signatureCost(space: Space, signature: string): Cost | undefined {
  return books.get(space.inventory)?.costs?.get(costKey(space, signature));
}

const costKey = ({ request }: Space, signature: string): string =>
  `${request.workload} ${signature}`;

/** Whether a layout is of a signature. What costs more or less than those that are is none of them. */
export function isOfSignature(space: Space, layout: Layout, signature: string): boolean {
  const { cells, cost } = layout.objective;
  const own = signatureCost(space, signature);
  if (own !== undefined && (own.cells !== cells || !costEquals(own.cost, cost))) return false;
  return layoutSignature(space, layout).signature === signature;
}

type Cost = Pick<Objective, "cells" | "cost">;

/** Some ten megabytes at the most, a machine. */
const signaturesMax = 1 << 15;

interface Book {
  readonly sign: (parts: PlanParts) => Signature;
  readonly known: Map<string, Signature>;
  /** By workload and signature; null where placements of one signature may cost different things. */
  readonly costs: Map<string, Cost> | null;
}

const books = new WeakMap<Inventory, Book>();

function newBook(inventory: Inventory): Book {
  const book: Book = {
    sign: planSignatures(inventory.topology),
    known: new Map(),
    costs: costFollowsDistance(inventory.topology) ? new Map<string, Cost>() : null,
  };
  books.set(inventory, book);
  return book;
}

function keyOf(space: Space, { cells, partition }: Layout): string {
  const { vcpus, hugepageBytes, locality, isolation } = space.request;
  const cores = isolation === "shared" ? cells.map(() => []) : nameCores(space, cells);
  const caches = new Map<number, number>();
  const parts = cells.map((cell, i) => [
    cell.node,
    cell.idleThreads,
    ...cell.units.map(({ node, count }) => `${node}:${count}`),
    "m",
    ...cell.granules.map(({ node, count }) => `${node}:${count}`),
    "c",
    ...perGroup(space.inventory, at(cores, i), caches),
    "a",
    ...cell.accelerators.map(({ position }) => position),
    "n",
    ...cell.nics.map(({ position }) => position),
  ]);
  const all = parts.map((part) => part.join(" ")).join(";");
  return `${vcpus} ${hugepageBytes} ${locality} ${isolation} ${partition !== null};${all}`;
}

/**
 * How many cores of each group, in the order of the vCPUs, for the last of them may be cut: on which
 * node, and below which of the caches that have come so far.
 */
function perGroup(
  { cores: { groups } }: Inventory,
  cores: readonly SoldCore[],
  caches: Map<number, number>,
): string[] {
  const runs: { group: number; count: number }[] = [];
  for (const { group } of cores) {
    const last = runs.at(-1);
    if (last?.group === group) last.count++;
    else runs.push({ group, count: 1 });
  }
  return runs.map(({ group, count }) => {
    const { node, cache, unknownCache } = at(groups, group);
    if (unknownCache) return `${node}?:${count}`;
    const number = caches.get(cache) ?? caches.size;
    caches.set(cache, number);
    return `${node}.${number}:${count}`;
  });
}
