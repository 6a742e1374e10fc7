import { knownPools } from "../node-facts.ts";
import { expect, test } from "vitest";
import { contradictions } from "../check.ts";
import { interconnects } from "../interconnect.ts";
import { parseSynthetic } from "../synthetic/parse.ts";
import { printSynthetic } from "../synthetic/print.ts";
import type { Topology } from "../topology.ts";
import { catalog, catalogMachine, catalogNames, catalogPartitions } from "./catalog.ts";
import { sumOf } from "../../unit/sum.ts";

function machine(name: string): Topology {
  const topology = catalogMachine(name);
  if (topology === null) throw new Error(`no ${name}`);
  return topology;
}

const gpus = (topology: Topology): string[] =>
  topology.accelerators.map(({ address }) => address.slice(5));

const nodesOf = (topology: Topology): (number | null)[] =>
  topology.accelerators.map(
    ({ address }) => topology.pci.find((device) => device.address === address)?.node ?? null,
  );

test("all machines that the documents name are there, in the order of their names", () => {
  expect(catalogNames).toEqual([
    "dgx-a100",
    "dgx-h100",
    "epyc-nps4",
    "gb200-tray",
    "hgx-a100",
    "hgx-b200",
    "hgx-b300",
    "hgx-h100",
    "hgx-h200",
    "l40s-pcie",
    "mi300x",
    "xeon-snc",
  ]);
});

test.each(catalogNames)("%s is a consistent machine under its own name", (name) => {
  const topology = machine(name);
  expect(contradictions(topology)).toEqual([]);
  expect([topology.name, topology.source]).toEqual([name, `machine:${name}`]);
  expect(topology.partitions).toEqual([]);
});

test.each(catalog)("$name has its references, and prints back", (entry) => {
  expect(entry.sources.length).toBeGreaterThan(0);
  expect(entry.notes.length).toBeGreaterThan(0);
  const read = parseSynthetic(entry.synthetic);
  expect(parseSynthetic(printSynthetic(read))).toEqual(read);
});

test.each(catalogNames)(
  "%s leaves base pages and has huge ones on every node with CPUs",
  (name) => {
    for (const node of machine(name).nodes.filter(({ cpus }) => cpus !== "")) {
      const huge = sumOf(knownPools(node), (pool) => pool.sizeBytes * pool.total);
      const share = node.memoryBytes === null ? null : huge / node.memoryBytes;
      expect(share).toBeGreaterThan(0.5);
      expect(share).toBeLessThan(0.8);
    }
  },
);

test("a name that is not in the catalog has no machine", () => {
  expect(catalogMachine("dgx-1")).toBeNull();
  expect(catalogMachine("__proto__")).toBeNull();
  expect(catalogPartitions("dgx-1")).toBeNull();
});

test("devices have the addresses and nodes that were recorded on machines of the kind", () => {
  const hgx = machine("hgx-h100");
  expect(gpus(hgx)).toEqual(
    ["18", "41", "4b", "5d", "9a", "bb", "ca", "db"].map((bus) => `${bus}:00.0`),
  );
  expect(hgx.nics.map(({ address }) => address.slice(5, 7))).toEqual([
    "19",
    "3a",
    "4c",
    "5c",
    "9b",
    "ba",
    "cb",
    "da",
  ]);
  for (const name of ["dgx-h100", "hgx-h200", "hgx-b200"]) {
    expect(gpus(machine(name))).toEqual(
      ["1b", "43", "52", "61", "9d", "c3", "d1", "df"].map((bus) => `${bus}:00.0`),
    );
  }
  expect(nodesOf(machine("dgx-a100"))).toEqual([3, 3, 1, 1, 7, 7, 5, 5]);
  const tray = machine("gb200-tray");
  expect(tray.accelerators.map(({ address }) => address)).toEqual(
    ["0008", "0009", "0018", "0019"].map((domain) => `${domain}:01:00.0`),
  );
});

test("a GPU and its NIC are as near as nvidia-smi showed on machines of the kind", () => {
  const classes = (name: string): unknown => {
    const topology = machine(name);
    const of = interconnects(topology);
    const [first] = topology.accelerators;
    return [...topology.accelerators.slice(1), ...topology.nics].map(({ address }) =>
      of(first?.address ?? "", address),
    );
  };
  const nvlinks = (lanes: number, count: number): string[] => Array(count).fill(`NV${lanes}`);
  const beside = (nearest: string): string[] => [
    nearest,
    "NODE",
    "NODE",
    "NODE",
    "SYS",
    "SYS",
    "SYS",
    "SYS",
  ];
  expect(classes("hgx-h100")).toEqual([...nvlinks(18, 7), ...beside("PIX")]);
  expect(classes("dgx-h100")).toEqual([...nvlinks(18, 7), ...beside("PXB")]);
  expect(classes("hgx-b300")).toEqual([...nvlinks(18, 7), ...beside("PXB")]);
  expect(classes("dgx-a100")).toEqual([
    ...nvlinks(12, 7),
    ..."PXB PXB SYS SYS SYS SYS SYS SYS".split(" "),
  ]);
  expect(classes("l40s-pcie")).toEqual("PIX PIX PIX SYS SYS SYS SYS PIX SYS".split(" "));
});

test("a GB200 tray has 34 nodes as far apart as numactl showed", () => {
  const { nodes, distances } = machine("gb200-tray");
  expect(nodes.filter(({ kind }) => kind === "gpu")).toHaveLength(32);
  expect(distances?.[2]).toEqual([80, 120, 10, ...Array(7).fill(11), ...Array(24).fill(40)]);
  expect(distances?.[1]?.slice(0, 4)).toEqual([40, 10, 120, 120]);
});

test("partitions follow the GPUs' module numbers, not the PCI order", () => {
  const addresses = gpus(machine("hgx-h100"));
  const places = catalogPartitions("hgx-h100")?.map(({ accelerators }) =>
    accelerators.map((address) => addresses.indexOf(address.slice(5))),
  );
  expect(places?.slice(0, 7)).toEqual([
    [0, 1, 2, 3, 4, 5, 6, 7],
    [4, 5, 6, 7],
    [0, 1, 2, 3],
    [4, 5],
    [6, 7],
    [0, 1],
    [2, 3],
  ]);
  expect(places?.slice(7)).toEqual([[4], [6], [5], [7], [0], [2], [1], [3]]);
  expect(catalogPartitions("hgx-b200")).toBeNull();
});
