import { expect, test } from "vitest";
import { contradictions } from "../check.ts";
import { catalog, catalogMachine, catalogNames, catalogPartitions } from "./catalog.ts";

test.each(catalogNames)("%s is a consistent machine under its own name", (name) => {
  const topology = catalogMachine(name);
  expect(topology).not.toBeNull();
  if (topology === null) return;
  expect(contradictions(topology)).toEqual([]);
  expect([topology.name, topology.source]).toEqual([name, `machine:${name}`]);
  expect(topology.partitions).toEqual([]);
});

test("a name that is not in the catalog has no machine", () => {
  expect(catalogMachine("dgx-1")).toBeNull();
  expect(catalogMachine("__proto__")).toBeNull();
});
