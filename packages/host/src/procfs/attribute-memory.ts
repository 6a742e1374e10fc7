import { at } from "@evenkeel/core/unit/list.ts";
import type { RamAddress } from "../qmp/parse.ts";
import type { CellBackend } from "./read-memory.ts";
import type { NumaRange } from "./parse-memory.ts";

/** A mapping of the process: its line in numa_maps with its end. */
export interface Block extends NumaRange {
  readonly end: number;
  readonly writable: boolean;
}

export interface Attributed {
  readonly block: Block;
  readonly backend: CellBackend | null;
}

/**
 * Assigns the mappings of an emulator to the guest's memory backends.
 *
 * A backend's memory is a row of adjoining writable mappings of the same file or of none, together
 * as long as the backend. It is one mapping unless a memory policy on a part of it has split it.
 * QEMU leaves an inaccessible page behind each backend, but another mapping may adjoin before it.
 *
 * A row is assigned by three rules, the surest first:
 * 1. By its file's name. QEMU names files in a hugetlbfs `qemu_back_mem._objects_ID.…`, and any
 *    other file is named on the command line.
 * 2. By an address that the monitor gave for the backend.
 * 3. By its length, if its policy is the backend's, and no other row and no other backend with this
 *    length and policy remains.
 *
 * A remaining row as long as a remaining backend is guest memory of an unknown backend.
 */
export function attributeMemory(
  blocks: readonly Block[],
  backends: readonly CellBackend[],
  ram: readonly RamAddress[],
): Attributed[] {
  const runs = adjoining(blocks);
  const owners = new Map<Block, CellBackend | null>();
  const unassigned = new Set(backends);
  const isFree = (row: Row): boolean => row.every((block) => !owners.has(block));
  const rowsFor = ({ bytes }: CellBackend): Row[] =>
    bytes === null ? [] : runs.flatMap((run) => rowsOfLength(run, bytes)).filter(isFree);
  const assign = (row: Row | undefined, backend: CellBackend): void => {
    if (row === undefined || !isFree(row)) return;
    for (const block of row) owners.set(block, backend);
    unassigned.delete(backend);
  };
  for (const backend of backends) {
    assign(
      rowsFor(backend).find((row) => isFileOf(row, backend, backends)),
      backend,
    );
  }
  for (const backend of unassigned) {
    const address = ram.find((one) => one.backend === backend.id)?.address;
    if (address === undefined) continue;
    const exact = rowsFor(backend).filter((row) => contains(row, address));
    assign(exact.find((row) => row[0]?.start === address) ?? exact[0], backend);
    // The kernel merges a mapping without a policy with an adjoining one that has none either.
    if (unassigned.has(backend) && backend.bytes !== null) {
      assign(covering(blocks, address, backend.bytes), backend);
    }
  }
  const matches = (row: Row, backend: CellBackend): boolean =>
    lengthOf(row) === backend.bytes && hasPolicyOf(row, backend);
  for (const backend of unassigned) {
    const own = rowsFor(backend).filter((row) => matches(row, backend));
    const rivals = [...unassigned].filter(
      (other) => other !== backend && own.some((row) => matches(row, other)),
    );
    if (own.length === 1 && rivals.length === 0) assign(own[0], backend);
  }
  // A row as long as an unassigned backend is guest memory, even if the backend is ambiguous.
  for (const row of [...unassigned].flatMap(rowsFor))
    if (isFree(row)) for (const block of row) owners.set(block, null);
  return blocks.flatMap((block) => {
    const backend = owners.get(block);
    return backend === undefined ? [] : [{ block, backend }];
  });
}

type Row = readonly Block[];

const lengthOf = (row: Row): number => row.reduce((sum, { start, end }) => sum + end - start, 0);

const contains = (row: Row, address: number): boolean =>
  row.some(({ start, end }) => start <= address && address < end);

/** Runs of adjoining writable mappings of the same file or of none. */
function adjoining(blocks: readonly Block[]): Row[] {
  const runs: Block[][] = [];
  for (const block of blocks) {
    if (!block.writable) continue;
    const last = runs.at(-1)?.at(-1);
    if (last !== undefined && last.end === block.start && last.file === block.file) {
      runs.at(-1)?.push(block);
    } else runs.push([block]);
  }
  return runs;
}

/** Every row of this length in a run of mappings, with two moving ends: linear in the mappings. */
function rowsOfLength(run: Row, bytes: number): Row[] {
  const rows: Row[] = [];
  let first = 0;
  for (const [last, { end }] of run.entries()) {
    while (first < last && end - at(run, first).start > bytes) first++;
    if (end - at(run, first).start === bytes) rows.push(run.slice(first, last + 1));
  }
  return rows;
}

function covering(blocks: readonly Block[], address: number, bytes: number): Row | undefined {
  const row = blocks.filter(
    ({ start, end, writable }) => writable && start < address + bytes && end > address,
  );
  return row.length === 0 ? undefined : row;
}

function isFileOf(row: Row, backend: CellBackend, all: readonly CellBackend[]): boolean {
  const file = row[0]?.file ?? null;
  if (file === null) return false;
  const name = file.slice(file.lastIndexOf("/") + 1);
  if (name.startsWith(`qemu_back_mem._objects_${backend.id}.`)) return true;
  const sharing = all.filter(({ path }) => path === backend.path);
  return backend.path !== null && file === backend.path && sharing.length === 1;
}

/** A backend without a requested policy may have any: whoever started QEMU may have set one. */
function hasPolicyOf(row: Row, { policy }: CellBackend): boolean {
  if (policy === null) return true;
  return row.every(
    (block) => block.policy?.mode === policy.mode && block.policy.nodes === policy.nodes,
  );
}
