import * as fc from "fast-check";
import { expect, test } from "vitest";
import { at } from "../unit/list.ts";
import { equals, INDEX_MAX, indexSet, indices } from "./index-set.ts";
import { formatList, parseList } from "./list-format.ts";

const members = fc.array(fc.oneof(fc.nat(40), fc.nat(INDEX_MAX)), { maxLength: 30 });

/** A second implementation of `formatList`, as its oracle. */
function runs(sorted: readonly number[]): string {
  const texts: string[] = [];
  for (let i = 0; i < sorted.length;) {
    let j = i;
    while (sorted[j + 1] === at(sorted, j) + 1) j++;
    texts.push(i === j ? `${sorted[i]}` : `${sorted[i]}-${sorted[j]}`);
    i = j + 1;
  }
  return texts.join(",");
}

test("a set is printed in runs, and what is printed is read back", () => {
  fc.assert(
    fc.property(members, (list) => {
      const set = indexSet(list);
      const text = formatList(set);
      expect(text).toBe(runs(indices(set)));
      const back = parseList(text);
      expect(back !== null && equals(back, set)).toBe(true);
    }),
  );
});

test("single indices and ranges may come in any order and overlap", () => {
  const range = fc
    .tuple(fc.nat(300), fc.nat(20))
    .map(([first, length]) => [first, first + length] as const);
  fc.assert(
    fc.property(fc.array(range, { minLength: 1, maxLength: 10 }), (ranges) => {
      const text = ranges.map(([first, last]) =>
        first === last ? `${first}` : `${first}-${last}`,
      );
      const all = ranges.flatMap(([first, last]) =>
        Array.from({ length: last - first + 1 }, (_, i) => first + i),
      );
      expect(indices(parseList(text.join(",")) ?? indexSet([]))).toEqual(
        [...new Set(all)].toSorted((a, b) => a - b),
      );
    }),
  );
});

test("white space of sysfs and of people is skipped", () => {
  expect(formatList(parseList("0-3,8\n") ?? indexSet([]))).toBe("0-3,8");
  expect(formatList(parseList(" 1 , 2 ") ?? indexSet([]))).toBe("1-2");
  expect(parseList("")).toEqual(indexSet([]));
  expect(parseList("\n")).toEqual(indexSet([]));
});

test.each(["a", "1-", "-1", "3-1", "1,,2", ",", "1;2", "0x1", "1.5", "1-2-3", "0-10:2/4"])(
  "%j is no list",
  (text) => {
    expect(parseList(text)).toBeNull();
  },
);

test.each([`${INDEX_MAX + 1}`, `0-${INDEX_MAX + 1}`, "9999999999", "0-999999999"])(
  "%j names more than a machine has",
  (text) => {
    expect(parseList(text)).toBeNull();
  },
);

test("a text that repeats itself without end is refused at once", () => {
  const start = performance.now();
  expect(parseList("0-65535,".repeat(20_000) + "0")).toBeNull();
  expect(performance.now() - start).toBeLessThan(2000);
});
