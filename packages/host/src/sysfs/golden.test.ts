import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { indexSet, intersection, unionAll } from "@evenkeel/core/set/index-set.ts";
import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";
import { contradictions } from "@evenkeel/core/topology/check.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { readArchive } from "../archive/read-archive.ts";
import { corpus } from "../../testing/corpus.ts";
import { onlyMachine } from "../tree/roots.ts";
import { readSysfs } from "./read.ts";
import type { Golden } from "../../testing/sysfs/golden.ts";
import { readGoldenConsole } from "../../testing/sysfs/golden-console.ts";
import { goldenOfTopology } from "../../testing/sysfs/golden-topology.ts";
import { readGoldenXml } from "../../testing/sysfs/golden-xml.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";

/**
 * Every machine that hwloc's own tests record, read by us and compared with what hwloc says of it.
 * A `.test` file there names the recording, the expected output, and the options it was made with.
 */
const folder = corpus("sysfs-hwloc");

interface Case {
  readonly name: string;
  readonly recording: string;
  readonly golden: Golden;
}

function readCase(from: string, file: string): Case {
  const description = readFileSync(join(from, file), "utf8");
  const field = (name: string): string =>
    new RegExp(`^${name}:\\s*(\\S+)`, "m").exec(description)?.[1] ?? "";
  const target = field("target");
  const text = readFileSync(join(from, target), "utf8");
  return {
    name: file.slice(0, -".test".length),
    recording: join(from, field("source")),
    golden: target.endsWith(".xml") ? readGoldenXml(text) : readGoldenConsole(text),
  };
}

const cases =
  folder === null
    ? []
    : readdirSync(folder)
        .filter((file) => file.endsWith(".test"))
        .map((file) => readCase(folder, file));
const goldenNamed = (name: string): Golden => {
  const found = cases.find((each) => each.name === name);
  if (found === undefined) throw new Error(`the corpus has no ${name}`);
  return found.golden;
};

/** Where we deliberately say something else than hwloc: why, and what exactly. */
interface Difference {
  readonly why: string;
  /** What hwloc's answer would have to be to equal ours. */
  readonly amended: (golden: Golden) => Golden;
  /** Our answer is compared for these CPUs alone. */
  readonly onlyCpus?: string;
}

const differences: Readonly<Record<string, Difference>> = {
  "16em64t-4s2c2t-merge": {
    why: "the output was made with --merge and --no-icaches, which leave the L3 caches out",
    amended: (golden) => ({ ...golden, l3s: goldenNamed("16em64t-4s2c2t").l3s }),
  },
  "16em64t-4s2c2t-nocaches": {
    why: "the output was made with --no-caches",
    amended: (golden) => ({ ...golden, l3s: goldenNamed("16em64t-4s2c2t").l3s }),
  },
  "16em64t-4s2ca2c-cpusetreorder": {
    why: "hwloc shows only the CPUs that the recording process was allowed to use",
    amended: (golden) => golden,
    onlyCpus: "2-11,13",
  },
  "16em64t-4s2ca2c-cpusetreorder-merge": {
    why: "as without -merge, which also leaves out cores and caches that equal their parents",
    amended: (golden) => {
      const { cores, l3s } = goldenNamed("16em64t-4s2ca2c-cpusetreorder");
      return { ...golden, cores, l3s };
    },
    onlyCpus: "2-11,13",
  },
  "16ia64-8n2s": {
    why: "the kernel gives two packages of a node one number, and a package is known by its number",
    amended: mergedPackages,
  },
  "20s390-2g6s4c": {
    why: "the kernel gives every package the number -1, which we take as unknown",
    amended: mergedPackages,
  },
  "32em64t-2n8c+dax+nvme+mic+dimms": {
    why:
      "the kernel says -1 of the node of 00:02.0, while hwloc takes it for its host bridge's; " +
      "hwloc drops the bridge 00:11.0, whose bus numbers are not set, while the kernel lists it",
    amended: (golden) => {
      const placed = golden.pci.map((device) =>
        device.address === "0000:00:02.0" ? { ...device, cpus: "0-15" } : device,
      );
      const bridge = { address: "0000:00:11.0", identity: "0604 8086:1d3e", cpus: "0-7" };
      return { ...golden, pci: [...placed, bridge].toSorted(byAddress) };
    },
  },
  "40intel64-2g2n4c+pcilocality": {
    why: "the output was made with HWLOC_PCI_LOCALITY set; the kernel knows the node of one device",
    amended: (golden) => ({
      ...golden,
      pci: golden.pci.map((device) => ({
        ...device,
        cpus: device.address === "0000:43:00.0" ? "2,6,10,14,18,22,26,30,34,38" : "0-39",
      })),
    }),
  },
  fakeheterocpunuma: {
    why:
      "the output was made with HWLOC_DEBUG_ALLOW_OVERLAPPING_NODE_CPUSETS, while we give CPUs " +
      "that several nodes claim (16-23) to none; and hwloc gives node 2, without CPUs, the nearest",
    amended: (golden) => {
      const cpus = ["0-3", "8-11", "", "", "", "12-15"];
      return {
        ...golden,
        nodes: golden.nodes.map((node, i) => ({ ...node, cpus: cpus[i] ?? "" })),
      };
    },
  },
};

function byAddress(a: { readonly address: string }, b: { readonly address: string }): number {
  return a.address < b.address ? -1 : 1;
}

function mergedPackages(golden: Golden): Golden {
  const packages = [...Map.groupBy(golden.packages, ({ id }) => id)].map(([id, members]) => ({
    id,
    cpus: formatList(unionAll(members.map(({ cpus }) => parseList(cpus) ?? indexSet([])))),
  }));
  return { ...golden, packages: packages.toSorted((a, b) => (a.cpus < b.cpus ? -1 : 1)) };
}

/** Each object restricted to the CPUs; objects that become empty are left out, as in hwloc. */
function within(golden: Golden, list: string): Golden {
  const allowed = parseList(list) ?? indexSet([]);
  const cut = (cpus: string): string =>
    formatList(intersection(parseList(cpus) ?? indexSet([]), allowed));
  const cutAll = (lists: readonly string[]): string[] =>
    lists
      .map(cut)
      .filter((cpus) => cpus !== "")
      .toSorted();
  return {
    ...golden,
    nodes: golden.nodes.map((node) => ({ ...node, cpus: cut(node.cpus) })),
    packages: golden.packages
      .map(({ id, cpus }) => ({ id, cpus: cut(cpus) }))
      .toSorted((a, b) => (a.cpus < b.cpus ? -1 : 1)),
    dies: cutAll(golden.dies),
    cores: cutAll(golden.cores),
    l3s: cutAll(golden.l3s),
  };
}

describe.skipIf(folder === null)("Machines that hwloc recorded", () => {
  const read = async (recording: string): Promise<Topology> =>
    readSysfs(onlyMachine(await readArchive(recording)));

  test.for(cases)("$name is read as hwloc reads it", async ({ name, recording, golden }) => {
    const topology = await read(recording);
    expect(contradictions(topology)).toEqual([]);
    const difference = differences[name];
    const ours = goldenOfTopology(topology, golden);
    if (difference === undefined) {
      expect(ours).toEqual(golden);
      return;
    }
    // A difference that is none any more would hide the next one.
    expect(ours, `no longer: ${difference.why}`).not.toEqual(golden);
    const { onlyCpus } = difference;
    const compared = onlyCpus === undefined ? ours : within(ours, onlyCpus);
    expect(compared, difference.why).toEqual(difference.amended(golden));
  });

  test("every recording is compared, and every expected difference belongs to one", () => {
    const recordings = readdirSync(folder ?? "").filter((file) => file.includes(".tar"));
    const compared = new Set(cases.map(({ recording }) => recording));
    expect(compared.size).toBe(recordings.length);
    expect(cases.length).toBeGreaterThanOrEqual(27);
    const names = new Set(cases.map(({ name }) => name));
    expect(Object.keys(differences).filter((name) => !names.has(name))).toEqual([]);
  });

  test("the goldens have readings to compare", () => {
    const total = (of: (golden: Golden) => readonly unknown[]): number =>
      sumOf(cases, ({ golden }) => of(golden).length);
    expect({
      nodes: total(({ nodes }) => nodes),
      packages: total(({ packages }) => packages),
      dies: total(({ dies }) => dies),
      cores: total(({ cores }) => cores),
      l3s: total(({ l3s }) => l3s),
      rowsOfDistances: total(({ distances }) => distances?.ids ?? []),
      pci: total(({ pci }) => pci),
    }).toEqual({
      nodes: 155,
      packages: 244,
      dies: 8,
      cores: 954,
      l3s: 106,
      rowsOfDistances: 138,
      pci: 173,
    });
  });
});
