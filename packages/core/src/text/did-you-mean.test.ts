import { expect, test } from "vitest";
import { didYouMean } from "./did-you-mean.ts";

const machines = ["hgx-h100", "hgx-h200", "dgx-a100", "gb200-tray"];

test("one slip in three letters is suggested, whatever the slip", () => {
  expect(didYouMean("hgx-h10", machines)).toBe("hgx-h100");
  expect(didYouMean("HGX-H200", machines)).toBe("hgx-h200");
  expect(didYouMean("dxg-a100", machines)).toBe("dgx-a100");
  expect(didYouMean("gb200tray", machines)).toBe("gb200-tray");
});

test("a word that resembles nothing gets no suggestion", () => {
  expect(didYouMean("toaster", machines)).toBeNull();
  expect(didYouMean("", machines)).toBeNull();
  expect(didYouMean("anything", [])).toBeNull();
});

test("of equally near candidates the first is suggested", () => {
  expect(didYouMean("hgx-h300", machines)).toBe("hgx-h100");
});
