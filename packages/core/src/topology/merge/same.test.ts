import { expect, test } from "vitest";
import { sameModel, sameName, sameSize } from "./same.ts";

test("names of one accelerator match, and names of different ones do not", () => {
  const same = [
    ["A100 SXM4 40GB", "NVIDIA A100-SXM4-40GB"],
    ["H100 SXM5 80GB", "NVIDIA H100 80GB HBM3"],
    ["H100L 94GB", "NVIDIA H100 NVL"],
    ["Instinct MI300X OAM", "AMD Instinct MI300X"],
    ["HGX B200 168GB", "NVIDIA B200 180GB"],
    ["Tesla V100-SXM2-16GB", "V100 SXM 16GB"],
    ["GPU", "NVIDIA L4"],
  ] as const;
  for (const [a, b] of same)
    expect([a, b, sameModel(a, b), sameModel(b, a)]).toEqual([a, b, true, true]);
  const other = [
    ["A100 SXM4 40GB", "A100 SXM4 80GB"],
    ["A100 PCIe 80GB", "NVIDIA A100-SXM4-80GB"],
    ["L40", "NVIDIA L40S"],
    ["H100 SXM5 80GB", "NVIDIA H200"],
    ["MI300X", "MI300A"],
  ] as const;
  for (const [a, b] of other)
    expect([a, b, sameModel(a, b), sameModel(b, a)]).toEqual([a, b, false, false]);
});

test("names differ by more than blanks and case, sizes by more than rounding", () => {
  expect(sameName("Intel(R) Xeon(R)  Platinum 8480+", "intel(r) xeon(r) platinum 8480+")).toBe(
    true,
  );
  expect(sameName("Platinum 8480+", "Platinum 8480")).toBe(false);
  expect(sameSize(64 * 2 ** 20, 64 * 2 ** 20 + 4096)).toBe(true);
  expect(sameSize(64 * 2 ** 20, 65 * 2 ** 20)).toBe(false);
  expect(sameSize(4096, 8192)).toBe(false);
});
