import { expect, test } from "vitest";
import type { Interconnect } from "../topology/interconnect.ts";
import { at } from "../unit/list.ts";
import { interconnectCost } from "./interconnect-cost.ts";

const fromBest: readonly Interconnect[] = [
  "NV18",
  "NV12",
  "NV6",
  "NV4",
  "NV2",
  "NV1",
  "PIX",
  "PXB",
  "PHB",
  "NODE",
  "SYS",
];

test("each class takes longer than the one before it in nvidia-smi's order", () => {
  const costs = fromBest.map((interconnect) => interconnectCost(interconnect).relative);
  for (const [i, cost] of costs.slice(1).entries()) expect(cost).toBeGreaterThan(at(costs, i));
  expect(costs[0]).toBe(1);
  const beside = fromBest.slice(6).map((interconnect) => interconnectCost(interconnect, "nic"));
  expect(beside.map(({ relative }) => relative)).toEqual([1, 24 / 22, 1.2, 24 / 18, 1.5]);
});

test("the costs are ratios of the documented bandwidths", () => {
  expect(interconnectCost("NV12").relative).toBe(1.5);
  expect(interconnectCost("NV2").relative).toBe(9);
  expect(interconnectCost("NV1").relative).toBe(360 / 32);
  expect(interconnectCost("PIX").relative).toBe(15);
  expect(interconnectCost("XGMI3").relative).toBe(6);
});

test("nothing costs less than the best class", () => {
  expect(interconnectCost("NV36").relative).toBe(1);
  expect(interconnectCost("NV2", "nic").relative).toBe(1);
});

test("an unknown number of lanes counts as one, and an unknown path as the longest", () => {
  expect(interconnectCost("NV#")).toEqual(interconnectCost("NV1"));
  expect(interconnectCost("XGMI#")).toEqual(interconnectCost("XGMI1"));
  expect(interconnectCost(null)).toEqual({ ...interconnectCost("SYS"), basis: "unknown" });
  expect(interconnectCost("SYS").basis).toBe("modelled");
});
