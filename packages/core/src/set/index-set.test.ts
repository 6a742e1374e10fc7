import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  difference,
  emptySet,
  equals,
  has,
  INDEX_MAX,
  type IndexSet,
  indexSet,
  indices,
  intersection,
  isDisjoint,
  isEmpty,
  isSubset,
  lowest,
  size,
  union,
  unionAll,
} from "./index-set.ts";

/** Sets, each with the oracle of these tests: the same set as one large integer. */
const members = fc.array(fc.oneof(fc.nat(70), fc.nat(4000)), { maxLength: 40 });
const mask = (list: readonly number[]): bigint =>
  list.reduce((bits, index) => bits | (1n << BigInt(index)), 0n);
const maskOf = (set: IndexSet): bigint => mask(indices(set));

test("sets behave as the bits of an integer do", () => {
  fc.assert(
    fc.property(members, members, (a, b) => {
      const [left, right] = [indexSet(a), indexSet(b)];
      const [x, y] = [mask(a), mask(b)];
      expect(maskOf(left)).toBe(x);
      expect(maskOf(union(left, right))).toBe(x | y);
      expect(maskOf(intersection(left, right))).toBe(x & y);
      expect(maskOf(difference(left, right))).toBe(x & ~y);
      expect(isSubset(left, right)).toBe((x & ~y) === 0n);
      expect(isDisjoint(left, right)).toBe((x & y) === 0n);
      expect(equals(left, right)).toBe(x === y);
      expect(isEmpty(left)).toBe(x === 0n);
      expect(size(left)).toBe(x.toString(2).replaceAll("0", "").length);
    }),
  );
});

test("members come in ascending order, each once, and the lowest is the first", () => {
  fc.assert(
    fc.property(members, (list) => {
      const sorted = [...new Set(list)].toSorted((a, b) => a - b);
      expect(indices(indexSet(list))).toEqual(sorted);
      expect(lowest(indexSet(list))).toBe(sorted[0] ?? null);
      for (const index of list) expect(has(indexSet(list), index)).toBe(true);
    }),
  );
});

test("however a set came about, equal sets have equal words", () => {
  fc.assert(
    fc.property(members, members, (a, b) => {
      const kept = a.filter((index) => !b.includes(index));
      expect(difference(indexSet(a), indexSet(b)).words).toEqual(indexSet(kept).words);
      expect(intersection(indexSet(a), indexSet(b)).words).toEqual(
        indexSet(a.filter((index) => b.includes(index))).words,
      );
      const whole = unionAll([indexSet(a), emptySet, indexSet(b)]);
      expect(whole.words).toEqual(indexSet([...a, ...b]).words);
    }),
  );
});

test("no operation changes its operands", () => {
  const a = indexSet([1, 40]);
  const before = a.words.slice();
  union(a, indexSet([2]));
  intersection(a, indexSet([1]));
  difference(a, indexSet([1]));
  expect(a.words).toEqual(before);
});

test("indices above INDEX_MAX are refused", () => {
  for (const index of [-1, 0.5, NaN, INDEX_MAX + 1]) {
    expect(() => indexSet([index])).toThrow(RangeError);
  }
  expect(indices(indexSet([INDEX_MAX]))).toEqual([INDEX_MAX]);
  expect(has(indexSet([0]), -1)).toBe(false);
});
