import { expect, test } from "vitest";
import { at, valueOf } from "./list.ts";
import { count, countOf } from "./tally.ts";
import { entryAt, matrixOf, rowOf, setEntry } from "./matrix.ts";
import { add, read, vectorOf, write } from "./vector.ts";

const outsides = [-1, 2, 0.5, Number.NaN, Infinity];

test("entries within are read, written and added to", () => {
  expect(at(["a", "b"], 1)).toBe("b");
  expect(at([0, null], 0)).toBe(0);
  expect(at([0, null], 1)).toBeNull();
  expect(valueOf(new Map([["a", 0]]), "a")).toBe(0);
  const vector = vectorOf(2, 7);
  write(vector, 0, 3);
  add(vector, 1, 1);
  expect([...vector]).toEqual([3, 8]);
  expect(read(vector, 0)).toBe(3);
  expect(read(vectorOf(1), 0)).toBe(0);
});

test("counts and positions are accessed as vectors are", () => {
  for (const numbers of [new Uint16Array(2), new Int32Array(2)]) {
    write(numbers, 0, 3);
    add(numbers, 1, 2);
    add(numbers, 1, -1);
    expect([read(numbers, 0), read(numbers, 1)]).toEqual([3, 1]);
    expect(() => read(numbers, 2)).toThrow("position 2 is in a vector of 2");
    expect(() => add(numbers, -1, 1)).toThrow("broken invariant");
  }
});

test("a matrix is read and written by row and column, and a row is a view of it", () => {
  const matrix = matrixOf(2, 3, (row, column) => 10 * row + column);
  expect(entryAt(matrix, 1, 2)).toBe(12);
  setEntry(matrix, 0, 1, 5);
  expect([...rowOf(matrix, 0)]).toEqual([0, 5, 2]);
  rowOf(matrix, 1)[0] = 6;
  expect(entryAt(matrix, 1, 0)).toBe(6);
});

test.each(outsides)("position %s throws, whatever lies beside it in memory", (outside) => {
  const broken = /broken invariant/;
  const vector = vectorOf(2);
  const matrix = matrixOf(2, 2, () => 1);
  expect(() => at(["a", "b"], outside)).toThrow(broken);
  expect(() => read(vector, outside)).toThrow(broken);
  expect(() => write(vector, outside, 1)).toThrow(broken);
  expect(() => add(vector, outside, 1)).toThrow(broken);
  expect(() => entryAt(matrix, outside, 0)).toThrow(broken);
  expect(() => entryAt(matrix, 0, outside)).toThrow(broken);
  expect(() => entryAt(matrix, 1, outside)).toThrow(broken);
  expect(() => setEntry(matrix, 0, outside, 1)).toThrow(broken);
  expect(() => rowOf(matrix, outside)).toThrow(broken);
  expect([...vector]).toEqual([0, 0]);
  expect(matrix.map((row) => [...row])).toEqual([
    [1, 1],
    [1, 1],
  ]);
});

test("a key that is not in a map throws", () => {
  expect(() => valueOf(new Map<string, number>(), "a")).toThrow("a is a key of the map");
});

test("a tally counts, from 0", () => {
  const tally = new Map<string, number>();
  count(tally, "a");
  count(tally, "a", 3);
  expect([countOf(tally, "a"), countOf(tally, "b")]).toEqual([4, 0]);
});
