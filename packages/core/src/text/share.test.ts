import { expect, test } from "vitest";
import { shareText } from "./share.ts";

test("a share is a whole percent, but neither nothing of something nor all of what is less", () => {
  const shares = [0, 1, 9, 10, 15, 500, 990, 991, 999, 1000];
  expect(shares.map((part) => `${part} ‰: ${shareText(part, 1000)}`)).toEqual([
    "0 ‰: 0 %",
    "1 ‰: less than 1 %",
    "9 ‰: less than 1 %",
    "10 ‰: 1 %",
    "15 ‰: 2 %",
    "500 ‰: 50 %",
    "990 ‰: 99 %",
    "991 ‰: more than 99 %",
    "999 ‰: more than 99 %",
    "1000 ‰: 100 %",
  ]);
});
