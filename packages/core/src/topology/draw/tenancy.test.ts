import { expect, test } from "vitest";
import { GiB, MiB } from "../../unit/bytes.ts";
import { at } from "../../unit/list.ts";
import { syntheticTopology } from "../synthetic/build.ts";
import { drawTenancy } from "./draw-tenancy.ts";
import { drawTopology } from "./draw-topology.ts";
import { tenancyLines } from "./tenancy-bars.ts";
import {
  memoryParts,
  sharesByNode,
  signsLine,
  straysOf,
  type Tenancy,
  type Tenant,
  type TenantCell,
  viewOf,
  withFreePages,
} from "./tenancy.ts";

/**
 * Two nodes of four cores with two threads each (core 1 has CPUs 1 and 9), 16 GiB with 8 pages of 1
 * GiB, a GPU with two VFs and a NIC, and a third node that is memory alone.
 */
const topology = syntheticTopology(
  `package:2 core:4 thread:2 memory:16Gi hugepages:6/8x1Gi cxl:32Gi(distance:30)@0
   distances:10/21 root[gpu:h100-pcie(functions:2) nic:cx7]`,
  "two",
);
const [gpu, nic] = [at(topology.accelerators, 0).address, at(topology.nics, 0).address];
const [part] = topology.pci.flatMap(({ address, physicalFunction }) =>
  physicalFunction === gpu ? [address] : [],
);

const cell = (given: Partial<TenantCell>): TenantCell => ({
  home: null,
  vcpus: 0,
  pinned: "",
  floating: "",
  hugepageBytes: null,
  memory: [],
  ...given,
});

const tenant = (name: string, given: Partial<Tenant>): Tenant => ({
  name,
  flavor: null,
  isNew: false,
  cells: [],
  devices: [],
  ...given,
});

const tenancyWith = (vms: readonly Tenant[], given: Partial<Tenancy> = {}): Tenancy => ({
  vms,
  hostCpus: "0,4,8,12",
  closedCpus: "7,15",
  soldDevices: new Set([...topology.accelerators, ...topology.nics].map(({ address }) => address)),
  freePages: [
    { node: 0, pageBytes: GiB, bytes: 3 * GiB },
    { node: 1, pageBytes: GiB, bytes: 6 * GiB },
  ],
  ...given,
});

const whole = tenant("whole", {
  flavor: "h100.1",
  cells: [
    cell({
      home: 0,
      vcpus: 2,
      pinned: "1,9",
      hugepageBytes: GiB,
      memory: [{ node: 0, bytes: 2 * GiB }],
    }),
  ],
  devices: [nic],
});
const floats = tenant("floats", {
  cells: [
    cell({
      home: 0,
      vcpus: 3,
      floating: "1-2,9-10",
      memory: [
        { node: 0, bytes: GiB },
        { node: 2, bytes: 4 * GiB },
      ],
    }),
  ],
  devices: [part ?? ""],
});
const beside = tenant("beside", { cells: [cell({ vcpus: 1, floating: "2,10" })], devices: [] });
const silent = tenant("silent", {});
const newcomer = tenant("newcomer", {
  isNew: true,
  cells: [
    cell({
      home: 1,
      vcpus: 4,
      pinned: "3,5-6,13-14",
      hugepageBytes: GiB,
      memory: [
        { node: 1, bytes: 2 * GiB },
        { node: 0, bytes: GiB },
      ],
    }),
  ],
  devices: [gpu],
});
const tenancy = tenancyWith([whole, floats, beside, silent, newcomer]);
const view = viewOf(topology, tenancy);

test("who has what, on a machine drawn in full", () => {
  expect(`\n${drawTopology(topology, { width: 100, tenancy })}`).toMatchInlineSnapshot(`
    "
    two  synthetic
    model unknown · x86_64 · 4 KiB pages
    2 packages · 3 nodes · 8 cores · 16 CPUs · 64 GiB · 2 × H100 PCIe 80GB · 2 NICs
    ╭─ package 0 · node 0 ────────────────────────────────────────────╮
    │ 16 GiB · 8 × 1 GiB, 3 free                                      │
    │ 4 cores × 2 threads · one L3 · CPUs 0-3,8-11                    │
    │ cores   hA*+                                                    │
    │ memory  AAAAAA+++######·········BBB---------------------        │
    │ free  0 of 4 cores · 3 of 8 × 1 GiB pages                       │
    ├─────────────────────────────────────────────────────────────────┤
    │ 15 ┬ 16:00.0  GPU0  B +  H100 PCIe 80GB  gen5 x16 cut into 2 VF │
    │    └ 17:00.0  NIC   A    mlx5_0 RDMA     gen5 x16               │
    ╰─────────────────────────────────────────────────────────────────╯
    ╭─ package 1 · node 1 ────────────────────────────────────────────╮
    │ 16 GiB · 8 × 1 GiB, 6 free                                      │
    │ 4 cores × 2 threads · one L3 · CPUs 4-7,12-15                   │
    │ cores   h++x                                                    │
    │ memory  ++++++··················------------------------        │
    │ free  0 of 4 cores · 6 of 8 × 1 GiB pages · GPU1 · 1 NIC        │
    ├─────────────────────────────────────────────────────────────────┤
    │ 26 ┬ 27:00.0  GPU1  ·  H100 PCIe 80GB  gen5 x16 cut into 2 VF   │
    │    └ 28:00.0  NIC   ·  mlx5_1 RDMA     gen5 x16                 │
    ╰─────────────────────────────────────────────────────────────────╯
    ╭─ memory without CPUs ───────────────────────────────────────────╮
    │ node 2  32 GiB CXL                                              │
    ├─────────────────────────────────────────────────────────────────┤
    │ node 2                                                          │
    │ memory  BBBBBB------------------------------------------        │
    ╰─────────────────────────────────────────────────────────────────╯

    distances   0   1   2    links  GPU0-1  SYS
            0  10  21  30
            1  21  10  41
            2  30  41  10

    VMs
    A  whole h100.1 · node 0: 1 core, 2 GiB in 1 GiB pages, mlx5_0 · memory on its own node
    B  floats · node 0: 3 vCPUs over 2 cores, 1 GiB, a part of GPU0 · node 2: 4 GiB
       ⚠ 4 GiB of memory for node 0 on node 2
    C  beside · node 0: floats over 1 core
    D  silent · what it has is unknown
    +  newcomer placed here now · node 0: 1 core, 1 GiB in 1 GiB pages, GPU0
       node 1: 2 cores, 2 GiB in 1 GiB pages · ⚠ 1 GiB of memory and 1 CPU for node 1 on node 0
       ⚠ GPU0 on another node than its cores

    * a core that several VMs run on   h a core kept for the host
    x a core kept free by a VM's isolation   # huge pages that others have   · free huge pages
    - base pages   SYS through the link between nodes
    "
  `);
});

test("who has what, in short", () => {
  expect(`\n${drawTenancy(topology, { width: 100, tenancy })}`).toMatchInlineSnapshot(`
    "
    ╭─ node 0 ─────────────────────────────────────────────────╮
    │ cores   hA*+                                             │
    │ memory  AAAAAA+++######·········BBB--------------------- │
    │ free  0 of 4 cores · 3 of 8 × 1 GiB pages                │
    │ B + GPU0  A mlx5_0                                       │
    ╰──────────────────────────────────────────────────────────╯
    ╭─ node 1 ─────────────────────────────────────────────────╮
    │ cores   h++x                                             │
    │ memory  ++++++··················------------------------ │
    │ free  0 of 4 cores · 6 of 8 × 1 GiB pages · GPU1 · 1 NIC │
    │ · GPU1  · mlx5_1                                         │
    ╰──────────────────────────────────────────────────────────╯
    ╭─ node 2 ─────────────────────────────────────────────────╮
    │ memory  BBBBBB------------------------------------------ │
    ╰──────────────────────────────────────────────────────────╯

    VMs
    A  whole h100.1 · node 0: 1 core, 2 GiB in 1 GiB pages, mlx5_0 · memory on its own node
    B  floats · node 0: 3 vCPUs over 2 cores, 1 GiB, a part of GPU0 · node 2: 4 GiB
       ⚠ 4 GiB of memory for node 0 on node 2
    C  beside · node 0: floats over 1 core
    D  silent · what it has is unknown
    +  newcomer placed here now · node 0: 1 core, 1 GiB in 1 GiB pages, GPU0
       node 1: 2 cores, 2 GiB in 1 GiB pages · ⚠ 1 GiB of memory and 1 CPU for node 1 on node 0
       ⚠ GPU0 on another node than its cores

    * a core that several VMs run on   h a core kept for the host
    x a core kept free by a VM's isolation   # huge pages that others have   · free huge pages
    - base pages
    "
  `);
});

test("boxes of nodes side by side are equally high", () => {
  const text = drawTenancy(topology, { width: 190, tenancy });
  expect(text.split("\n").filter((one) => one.startsWith("╭"))).toHaveLength(1);
  const rows = text.split("\n").filter((one) => /^[│╰]/.test(one));
  // A frame on both sides of each of three boxes, down to their common last line.
  expect(rows.map((one) => one.replaceAll(/[^│╰╯]/g, ""))).toEqual([
    ...Array.from({ length: 4 }, () => "││││││"),
    "╰╯╰╯╰╯",
  ]);
});

test("nobody has anything", () => {
  const nobody = tenancyWith([], { hostCpus: "", closedCpus: "", soldDevices: new Set() });
  expect(`\n${drawTenancy(topology, { width: 60, tenancy: nobody })}`).toMatchInlineSnapshot(`
    "
    ╭─ node 0 ─────────────────────────────────────────────────╮
    │ cores   ····                                             │
    │ memory  ###############·········------------------------ │
    │ free  4 of 4 cores · 3 of 8 × 1 GiB pages                │
    │  GPU0   mlx5_0                                           │
    ╰──────────────────────────────────────────────────────────╯
    ╭─ node 1 ─────────────────────────────────────────────────╮
    │ cores   ····                                             │
    │ memory  ######··················------------------------ │
    │ free  4 of 4 cores · 6 of 8 × 1 GiB pages                │
    │  GPU1   mlx5_1                                           │
    ╰──────────────────────────────────────────────────────────╯
    ╭─ node 2 ─────────────────────────────────────────────────╮
    │ memory  ------------------------------------------------ │
    ╰──────────────────────────────────────────────────────────╯

    no VMs

    · a free core, free huge pages
    # huge pages that others have   - base pages
    "
  `);
});

test("signs go from A to Z, then on from AA; of many only the first are shown", () => {
  const many = viewOf(
    topology,
    tenancyWith([newcomer, ...Array.from({ length: 703 }, (_, i) => tenant(`vm-${i}`, {}))]),
  );
  const signs = many.marks.map(({ sign }) => sign);
  expect([0, 1, 26, 27, 28, 52, 53, 702, 703].map((i) => signs[i])).toEqual(
    "+ A Z AA AB AZ BA ZZ AAA".split(" "),
  );
  expect(new Set(signs).size).toBe(signs.length);
  const shown = (count: number): string =>
    signsLine(
      many,
      Array.from({ length: count }, (_, i) => i + 1),
    )
      .map(({ text }) => text)
      .join("");
  expect([shown(0), shown(1), shown(5), shown(6)]).toEqual([
    "",
    "A",
    "A B C D E",
    "A B C D +2 more",
  ]);
});

test("a core is of those that are pinned to it, then of those that float over it, then of the host", () => {
  const states = topology.cores.map((core) => view.stateOfCore(core));
  expect(states).toEqual([
    { kind: "host" },
    { kind: "vms", vms: [0] },
    { kind: "vms", vms: [1, 2] },
    { kind: "vms", vms: [4] },
    { kind: "host" },
    { kind: "vms", vms: [4] },
    { kind: "vms", vms: [4] },
    { kind: "closed" },
  ]);
  const both = viewOf(topology, tenancyWith([], { hostCpus: "7", closedCpus: "6-7,15" }));
  expect(topology.cores.map((core) => both.stateOfCore(core).kind).slice(5)).toEqual([
    "free",
    "closed",
    "host",
  ]);
});

test("a device is held by whoever has it or a part of it, each named once", () => {
  const twice = tenant("twice", { devices: [gpu, part ?? "", nic] });
  const held = viewOf(topology, tenancyWith([floats, twice]));
  expect([gpu, part ?? "", nic, "none"].map((one) => held.holdersOf(one))).toEqual([
    [0, 1],
    [0, 1],
    [1],
    [],
  ]);
});

const node = at(topology.nodes, 0);

/** The parts of the first node's memory: `vm 0: 2`, in GiB. */
function partsOf(given: Partial<Tenancy>, vms = tenancy.vms, of = node): readonly string[] | null {
  const parts = memoryParts(viewOf(topology, tenancyWith(vms, given)), of);
  return (
    parts?.map(({ kind, vm, bytes }) => `${kind}${vm === null ? "" : ` ${vm}`}: ${bytes / GiB}`) ??
    null
  );
}

test("the parts of a node's memory add up to it, huge pages first", () => {
  expect(partsOf({})).toEqual(["vm 0: 2", "vm 4: 1", "taken: 2", "free: 3", "vm 1: 1", "base: 7"]);
  // Where nobody told how many are free, all that no VM has are.
  expect(partsOf({ freePages: [] })).toEqual([
    "vm 0: 2",
    "vm 4: 1",
    "free: 5",
    "vm 1: 1",
    "base: 7",
  ]);
  expect(partsOf({ freePages: [{ node: 0, pageBytes: 2 * MiB, bytes: 0 }] }, [])).toEqual([
    "free: 8",
    "base: 8",
  ]);
  expect(partsOf({}, [], { ...node, memoryBytes: 8 * GiB })).toEqual(["taken: 5", "free: 3"]);
  // Pages of a size that the node does not list lie in its base memory.
  const other = tenant("other", {
    cells: [cell({ hugepageBytes: 2 * MiB, memory: [{ node: 0, bytes: GiB }] })],
  });
  expect(partsOf({}, [other])).toEqual(["taken: 5", "free: 3", "vm 0: 1", "base: 7"]);
  // More than the node has is its VM's, and leaves nothing.
  const more = tenant("more", {
    cells: [cell({ hugepageBytes: GiB, memory: [{ node: 0, bytes: 9 * GiB }] })],
  });
  expect(partsOf({}, [more])).toEqual(["vm 0: 9", "base: 8"]);
  expect(partsOf({}, [], { ...node, memoryBytes: null })).toBe(null);
  expect(partsOf({}, [], { ...node, hugepages: null })).toBe(null);
});

test("free pages are those that placement would give, where it says so", () => {
  const [first, second] = withFreePages(
    topology,
    tenancyWith([], { freePages: [{ node: 1, pageBytes: GiB, bytes: 2 * GiB }] }),
  ).nodes;
  expect([first?.hugepages?.[0]?.free, second?.hugepages?.[0]?.free]).toEqual([6, 2]);
  const untold = { ...topology, nodes: topology.nodes.map((one) => ({ ...one, hugepages: null })) };
  expect(withFreePages(untold, tenancy).nodes.map(({ hugepages }) => hugepages)).toEqual([
    null,
    null,
    null,
  ]);
});

test("a VM's shares of nodes count cores and CPUs once, and what strays is told by its home", () => {
  expect(sharesByNode(view, newcomer)).toEqual([
    {
      node: 0,
      cores: 1,
      cpus: 1,
      poolCores: 0,
      vcpus: 0,
      memory: [{ hugepageBytes: GiB, bytes: GiB }],
    },
    {
      node: 1,
      cores: 2,
      cpus: 4,
      poolCores: 0,
      vcpus: 0,
      memory: [{ hugepageBytes: GiB, bytes: 2 * GiB }],
    },
  ]);
  // A core that it is pinned to is not one that it floats over.
  const mixed = tenant("mixed", {
    cells: [
      cell({ home: 0, vcpus: 2, pinned: "1-2" }),
      cell({ home: 0, vcpus: 3, floating: "2-3,11" }),
    ],
  });
  expect(sharesByNode(view, mixed)).toMatchObject([{ cores: 2, cpus: 2, poolCores: 1, vcpus: 3 }]);
  expect(straysOf(view, newcomer)).toEqual([{ home: 1, node: 0, bytes: GiB, cpus: 1 }]);
  expect(straysOf(view, floats)).toEqual([{ home: 0, node: 2, bytes: 4 * GiB, cpus: 0 }]);
  expect(straysOf(view, whole)).toEqual([]);
  expect(straysOf(view, beside)).toEqual([]);
});

test("of many nodes and VMs the short drawing has those of the newcomer, and counts the others", () => {
  const wide = syntheticTopology("package:16 core:4 memory:16Gi hugepages:8x1Gi", "wide");
  const placed = tenant("new", {
    isNew: true,
    cells: [
      cell({ home: 7, vcpus: 1, pinned: "29", memory: [{ node: 7, bytes: GiB }] }),
      cell({ home: 9, vcpus: 1, pinned: "37", memory: [{ node: 9, bytes: GiB }] }),
    ],
  });
  const others = Array.from({ length: 12 }, (_, i) => tenant(`vm-${i}`, {}));
  const drawn = (vms: readonly Tenant[]): string =>
    drawTenancy(wide, { width: 80, tenancy: tenancyWith(vms, { freePages: [] }) });
  const text = drawn([...others, placed]);
  expect(text.match(/─ node \d+ ─/g)).toEqual(["─ node 7 ─", "─ node 9 ─"]);
  expect(text).toContain("14 other nodes not drawn");
  expect(text).toContain("1 more VM here");
  expect(text).not.toContain("vm-0");
  expect(text).toContain("vm-1 ");
  // Of the signs of cores only those of the nodes that are drawn are explained.
  expect(text).not.toContain("a core kept");
});

test("many cores stand in equal rows, with room for signs of two letters", () => {
  const wide = syntheticTopology("core:100 memory:16Gi hugepages:none", "wide");
  const rowsOf = (vms: readonly Tenant[]): readonly string[] => {
    const seen = viewOf(wide, tenancyWith(vms, { hostCpus: "0", closedCpus: "", freePages: [] }));
    return tenancyLines(seen, at(wide.nodes, 0)).map((one) => one.map(({ text }) => text).join(""));
  };
  const last = tenant("last", {
    cells: [cell({ pinned: "34-67", memory: [{ node: 0, bytes: GiB }] })],
  });
  expect(rowsOf([last])).toEqual([
    `cores   h${"·".repeat(33)}`,
    `        ${"A".repeat(34)}`,
    `        ${"·".repeat(32)}`,
    `memory  AAA${"-".repeat(45)}`,
    "free  65 of 100 cores",
  ]);
  const many = Array.from({ length: 26 }, (_, i) => tenant(`vm-${i}`, {}));
  expect(rowsOf([...many, last])).toEqual([
    `cores   h  ${"·  ".repeat(14)}`,
    `        ${"·  ".repeat(15)}`,
    `        ${"·  ".repeat(4)}${"AA ".repeat(11)}`,
    `        ${"AA ".repeat(15)}`,
    `        ${"AA ".repeat(8)}${"·  ".repeat(7)}`,
    `        ${"·  ".repeat(15)}`,
    `        ${"·  ".repeat(10)}`,
    `memory  AA ${"-  ".repeat(15)}`,
    "free  65 of 100 cores",
  ]);
});

test("a node's memory has a mark for whoever has some, however little, and one for many", () => {
  const memoryOf = (vms: readonly Tenant[]): string => {
    const lines = drawTenancy(topology, { width: 100, tenancy: tenancyWith(vms) }).split("\n");
    return /memory +(\S+)/.exec(lines.find((one) => one.includes("memory")) ?? "")?.[1] ?? "";
  };
  const small = (bytes: number) => (_: unknown, i: number) =>
    tenant(`vm-${i}`, {
      cells: [cell({ hugepageBytes: GiB, memory: [{ node: 0, bytes }] })],
    });
  const few = Array.from({ length: 3 }, small(GiB / 1024));
  expect(memoryOf(few)).toBe(`ABC${"#".repeat(14)}${"·".repeat(9)}${"-".repeat(22)}`);
  const crowd = Array.from({ length: 60 }, small(GiB / 32));
  expect(memoryOf(crowd)).toBe(`${"*".repeat(6)}${"#".repeat(9)}${"·".repeat(9)}${"-".repeat(24)}`);
});
