import { at } from "@evenkeel/core/unit/list.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bufferOf, type BufferTask } from "./buffer.ts";
import { hopsAtOnce, lineBytes, loadKernels, newMemory } from "./kernels.ts";
import { mixer, writeChain } from "./order.ts";

const memory = newMemory(4 * MiB);
const kernels = loadKernels(memory);
const words = new BigInt64Array(memory.buffer);

/** Lines of the memory: where some begin, and how many. */
const someLines = fc
  .tuple(fc.nat(1000), fc.integer({ min: 1, max: 1000 }))
  .map(([first, count]) => ({ from: first * lineBytes, bytes: count * lineBytes }));

const filled = (seed: number): void => {
  for (let i = 0; i < words.length; i++)
    words[i] = BigInt.asIntN(64, BigInt(i * 2654435761 + seed) ** 3n);
};

const isSame = (a: BigInt64Array, b: BigInt64Array): boolean =>
  Buffer.from(a.buffer).equals(Buffer.from(b.buffer));

describe("kernels do what they are timed for, and nothing beyond it", () => {
  test("read and inject return the sum of the words, whatever they count between lines", () => {
    filled(7);
    fc.assert(
      fc.property(someLines, fc.nat(5), ({ from, bytes }, turns) => {
        const sum = words.subarray(from / 8, (from + bytes) / 8).reduce((a, b) => a + b, 0n);
        expect(kernels.read(from, bytes)).toBe(BigInt.asIntN(64, sum));
        expect(kernels.inject(from, bytes, turns)).toBe(BigInt.asIntN(64, sum));
      }),
      { numRuns: 20 },
    );
  });

  test("write and copy change their lines alone", () => {
    fc.assert(
      fc.property(someLines, fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), ({ from, bytes }, word) => {
        filled(3);
        const before = words.slice();
        kernels.write(from, bytes, word);
        before.fill(word, from / 8, (from + bytes) / 8);
        expect(isSame(words, before)).toBe(true);
        kernels.copy(2 * MiB, from, bytes);
        before.copyWithin((2 * MiB) / 8, from / 8, (from + bytes) / 8);
        expect(isSame(words, before)).toBe(true);
      }),
      { numRuns: 5 },
    );
  });

  test("outside the memory they stop with an error", () => {
    expect(() => kernels.read(4 * MiB, lineBytes)).toThrow();
    expect(() => kernels.write(4 * MiB, lineBytes, 1n)).toThrow();
    expect(() => kernels.copy(4 * MiB, 0, lineBytes)).toThrow();
    expect(() => kernels.chase(4 * MiB + 65_536, hopsAtOnce)).toThrow();
  });
});

describe("the order of a chase", () => {
  test("every line comes once, for any number of them and any seed", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), fc.nat(2 ** 31), (count, seed) => {
        const order = mixer(count, seed);
        const visited = new Set(Array.from({ length: count }, (_, i) => order(i)));
        expect(visited.size).toBe(count);
        expect([...visited].every((line) => line >= 0 && line < count)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test("a chain is one cycle through all lines, within its bounds", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.nat(100),
        fc.nat(),
        (count, first, seed) => {
          const start = first * lineBytes;
          words.fill(-1n);
          const chain = new Uint32Array(memory.buffer);
          writeChain(chain, start, count * lineBytes, seed);
          const visited = new Set<number>();
          let place = start + mixer(count, seed)(0) * lineBytes;
          while (!visited.has(place)) {
            visited.add(place);
            place = at(chain, place / 4);
          }
          expect(visited.size).toBe(count);
          expect([Math.min(...visited), Math.max(...visited)]).toEqual([
            start,
            start + (count - 1) * lineBytes,
          ]);
          // And nothing was written outside.
          const outside = words.filter(
            (_, i) => i * 8 < start || i * 8 >= start + count * lineBytes,
          );
          expect(outside.every((word) => word === -1n)).toBe(true);
        },
      ),
      { numRuns: 8 },
    );
  });

  test("neighbours in it are far apart: neither in one page nor a stride", () => {
    const count = 65_536;
    const order = mixer(count, 1);
    const strides = Array.from({ length: count - 1 }, (_, i) => order(i + 1) - order(i));
    const linesAPage = 4096 / lineBytes;
    const near = strides.filter((stride) => Math.abs(stride) < linesAPage).length;
    expect(near / count).toBeLessThan(0.01);
    const most = Math.max(
      ...Map.groupBy(strides, (stride) => stride)
        .values()
        .map(({ length }) => length),
    );
    expect(most).toBeLessThan(32);
  });
});

test("a buffer's steps are right, and one that memory has not kept is not", () => {
  const buffer = bufferOf(kernels, memory, lineBytes, 2 * MiB);
  const tasks: readonly BufferTask[] = [
    { kind: "chase" },
    { kind: "read" },
    { kind: "write" },
    { kind: "copy" },
    { kind: "inject", turns: 2 },
    { kind: "chase" },
  ];
  buffer.touch(11);
  for (const task of tasks) {
    buffer.prepare(task);
    // Past the end of the buffer, and round again.
    for (let turn = 0; turn < 40; turn++) {
      const { amount, isRight } = buffer.step(task);
      expect([task.kind, isRight, amount > 0]).toEqual([task.kind, true, true]);
    }
  }
  buffer.touch(12);
  buffer.prepare({ kind: "read" });
  words[20_000] = 1234n;
  expect([buffer.step({ kind: "read" }), buffer.step({ kind: "read" })]).toMatchObject([
    { isRight: false },
    { isRight: true },
  ]);
});
