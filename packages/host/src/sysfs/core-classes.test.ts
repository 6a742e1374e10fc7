import { describe, expect, test } from "vitest";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { corpus } from "../../testing/corpus.ts";
import { cpuFiles, treeOf, within } from "../../testing/sysfs/tree-of.ts";
import { readSource } from "../source/read-source.ts";
import { readSysfs } from "./read.ts";

const cpu = "/sys/devices/system/cpu";

/** A machine of single-threaded cores, each with some files of its CPU. */
function machine(
  cpus: readonly Readonly<Record<string, string>>[],
  more: Readonly<Record<string, string>> = {},
): Topology {
  const files = cpus.map((own, i) => ({
    ...cpuFiles(i, `${i}`, i),
    ...within(`${cpu}/cpu${i}`, own),
  }));
  return readSysfs(treeOf(Object.assign({}, more, ...files)));
}

const classesOf = ({ cores }: Topology): (number | null)[] => cores.map((core) => core.class);

const perf = "acpi_cppc/highest_perf";
const base = "cpufreq/base_frequency";
const max = "cpufreq/cpuinfo_max_freq";
const midr = "regs/identification/midr_el1";

test("Intel's kinds are the PMUs that list their CPUs", () => {
  const lists = { "/sys/devices/cpu_core/cpus": "0-1\n", "/sys/devices/cpu_atom/cpus": "2-3\n" };
  expect(classesOf(machine([{}, {}, {}, {}], lists))).toEqual([0, 0, 1, 1]);
  // A PMU of another kind of device, an empty list, and a text that is no list are no kinds.
  const others = {
    "/sys/devices/cpu_core/cpus": "\n",
    "/sys/devices/cpu_atom/cpus": "no list\n",
    "/sys/devices/uncore_imc_0/cpumask": "0\n",
  };
  expect(classesOf(machine([{}, {}], others))).toEqual([null, null]);
});

test("kinds below cpu/types are lists or masks", () => {
  const lists = {
    [`${cpu}/types/intel_core_0/cpulist`]: "2-3\n",
    [`${cpu}/types/intel_atom_0/cpumap`]: "00000003\n",
  };
  expect(classesOf(machine([{}, {}, {}, {}], lists))).toEqual([1, 1, 0, 0]);
});

test("ARM's kinds are implementer and part; variant and revision are none", () => {
  const [big, newer, small] = ["0x00000000410fd851", "0x00000000411fd852", "0x00000000410fd871"];
  const cores = [
    { [midr]: `${small}\n`, cpu_capacity: "718\n" },
    { [midr]: `${big}\n`, cpu_capacity: "1024\n" },
    { [midr]: `${newer}\n`, cpu_capacity: "997\n" },
  ];
  expect(classesOf(machine(cores))).toEqual([1, 0, 0]);
});

test("base frequency makes classes, and no ranking does", () => {
  const ranked = [196, 231, 226].map((value, i) => {
    return { [perf]: `${value}\n`, [max]: `${3700000 + 100000 * i}\n` };
  });
  expect(classesOf(machine(ranked))).toEqual([null, null, null]);
  const equal = ranked.map((one) => ({ ...one, [base]: "2400000\n" }));
  expect(classesOf(machine(equal))).toEqual([0, 0, 0]);
  const priority = equal.map((one, i) => (i === 1 ? { ...one, [base]: "3000000\n" } : one));
  expect(classesOf(machine(priority))).toEqual([1, 0, 1]);
});

test("capacities of one kind of core differ by less than a tenth", () => {
  const capacities = (...values: number[]): Topology =>
    machine(values.map((value) => ({ cpu_capacity: `${value}\n` })));
  expect(classesOf(capacities(1024, 1024))).toEqual([0, 0]);
  expect(classesOf(capacities(997, 1024, 718, 731))).toEqual([0, 0, 1, 1]);
});

const folder = corpus("sysfs-hwloc");

describe.skipIf(folder === null)("recorded machines", () => {
  test.each([
    ["nvidia-dgx-gb10", "0: 5-9,15-19 | 1: 0-4,10-14"],
    ["20em64t-hybrid-1p6c2t+2ca4co1t", "0: 0-11 | 1: 12-19"],
    ["5intel64-hybrid-lakefield", "0: 4 | 1: 0-3"],
    ["fakeheterocpunuma", "0: 12-23 | 1: 0-7 | 2: 8-11"],
    ["128arm-2pa2n8cluster4co", "0: 0-127"],
    ["64amd64-4p2n4ca2co", "0: 0-63"],
  ])("%s has the classes %s", async (name, expected) => {
    const { formatList, setOf } = await import("@evenkeel/core/set/list-format.ts");
    const { coreClassesOf } = await import("@evenkeel/core/topology/core-classes.ts");
    const parseTopology = (): never => {
      throw new Error("a recording is no document");
    };
    const { cores } = await readSource(`sysfs:${folder}/${name}.tar.bz2`, { parseTopology });
    const texts = coreClassesOf(cores).map((of) => {
      const cpus = cores.filter((core) => core.class === of).map((core) => core.cpus);
      return `${of}: ${formatList(setOf(cpus.join(",")))}`;
    });
    expect(texts.join(" | ")).toBe(expected);
  });
});
