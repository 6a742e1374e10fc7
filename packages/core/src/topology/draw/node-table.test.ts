import { expect, test } from "vitest";
import { GiB } from "../../unit/bytes.ts";
import { syntheticTopology } from "../synthetic/build.ts";
import type { Topology } from "../topology.ts";
import { printLine } from "./line.ts";
import { nodeTable } from "./node-table.ts";
import { sceneOf } from "./scene.ts";
import type { Tenancy } from "./tenancy.ts";

/** Three nodes, and memory alone beside the first; of the last node nobody told the CPUs. */
const told = syntheticTopology(
  `package:3 core:4 thread:2 memory:16Gi hugepages:2/8x1Gi cxl:32Gi(distance:30)@0
   distances:10/21 root[gpu:l40s*2 nic:cx7]@0 root[nic:cx7 nic:cx7]@1 root[gpu:l40s nic:cx7]@?`,
);
const topology: Topology = {
  ...told,
  nodes: told.nodes.map((node) =>
    node.id === 2 ? { ...node, cpus: null, package: null, hugepages: null } : node,
  ),
  cores: told.cores.filter(({ node }) => node !== 2),
};

const table = (width: number, tenancy: Tenancy | null = null): string =>
  `\n${nodeTable(sceneOf(topology, { tenancy }), width)
    .map((one) => printLine(one, false))
    .join("\n")}\n`;

const cell = { home: null, vcpus: 1, pinned: "", floating: "", hugepageBytes: null, memory: [] };
const tenant = { flavor: null, isNew: false, cells: [], devices: [] };

/** By its cores on node 0, its memory on node 3, its NIC on node 1. */
const tenancy: Tenancy = {
  vms: [
    { ...tenant, name: "nothing" },
    {
      ...tenant,
      name: "cores",
      cells: [{ ...cell, pinned: "1-2" }],
      devices: [told.nics[1]?.address ?? ""],
    },
    {
      ...tenant,
      name: "memory",
      cells: [{ ...cell, memory: [{ node: 3, bytes: GiB }] }],
      devices: [told.nics[1]?.address ?? ""],
    },
  ],
  hostCpus: "0",
  closedCpus: "3",
  soldDevices: new Set(),
  freePages: [{ node: 0, pageBytes: GiB, bytes: GiB }],
};

test("a node has a row, with what is known of it", () => {
  expect(table(120)).toMatchInlineSnapshot(`
    "
    node  pkg  cores  CPUs       devices       memory      huge pages free
    0     0    4      0-3,12-15  GPU0-1 1 NIC  16 GiB      2/8 × 1 GiB
    1     1    4      4-7,16-19  2 NICs        16 GiB      2/8 × 1 GiB
    2          ?      ?                        16 GiB      ?
    3          0                               32 GiB CXL
    node unknown  GPU2 1 NIC
    "
  `);
});

test("with VMs it says who has something of a node, and which cores are free", () => {
  expect(table(120, tenancy)).toMatchInlineSnapshot(`
    "
    node  pkg  VMs  cores free  devices       memory      huge pages free  CPUs
    0     0    B    0/4         GPU0-1 1 NIC  16 GiB      1/8 × 1 GiB      0-3,12-15
    1     1    B C  4/4         2 NICs        16 GiB      2/8 × 1 GiB      4-7,16-19
    2               ?                         16 GiB      ?                ?
    3          C    0                         32 GiB CXL
    node unknown  GPU2 1 NIC
    "
  `);
});

test("a narrow terminal loses the last columns", () => {
  expect(table(40, tenancy)).toMatchInlineSnapshot(`
    "
    node  pkg  VMs  cores free  devices    …
    0     0    B    0/4         GPU0-1 1 NI…
    1     1    B C  4/4         2 NICs     …
    2               ?                      …
    3          C    0                      …
    node unknown  GPU2 1 NIC
    "
  `);
});
