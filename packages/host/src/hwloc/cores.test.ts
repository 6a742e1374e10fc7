import { expect, test } from "vitest";
import { readHwloc } from "./read-hwloc.ts";
import { core, info, mask, node, object, topology } from "../../testing/hwloc/export.ts";

test("an export without cores for all CPUs has no cores", () => {
  const loose = object("PU", { os_index: 2, cpuset: mask("2") });
  const text = topology(
    "2.0",
    object("Machine", { cpuset: mask("0-2") }, node(0, "0-2"), core(0, "0-1"), loose),
  );
  expect(readHwloc(text, "x.xml").cores).toEqual([]);
});

test("clusters and dies are numbered over the machine; a memory-side cache is not an L3", () => {
  const inner = (cpus: string, number: number): string =>
    object(
      "Die",
      { cpuset: mask(cpus), os_index: 0 },
      object("Group", { cpuset: mask(cpus), kind: 222, subtype: "Cluster" }, core(number, cpus)),
    );
  const cache = { cpuset: mask("0-3"), depth: 3, subtype: "MemorySideCache" };
  const text = topology(
    "3.0",
    object(
      "Machine",
      { cpuset: mask("0-3") },
      node(0, "0-3"),
      object("L3Cache", cache, inner("0-1", 0), inner("2-3", 1)),
    ),
  );
  const cores = readHwloc(text, "x.xml").cores;
  expect(cores.map(({ die, cluster, l3 }) => [die, cluster, l3])).toEqual([
    [0, 0, null],
    [1, 1, null],
  ]);
});

test("CPUs that are missing from the export are offline only if all CPUs were allowed", () => {
  const exported = (...beside: string[]): string =>
    topology(
      "2.0",
      object(
        "Machine",
        { cpuset: mask("0-1"), complete_cpuset: mask("0-3") },
        node(0, "0-1"),
        core(0, "0-1"),
      ),
      ...beside,
    );
  const offline = (text: string): string => readHwloc(text, "x.xml").offlineCpus;
  expect(offline(exported(info("LinuxCgroup", "/")))).toBe("2-3");
  expect(offline(exported(info("LinuxCgroup", "/slurm/job_7")))).toBe("");
  expect(offline(exported())).toBe("");
});
