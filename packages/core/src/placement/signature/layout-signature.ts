import type { Inventory } from "../inventory/inventory.ts";
import { nameCores } from "../name-cores.ts";
import { type PlanParts, planParts } from "../plan-parts.ts";
import type { Layout } from "../search/layout.ts";
import type { Space } from "../space/space.ts";
import { planSignatures, type Signature } from "./signature.ts";

/**
 * The signature of a layout. It depends on what is taken and not on what was free, so it is worked
 * out once for all states of a machine in which the same devices, the same amounts on the same
 * nodes and cores below the same caches are taken, and looked up after that.
 */
export function layoutSignature(space: Space, layout: Layout): Signature {
  const { inventory } = space;
  const book = books.get(inventory) ?? newBook(inventory);
  const key = keyOf(space, layout);
  const before = book.known.get(key);
  if (before !== undefined) return before;
  const signature = book.sign(planParts(space, layout));
  book.known.set(key, signature);
  return signature;
}

interface Book {
  readonly sign: (parts: PlanParts) => Signature;
  readonly known: Map<string, Signature>;
}

const books = new WeakMap<Inventory, Book>();

function newBook(inventory: Inventory): Book {
  const book = { sign: planSignatures(inventory.topology), known: new Map<string, Signature>() };
  books.set(inventory, book);
  return book;
}

function keyOf(space: Space, { cells, partition }: Layout): string {
  const { vcpus, hugepageBytes, locality, isolation } = space.request;
  const cores = isolation === "shared" ? [] : nameCores(space, cells);
  const parts = cells.map((cell, i) => [
    cell.node,
    ...cell.units.map(({ node, count }) => `${node}:${count}`),
    "m",
    ...cell.granules.map(({ node, count }) => `${node}:${count}`),
    "c",
    ...perGroup(cores[i] ?? []),
    "a",
    ...cell.accelerators.map(({ position }) => position),
    "n",
    ...cell.nics.map(({ position }) => position),
  ]);
  const all = parts.map((part) => part.join(" ")).join(";");
  return `${vcpus} ${hugepageBytes} ${locality} ${isolation} ${partition !== null};${all}`;
}

/** How many cores of each group, in the order of the vCPUs, for the last of them may be cut. */
function perGroup(cores: readonly { readonly group: number }[]): string[] {
  const runs: { group: number; count: number }[] = [];
  for (const { group } of cores) {
    const last = runs.at(-1);
    if (last?.group === group) last.count++;
    else runs.push({ group, count: 1 });
  }
  return runs.map(({ group, count }) => `${group}:${count}`);
}
