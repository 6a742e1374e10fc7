import { expect, test } from "vitest";
import { hanging, table } from "./table.ts";

test("columns are aligned, and no line ends in blanks", () => {
  const rows = [
    ["id", "name", ""],
    ["1", "a", "x"],
    ["100", "long name", ""],
  ];
  expect(table(rows, ["right", "left", "left"])).toEqual([
    " id  name",
    "  1  a          x",
    "100  long name",
  ]);
  expect(table([], ["left"])).toEqual([]);
});

test("a label stands before the first line, and the others are indented to its width", () => {
  expect(hanging("- ", ["a", "b"])).toEqual(["- a", "  b"]);
});
