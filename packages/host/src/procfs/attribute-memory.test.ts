import { expect, test } from "vitest";
import { attributeMemory, type Block, type CellBackend } from "./attribute-memory.ts";

const bind = (nodes: string) => ({ mode: "bind", nodes });

function block(start: number, length: number, more: Partial<Block> = {}): Block {
  return {
    start,
    end: start + length,
    writable: true,
    policy: bind("0"),
    file: null,
    isHuge: false,
    pageBytes: 4096,
    anonymousBytes: 0,
    onNodes: [],
    line: "",
    ...more,
  };
}

function backend(cell: number, bytes: number, more: Partial<CellBackend> = {}): CellBackend {
  return { id: `ram-node${cell}`, cell, bytes, policy: null, path: null, ...more };
}

const cells = (
  ...given: Parameters<typeof attributeMemory>
): (readonly [number, number | null])[] =>
  attributeMemory(...given).map(({ block: own, backend: of }) => [own.start, of?.cell ?? null]);

test("a hugetlbfs file is matched with its backend by name, whatever its size and order", () => {
  const file = (id: string): string =>
    `/dev/hugepages/qemu_back_mem._objects_${id}.Xy12Zz\\040(deleted)`;
  const blocks = [
    block(0x1000, 64, { file: file("ram-node1") }),
    block(0x9000, 64, { file: file("ram-node0") }),
    block(0xf000, 64, { file: "/usr/lib/libc.so.6" }),
  ];
  expect(cells(blocks, [backend(0, 64), backend(1, 64)], [])).toEqual([
    [0x1000, 1],
    [0x9000, 0],
  ]);
});

test("a block is matched by the monitor's address, and mappings split by a policy stay one block", () => {
  const blocks = [
    block(0x1000, 32, { policy: bind("1") }),
    block(0x1020, 32),
    block(0x1040, 4, { writable: false }),
    block(0x9000, 64),
  ];
  const ram = [
    { backend: "ram-node1", address: 0x1010 },
    { backend: "ram-node0", address: 0x9000 },
  ];
  expect(cells(blocks, [backend(0, 64), backend(1, 64)], ram)).toEqual([
    [0x1000, 1],
    [0x1020, 1],
    [0x9000, 0],
  ]);
});

test("a mapping just below the memory is not part of it", () => {
  const blocks = [block(0x0ff0, 16, { policy: null }), block(0x1000, 64)];
  expect(cells(blocks, [backend(0, 64)], [{ backend: "ram-node0", address: 0x1000 }])).toEqual([
    [0x1000, 0],
  ]);
  expect(cells(blocks, [backend(0, 64, { policy: bind("0") })], [])).toEqual([[0x1000, 0]]);
  // Once joined by the kernel, they are indistinguishable.
  const joined = [block(0x0ff0, 80)];
  expect(cells(joined, [backend(0, 64)], [{ backend: "ram-node0", address: 0x1000 }])).toEqual([
    [0x0ff0, 0],
  ]);
});

test("an address inside a mapping does not match a backend of unknown length", () => {
  const ram = [{ backend: "ram-node0", address: 0x1000 }];
  const unknown = backend(0, 64, { bytes: null });
  expect(cells([block(0x0ff0, 80)], [unknown], ram)).toEqual([]);
  expect(cells([block(0x1000, 64)], [unknown], ram)).toEqual([]);
});

test("size and policy match a block only if a single backend has them", () => {
  const blocks = [block(0x1000, 64, { policy: bind("1") }), block(0x9000, 64), block(0xf000, 8)];
  const bound = [backend(0, 64, { policy: bind("0") }), backend(1, 64, { policy: bind("1") })];
  expect(cells(blocks, bound, [])).toEqual([
    [0x1000, 1],
    [0x9000, 0],
  ]);
  // Either could belong to either backend: they are the guest's memory, of no known cell.
  expect(cells(blocks, [backend(0, 64), backend(1, 64)], [])).toEqual([
    [0x1000, null],
    [0x9000, null],
  ]);
  expect(cells(blocks, [backend(0, 4096)], [])).toEqual([]);
});
