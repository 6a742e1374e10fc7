import { expect, test } from "vitest";
import { syntheticTopology } from "../../synthetic/build.ts";
import { sceneOf } from "../scene.ts";
import type { Tenancy } from "../tenancy.ts";
import { viewOf } from "../tenancy.ts";
import { coresDrawer } from "./cores.ts";
import { vmsBlock } from "./vms.ts";

const topology = syntheticTopology("package:1 l3:3 core:14 thread:2 memory:16Gi");

const tenancyWith = (count: number): Tenancy => ({
  vms: Array.from({ length: count }, (_, i) => ({
    name: `vm-${i}`,
    flavor: null,
    isNew: false,
    cells: [],
    devices: [],
  })),
  hostCpus: "0",
  closedCpus: "",
  soldDevices: new Set(),
  freePages: [],
});

test("squares of cores keep to any width that holds one", () => {
  for (const tenancy of [null, tenancyWith(1), tenancyWith(30)]) {
    const draw = coresDrawer(sceneOf(topology, { tenancy }));
    for (let width = 40; width < 400; width++) {
      expect(draw(0, width).width).toBeLessThanOrEqual(width);
    }
  }
});

test("up to ten VMs are listed in one column, more in several", () => {
  const columns = (count: number, width: number): number | undefined => {
    const [, list] = vmsBlock(viewOf(topology, tenancyWith(count)), width).children;
    return list?.block.children[0]?.block.children.length;
  };
  expect([1, 10, 11, 12].map((count) => columns(count, 1200))).toEqual([1, 1, 3, 3]);
  expect(columns(12, 600)).toBe(1);
});
