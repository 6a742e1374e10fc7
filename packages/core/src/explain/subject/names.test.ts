import { expect, test } from "vitest";
import { listed } from "./home.ts";
import { unitsOfModel, unitsOfProcessor } from "./vector-units.ts";

test("nodes are listed by their numbers", () => {
  expect(listed([2])).toBe("node 2");
  expect(listed([2, 0])).toBe("nodes 0 and 2");
  expect(listed([10, 2, 0, 1])).toBe("nodes 0, 1, 2 and 10");
});

test.each([
  ["Intel(R) Xeon(R) CPU E5-2670 0 @ 2.60GHz", ["avx"]],
  ["Intel(R) Xeon(R) CPU E5-2697 v2 @ 2.70GHz", ["avx"]],
  ["Intel(R) Xeon(R) CPU E5-2690 v3 @ 2.60GHz", ["avx", "avx2"]],
  ["Intel(R) Xeon(R) CPU E7-8880 v4 @ 2.20GHz", ["avx", "avx2"]],
  ["Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz", ["avx", "avx2", "avx512f"]],
  ["Intel(R) Xeon(R) Platinum 8358", ["avx", "avx2", "avx512f"]],
  ["Intel(R) Xeon(R) Gold 6430", ["avx", "avx2", "avx512f", "amx_tile"]],
  ["Intel(R) Xeon(R) CPU Max 9480", ["avx", "avx2", "avx512f", "amx_tile"]],
  ["Intel(R) Xeon(R) 6980P", ["avx", "avx2", "avx512f", "amx_tile"]],
  ["AMD EPYC 7763 64-Core Processor", ["avx", "avx2"]],
  ["AMD EPYC 7F52 16-Core Processor", ["avx", "avx2"]],
  ["AMD EPYC 7R13 Processor", ["avx", "avx2"]],
  ["AMD EPYC 74F3 24-Core Processor", ["avx", "avx2"]],
  ["AMD EPYC 9374F 32-Core Processor", ["avx", "avx2", "avx512f"]],
  ["AMD EPYC 9R14", ["avx", "avx2", "avx512f"]],
  ["AMD EPYC 9654 96-Core Processor", ["avx", "avx2", "avx512f"]],
  ["A processor of tomorrow", null],
])("%s", (name, units) => {
  expect(unitsOfProcessor(name)).toEqual(units);
});

test.each([
  ["qemu64", []],
  ["Nehalem-IBRS", []],
  ["IvyBridge", ["avx"]],
  ["Haswell-noTSX", ["avx", "avx2"]],
  ["EPYC-Milan", ["avx", "avx2"]],
  ["EPYC-Genoa", ["avx", "avx2", "avx512f"]],
  ["SapphireRapids-v2", ["avx", "avx2", "avx512f", "amx_tile"]],
  ["host-passthrough", null],
])("the model %s", (name, units) => {
  expect(unitsOfModel(name)).toEqual(units);
});
