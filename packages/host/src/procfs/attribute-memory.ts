import { at } from "@evenkeel/core/unit/list.ts";
import type { RamAddress } from "../qmp/parse.ts";
import type { Backend } from "../qemu/shape.ts";
import type { NumaRange } from "./parse-memory.ts";

/** A memory backend, and the guest node whose memory it is. */
export interface CellBackend extends Omit<Backend, "pageBytes"> {
  readonly cell: number | null;
}

/** A mapping of the process and its end. */
export interface Block extends NumaRange {
  readonly end: number;
  readonly writable: boolean;
}

export interface Attributed {
  readonly block: Block;
  readonly backend: CellBackend | null;
}

/**
 * Finds the guest's memory among the mappings of an emulator, and the backend of each mapping.
 *
 * The memory of a backend is a row of adjoining writable mappings with the same file or without
 * one, together as long as the backend. It is one mapping, unless a policy on a part of it has
 * split it. QEMU leaves an inaccessible page after each backend, but any other mapping may adjoin
 * it from below.
 *
 * Three things identify a row, the surest first. The file name: in a hugetlbfs QEMU calls its files
 * `qemu_back_mem._objects_ID.…`, and a named file is on the command line. An address that the
 * monitor reported for the backend. And the length, if the policy is the one that the backend asked
 * for, and no other row and no other backend with this length and policy is left.
 *
 * Rows that more than one backend could own are memory of the guest without a backend.
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
    // The kernel joins neighbouring mappings without a policy.
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
  // A row as long as a backend without memory belongs to the guest, whatever its backend.
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

/** The maximal rows of adjoining writable mappings with the same file, or without one. */
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

/** All rows of a length within a maximal row. Each mapping is visited twice. */
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

/** Whether a row has the policy of a backend. One that asked for none may have got any. */
function hasPolicyOf(row: Row, { policy }: CellBackend): boolean {
  if (policy === null) return true;
  return row.every(
    (block) => block.policy?.mode === policy.mode && block.policy.nodes === policy.nodes,
  );
}
