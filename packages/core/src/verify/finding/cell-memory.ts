import type { Evidence, MemoryMapping } from "../../evidence/evidence.ts";
import { qemu72 } from "../../guest/limits.ts";
import { guestMemory } from "../../guest/memory.ts";
import type { Cell, Plan } from "../../plan/plan.ts";
import { at } from "../../unit/list.ts";
import { count, type Tally } from "../../unit/tally.ts";
import { sumOf } from "../../unit/sum.ts";

/** A cell of the plan with the mappings of its memory. */
export interface CellMemory {
  readonly cell: Cell;
  /** The planned memory, rounded as the hypervisor gives it to the guest. */
  readonly promisedBytes: number;
  readonly mappings: readonly MemoryMapping[];
  /** How much of it is mapped at all, whether or not there are pages. */
  readonly mappedBytes: number;
}

/** Every cell with its memory; null where the evidence has none. */
export function cellMemory(plan: Plan, { memory }: Evidence): readonly CellMemory[] | null {
  if (memory === null) return null;
  const promised = guestMemory(plan.cells, qemu72.memoryGranuleBytes, () => {});
  return plan.cells.map((cell, i) => {
    const mappings = memory.filter((mapping) => mapping.cell === cell.id);
    const mappedBytes = sumOf(mappings, ({ bytes }) => bytes);
    return { cell, promisedBytes: at(promised, i), mappings, mappedBytes };
  });
}

/** The bytes of mappings by node, ascending. */
export function bytesByNode(mappings: readonly MemoryMapping[]): ReadonlyMap<number, number> {
  const sums: Tally<number> = new Map();
  for (const { node, bytes } of mappings.flatMap(({ onNodes }) => onNodes)) {
    count(sums, node, bytes);
  }
  return new Map([...sums].toSorted(([a], [b]) => a - b));
}

/** Why a cell's memory cannot be judged, or null where all of it was seen. */
export function whyUnseen({ promisedBytes, mappedBytes }: CellMemory): string | null {
  if (mappedBytes >= promisedBytes) return null;
  if (mappedBytes === 0) return "no mapping is known to be its memory";
  return `only ${mappedBytes} of its ${promisedBytes} bytes were found among the mappings`;
}
