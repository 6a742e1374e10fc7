import * as fc from "fast-check";
import { expect, test } from "vitest";
import { catalogMachine } from "../catalog/catalog.ts";
import { syntheticTopology } from "../synthetic/build.ts";
import { smallTopology, wideTopology } from "../../../testing/topology/arbitrary-machine.ts";
import type { Topology } from "../topology.ts";
import { drawTopology } from "./draw-topology.ts";

function drawn(name: string, width: number): string {
  const topology = catalogMachine(name);
  if (topology === null) throw new Error(`no ${name}`);
  return `\n${drawTopology(topology, { width })}`;
}

const withoutColor = (text: string): string =>
  text
    .split("\u{1b}[")
    .map((part, i) => (i === 0 ? part : part.slice(part.indexOf("m") + 1)))
    .join("");

test("an HGX H100 in 80 columns", () => {
  expect(drawn("hgx-h100", 80)).toMatchInlineSnapshot(`
    "
    hgx-h100  machine:hgx-h100
    Intel(R) Xeon(R) Platinum 8480+ · x86_64 · 4 KiB pages
    2 packages · 2 nodes · 112 cores · 224 CPUs · 2 TiB
    8 × H100 SXM5 80GB · 8 NICs
    ╭─ package 0 · node 0 ───────────────────────────────────╮
    │ 1 TiB · 768 × 1 GiB free                               │
    │ 56 cores × 2 threads · one L3 · CPUs 0-55,112-167      │
    ├────────────────────────────────────────────────────────┤
    │ 15 ─ 16:00.0 ┬ 18:00.0  GPU0  H100 SXM5 80GB  gen5 x16 │
    │              └ 19:00.0  NIC   mlx5_0 RDMA     gen5 x16 │
    │ 37 ─ 38:00.0 ┬ 3a:00.0  NIC   mlx5_1 RDMA     gen5 x16 │
    │              └ 41:00.0  GPU1  H100 SXM5 80GB  gen5 x16 │
    │ 48 ─ 49:00.0 ┬ 4b:00.0  GPU2  H100 SXM5 80GB  gen5 x16 │
    │              └ 4c:00.0  NIC   mlx5_2 RDMA     gen5 x16 │
    │ 59 ─ 5a:00.0 ┬ 5c:00.0  NIC   mlx5_3 RDMA     gen5 x16 │
    │              └ 5d:00.0  GPU3  H100 SXM5 80GB  gen5 x16 │
    ╰────────────────────────────────────────────────────────╯
    ╭─ package 1 · node 1 ───────────────────────────────────╮
    │ 1 TiB · 768 × 1 GiB free                               │
    │ 56 cores × 2 threads · one L3 · CPUs 56-111,168-223    │
    ├────────────────────────────────────────────────────────┤
    │ 97 ─ 98:00.0 ┬ 9a:00.0  GPU4  H100 SXM5 80GB  gen5 x16 │
    │              └ 9b:00.0  NIC   mlx5_4 RDMA     gen5 x16 │
    │ b7 ─ b8:00.0 ┬ ba:00.0  NIC   mlx5_5 RDMA     gen5 x16 │
    │              └ bb:00.0  GPU5  H100 SXM5 80GB  gen5 x16 │
    │ c7 ─ c8:00.0 ┬ ca:00.0  GPU6  H100 SXM5 80GB  gen5 x16 │
    │              └ cb:00.0  NIC   mlx5_6 RDMA     gen5 x16 │
    │ d7 ─ d8:00.0 ┬ da:00.0  NIC   mlx5_7 RDMA     gen5 x16 │
    │              └ db:00.0  GPU7  H100 SXM5 80GB  gen5 x16 │
    ╰────────────────────────────────────────────────────────╯

    distances   0   1    links  GPU0-7  NV18 between every two
            0  10  21
            1  21  10

    NV18 over 18 NVLinks

    8 other PCI functions not shown
    "
  `);
});

test("a DGX H100 in 120 columns, its packages side by side", () => {
  expect(drawn("dgx-h100", 120)).toMatchInlineSnapshot(`
    "
    dgx-h100  machine:dgx-h100
    NVIDIA DGX H100 · Intel(R) Xeon(R) Platinum 8480C · x86_64 · 4 KiB pages
    2 packages · 2 nodes · 112 cores · 224 CPUs · 2 TiB · 8 × H100 SXM5 80GB · 8 NICs
    ╭─ package 0 · node 0 ─────────────────────────────────────────────╮
    │ 1 TiB · 768 × 1 GiB free                                         │
    │ 56 cores × 2 threads · one L3 · CPUs 0-55,112-167                │
    ├──────────────────────────────────────────────────────────────────┤
    │ 15 ─ 16:00.0 ┬────────── 18:00.0  NIC   mlx5_0 RDMA     gen5 x16 │
    │              └ 19:00.0 ─ 1b:00.0  GPU0  H100 SXM5 80GB  gen5 x16 │
    │ 3d ─ 3e:00.0 ┬────────── 40:00.0  NIC   mlx5_1 RDMA     gen5 x16 │
    │              └ 41:00.0 ─ 43:00.0  GPU1  H100 SXM5 80GB  gen5 x16 │
    │ 4c ─ 4d:00.0 ┬────────── 4f:00.0  NIC   mlx5_2 RDMA     gen5 x16 │
    │              └ 50:00.0 ─ 52:00.0  GPU2  H100 SXM5 80GB  gen5 x16 │
    │ 5b ─ 5c:00.0 ┬────────── 5e:00.0  NIC   mlx5_3 RDMA     gen5 x16 │
    │              └ 5f:00.0 ─ 61:00.0  GPU3  H100 SXM5 80GB  gen5 x16 │
    ╰──────────────────────────────────────────────────────────────────╯
    ╭─ package 1 · node 1 ─────────────────────────────────────────────╮
    │ 1 TiB · 768 × 1 GiB free                                         │
    │ 56 cores × 2 threads · one L3 · CPUs 56-111,168-223              │
    ├──────────────────────────────────────────────────────────────────┤
    │ 97 ─ 98:00.0 ┬────────── 9a:00.0  NIC   mlx5_4 RDMA     gen5 x16 │
    │              └ 9b:00.0 ─ 9d:00.0  GPU4  H100 SXM5 80GB  gen5 x16 │
    │ bd ─ be:00.0 ┬────────── c0:00.0  NIC   mlx5_5 RDMA     gen5 x16 │
    │              └ c1:00.0 ─ c3:00.0  GPU5  H100 SXM5 80GB  gen5 x16 │
    │ cb ─ cc:00.0 ┬────────── ce:00.0  NIC   mlx5_6 RDMA     gen5 x16 │
    │              └ cf:00.0 ─ d1:00.0  GPU6  H100 SXM5 80GB  gen5 x16 │
    │ d9 ─ da:00.0 ┬────────── dc:00.0  NIC   mlx5_7 RDMA     gen5 x16 │
    │              └ dd:00.0 ─ df:00.0  GPU7  H100 SXM5 80GB  gen5 x16 │
    ╰──────────────────────────────────────────────────────────────────╯

    distances   0   1    links  GPU0-7  NV18 between every two
            0  10  21
            1  21  10

    NV18 over 18 NVLinks
    "
  `);
});

test("a machine of eight nodes in 120 columns", () => {
  expect(drawn("epyc-nps4", 120)).toMatchInlineSnapshot(`
    "
    epyc-nps4  machine:epyc-nps4
    AMD EPYC 7763 64-Core Processor · x86_64 · 4 KiB pages
    2 packages · 8 nodes · 128 cores · 256 CPUs · 1 TiB · 4 × A100 PCIe 80GB · 2 NICs
    ╭─ package 0 ────────────────────────────────────────╮  ╭─ package 1 ────────────────────────────────────────╮
    │ node 0 · 128 GiB · 80 × 1 GiB free                 │  │ node 4 · 128 GiB · 80 × 1 GiB free                 │
    │ 16 cores × 2 threads · 2 L3 · CPUs 0-15,128-143    │  │ 16 cores × 2 threads · 2 L3 · CPUs 64-79,192-207   │
    │ 15 ─ 16:00.0  GPU0  A100 PCIe 80GB  gen4 x16       │  │ 48 ─ 49:00.0  GPU2  A100 PCIe 80GB  gen4 x16       │
    │ 26 ─ 27:00.0  NIC   mlx5_0 RDMA     gen4 x16       │  │ 59 ─ 5a:00.0  NIC   mlx5_1 RDMA     gen4 x16       │
    ├────────────────────────────────────────────────────┤  ├────────────────────────────────────────────────────┤
    │ node 1 · 128 GiB · 80 × 1 GiB free                 │  │ node 5 · 128 GiB · 80 × 1 GiB free                 │
    │ 16 cores × 2 threads · 2 L3 · CPUs 16-31,144-159   │  │ 16 cores × 2 threads · 2 L3 · CPUs 80-95,208-223   │
    ├────────────────────────────────────────────────────┤  ├────────────────────────────────────────────────────┤
    │ node 2 · 128 GiB · 80 × 1 GiB free                 │  │ node 6 · 128 GiB · 80 × 1 GiB free                 │
    │ 16 cores × 2 threads · 2 L3 · CPUs 32-47,160-175   │  │ 16 cores × 2 threads · 2 L3 · CPUs 96-111,224-239  │
    │ 37 ─ 38:00.0  GPU1  A100 PCIe 80GB  gen4 x16       │  │ 6a ─ 6b:00.0  GPU3  A100 PCIe 80GB  gen4 x16       │
    ├────────────────────────────────────────────────────┤  ├────────────────────────────────────────────────────┤
    │ node 3 · 128 GiB · 80 × 1 GiB free                 │  │ node 7 · 128 GiB · 80 × 1 GiB free                 │
    │ 16 cores × 2 threads · 2 L3 · CPUs 48-63,176-191   │  │ 16 cores × 2 threads · 2 L3 · CPUs 112-127,240-255 │
    ╰────────────────────────────────────────────────────╯  ╰────────────────────────────────────────────────────╯

    distances   0   1   2   3   4   5   6   7    links  GPU0  GPU1  GPU2  GPU3
            0  10  12  12  12  32  32  32  32     GPU0     X  NV12   SYS   SYS
            1  12  10  12  12  32  32  32  32     GPU1  NV12     X   SYS   SYS
            2  12  12  10  12  32  32  32  32     GPU2   SYS   SYS     X  NV12
            3  12  12  12  10  32  32  32  32     GPU3   SYS   SYS  NV12     X
            4  32  32  32  32  10  12  12  12
            5  32  32  32  32  12  10  12  12
            6  32  32  32  32  12  12  10  12
            7  32  32  32  32  12  12  12  10

    NV12 over 12 NVLinks   SYS through the link between nodes
    "
  `);
});

test("a GB200 tray in 80 columns: nodes without CPUs, distances by classes of nodes", () => {
  expect(drawn("gb200-tray", 80)).toMatchInlineSnapshot(`
    "
    gb200-tray  machine:gb200-tray
    NVIDIA GB200 NVL72 · Neoverse-V2 · aarch64 · 64 KiB pages
    2 packages · 34 nodes · 144 cores · 144 CPUs · 956.8 GiB · 736 GiB of GPU memory
    4 × GB200 · 4 NICs
    ╭─ package 0 · node 0 ────────────────────────────────╮
    │ 478.5 GiB · 184320 × 2 MiB free                     │
    │ 72 cores × 1 thread · one L3 · CPUs 0-71            │
    ├─────────────────────────────────────────────────────┤
    │ 0000:00 ─ 0000:01:00.0  NIC   mlx5_0 RDMA  gen5 x16 │
    │ 0002:00 ─ 0002:01:00.0  NIC   mlx5_1 RDMA  gen5 x16 │
    │ 0008:00 ─ 0008:01:00.0  GPU0  GB200        gen5 x16 │
    │ 0009:00 ─ 0009:01:00.0  GPU1  GB200        gen5 x16 │
    ╰─────────────────────────────────────────────────────╯
    ╭─ package 1 · node 1 ────────────────────────────────╮
    │ 478.3 GiB · 184320 × 2 MiB free                     │
    │ 72 cores × 1 thread · one L3 · CPUs 72-143          │
    ├─────────────────────────────────────────────────────┤
    │ 0010:00 ─ 0010:01:00.0  NIC   mlx5_2 RDMA  gen5 x16 │
    │ 0012:00 ─ 0012:01:00.0  NIC   mlx5_3 RDMA  gen5 x16 │
    │ 0018:00 ─ 0018:01:00.0  GPU2  GB200        gen5 x16 │
    │ 0019:00 ─ 0019:01:00.0  GPU3  GB200        gen5 x16 │
    ╰─────────────────────────────────────────────────────╯
    ╭─ memory without CPUs ───────────────────────────────╮
    │ nodes 2,10,18,26             184 GiB GPU            │
    │ nodes 3-9,11-17,19-25,27-33  no memory              │
    ╰─────────────────────────────────────────────────────╯

    distances    0    1    2-9  10-17  18-25  26-33
            0   10   40     80     80    120    120
            1   40   10    120    120     80     80
          2-9   80  120  10/11     40     40     40
        10-17   80  120     40  10/11     40     40
        18-25  120   80     40     40  10/11     40
        26-33  120   80     40     40     40  10/11

    links  GPU0-3  NV18 between every two

    NV18 over 18 NVLinks
    "
  `);
});

test("a machine of which much is unknown says so", () => {
  const topology = syntheticTopology(
    `package:2 die:? node:2 l3:? core:4 thread:2 core:2@1 thread:1@1 memory:64Gi memory:?@1 memory:0@2
     offline:3,7 hugepages:?/40x1Gi,10/100x2Mi hbm:16Gi@0 page:? arch:?
     root[gpu:l40s(link:4x8/5x16 with:audio,usb)*2 nic:virtio-net]@0
     root[switch(acs:off)[gpu(id:10de:1234 class:030200)*2 nic:e810(rdma:?)]]@?
     partitions:0-1;0;1;2-3(active:1)`,
    "odd",
  );
  expect(`\n${drawTopology(topology, { width: 80 })}`).toMatchInlineSnapshot(`
    "
    odd  synthetic
    model unknown
    2 packages · 5 nodes · 14 cores · 24 CPUs · CPUs 3,7 offline · at least 144 GiB
    2 × L40S · 2 accelerators of unknown model · 2 NICs
    ╭─ package 0 ────────────────────────────────────────────────────────────────╮
    │ node 0 · 64 GiB · 100 × 2 MiB, 10 free · 40 × 1 GiB, free unknown          │
    │ 4 cores of 1 or 2 threads · L3 unknown · CPUs 0-2,14-17                    │
    │ 15 ┬ 16:00.0  GPU0  L40S  ▼ gen4 x8 of gen5 x16 with 16:00.1 16:00.2       │
    │    ├ 17:00.0  GPU1  L40S  ▼ gen4 x8 of gen5 x16 with 17:00.1 17:00.2       │
    │    └ 18:00.0  NIC   eth0  link unknown                                     │
    ├────────────────────────────────────────────────────────────────────────────┤
    │ node 1 · memory unknown · 100 × 2 MiB, 10 free · 40 × 1 GiB, free unknown  │
    │ 2 cores × 1 thread · L3 unknown · CPUs 4-5                                 │
    ╰────────────────────────────────────────────────────────────────────────────╯
    ╭─ package 1 ────────────────────────────────────────────────────────────────╮
    │ node 2 · no memory                                                         │
    │ 4 cores of 1 or 2 threads · L3 unknown · CPUs 6,8-9,18-21                  │
    ├────────────────────────────────────────────────────────────────────────────┤
    │ node 3 · 64 GiB · 100 × 2 MiB, 10 free · 40 × 1 GiB, free unknown          │
    │ 4 cores × 2 threads · L3 unknown · CPUs 10-13,22-25                        │
    ╰────────────────────────────────────────────────────────────────────────────╯
    ╭─ memory without CPUs ──────────────────────────────────────────────────────╮
    │ node 4  16 GiB HBM                                                         │
    ╰────────────────────────────────────────────────────────────────────────────╯
    ╭─ node unknown ─────────────────────────────────────────────────────────────╮
    │ 26 ─ 27:00.0 ┬ 29:00.0  GPU2  10de:1234  link unknown with 2a:00.0 2b:00.0 │
    │              ├ 2a:00.0  GPU3  10de:1234  link unknown with 29:00.0 2b:00.0 │
    │              └ 2b:00.0  NIC   eth1       gen4 x16 with 29:00.0 2a:00.0     │
    ╰────────────────────────────────────────────────────────────────────────────╯

    distances  unknown    links  GPU0  GPU1  GPU2  GPU3
                           GPU0     X   PHB     ?     ?
                           GPU1   PHB     X     ?     ?
                           GPU2     ?     ?     X   PIX
                           GPU3     ?     ?   PIX     X

    partitions  0: GPU0-1  1: GPU0 active  2: GPU1  3: GPU2-3

    ▼ link below its maximum   PIX through one PCIe switch
    PHB through their host bridge   ? unknown

    4 other PCI functions not shown
    "
  `);
});

test("sixty-four nodes are a table", () => {
  const topology = syntheticTopology(
    `package:8 node:8 core:4 memory:64Gi memory:?@9 hugepages:20/40x1Gi distances:10/12/40
     root[gpu:l40s nic:cx7]@0-2`,
    "many",
  );
  const lines = drawTopology(topology, { width: 80 }).split("\n");
  expect(`\n${[...lines.slice(0, 15), "…", ...lines.slice(-14)].join("\n")}`)
    .toMatchInlineSnapshot(`
      "
      many  synthetic
      model unknown · x86_64 · 4 KiB pages
      8 packages · 64 nodes · 256 cores · 256 CPUs · at least 3.9 TiB
      3 × L40S · 3 NICs
      node  pkg  cores  CPUs     devices     memory          huge pages free
      0     0    4      0-3      GPU0 1 NIC  64 GiB          20/40 × 1 GiB
      1     0    4      4-7      GPU1 1 NIC  64 GiB          20/40 × 1 GiB
      2     0    4      8-11     GPU2 1 NIC  64 GiB          20/40 × 1 GiB
      3     0    4      12-15                64 GiB          20/40 × 1 GiB
      4     0    4      16-19                64 GiB          20/40 × 1 GiB
      5     0    4      20-23                64 GiB          20/40 × 1 GiB
      6     0    4      24-27                64 GiB          20/40 × 1 GiB
      7     0    4      28-31                64 GiB          20/40 × 1 GiB
      8     1    4      32-35                64 GiB          20/40 × 1 GiB
      9     1    4      36-39                memory unknown  20/40 × 1 GiB
      …
      distances    0-7   8-15  16-23  24-31  32-39  40-47  48-55  56-63
            0-7  10/12     40     40     40     40     40     40     40
           8-15     40  10/12     40     40     40     40     40     40
          16-23     40     40  10/12     40     40     40     40     40
          24-31     40     40     40  10/12     40     40     40     40
          32-39     40     40     40     40  10/12     40     40     40
          40-47     40     40     40     40     40  10/12     40     40
          48-55     40     40     40     40     40     40  10/12     40
          56-63     40     40     40     40     40     40     40  10/12

      links  GPU0-2  SYS between every two

      SYS through the link between nodes
      "
    `);
});

test("no line is wider than the width, whatever the machine and the width", () => {
  const topology = fc.oneof(smallTopology, wideTopology);
  fc.assert(
    fc.property(topology, fc.integer({ min: 40, max: 200 }), (machine, width) => {
      const lines = drawTopology(machine, { width }).split("\n");
      expect(Math.max(...lines.map((one) => Array.from(one).length))).toBeLessThanOrEqual(width);
    }),
  );
});

test("every accelerator, NIC and node is in the drawing once where it is wide enough", () => {
  fc.assert(
    fc.property(wideTopology, (machine) => {
      const text = drawTopology(machine, { width: 500 });
      const short = (address: string): string => address.slice(5);
      for (const [i, { address }] of machine.accelerators.entries()) {
        expect(text.split(`${short(address)}  GPU${i} `)).toHaveLength(2);
      }
      for (const { address } of machine.nics) {
        expect(text.split(new RegExp(`${short(address)}  NIC `))).toHaveLength(2);
      }
    }),
  );
});

test("color changes nothing but color", () => {
  fc.assert(
    fc.property(wideTopology, (machine) => {
      const plain = drawTopology(machine, { width: 120 });
      const colored = drawTopology(machine, { width: 120, color: true });
      expect(withoutColor(colored)).toBe(plain);
      expect(plain).not.toContain("\u{1b}");
      expect(colored).toContain("\u{1b}[");
    }),
  );
});

test("names from a file cannot speak to the terminal", () => {
  const machine: Topology = syntheticTopology("core:2 memory:1Gi root[gpu:l40s]");
  const hostile: Topology = {
    ...machine,
    name: "a\u{1b}[2Jb\u{9b}31m",
    accelerators: machine.accelerators.map((one) => ({ ...one, model: "x\u{202e}y\nz" })),
  };
  const text = drawTopology(hostile, { width: 80 });
  expect(text).toContain("a\u{fffd}[2Jb\u{fffd}31m");
  expect(text).toContain("x\u{fffd}y\u{fffd}z");
});

test("the sizes of caches and the ports that redirect are drawn where they are known", () => {
  const machine = syntheticTopology(
    "package:1 l3:2 core:4 memory:8Gi root[switch[gpu:l40s*2] nic:cx7]",
  );
  const cache = (id: number, mebibytes: number) => ({
    id,
    sizeBytes: mebibytes * 1024 * 1024,
    ways: 16,
    kernelId: id,
  });
  const known: Topology = {
    ...machine,
    l3Caches: [cache(0, 32), cache(1, 32)],
    pci: machine.pci.map((device) => ({
      ...device,
      acsRedirect: device.class === "060400" && !device.address.endsWith(":01.0"),
    })),
  };
  expect(`\n${drawTopology(known, { width: 80 })}`).toMatchInlineSnapshot(`
    "
    synthetic
    model unknown · x86_64 · 4 KiB pages
    1 package · 1 node · 8 cores · 8 CPUs · 8 GiB · 2 × L40S · 1 NIC
    ╭─ package 0 · node 0 ────────────────────────────────────╮
    │ 8 GiB · no huge pages                                   │
    │ 8 cores × 1 thread · 2 L3 of 32 MiB · CPUs 0-7          │
    ├─────────────────────────────────────────────────────────┤
    │ 15 ┬ 16:00.0 ┬ 18:00.0  GPU0  L40S         gen4 x16 ACS │
    │    │         └ 19:00.0  GPU1  L40S         gen4 x16     │
    │    └────────── 1a:00.0  NIC   mlx5_0 RDMA  gen5 x16     │
    ╰─────────────────────────────────────────────────────────╯

    links  GPU0-1  PIX

    ACS traffic to its neighbors takes the way over the CPU
    PIX through one PCIe switch
    "
  `);
  const coresIn = (topology: Topology): string | undefined =>
    /\d+ cores[^│]*/.exec(drawTopology(topology, { width: 80 }).slice(100))?.[0].trim();
  const one = { ...known, l3Caches: [cache(0, 32)] };
  const other = { ...known, l3Caches: [cache(0, 32), cache(1, 16)] };
  for (const topology of [one, other]) expect(coresIn(topology)).toBe(coresIn(machine));
});

test("what GPUs are cut into is told beside them, and parts are not drawn", () => {
  const text =
    'core:4 root[gpu:l40s(functions:"2xNVIDIA L40S-24C,30") gpu:h100-pcie(mig:3g.40gb,2x1g.10gb)' +
    " gpu:l40s(functions:4) gpu:h100-pcie(mig:on)]";
  const drawing = drawTopology(syntheticTopology(text, "cut"), { width: 100 });
  expect(`\n${drawing}`).toMatchInlineSnapshot(`
    "
    cut  synthetic
    model unknown · x86_64 · 4 KiB pages
    1 package · 1 node · 4 cores · 4 CPUs · memory unknown · 2 × L40S · 2 × H100 PCIe 80GB
    ╭─ package 0 · node 0 ─────────────────────────────────────────────────────────────╮
    │ memory unknown                                                                   │
    │ 4 cores × 1 thread · one L3 · CPUs 0-3                                           │
    ├──────────────────────────────────────────────────────────────────────────────────┤
    │ 15 ┬ 16:00.0  GPU0  L40S            gen4 x16 cut into 32 VF: 2 × NVIDIA L40S-24C │
    │    ├ 17:00.0  GPU1  H100 PCIe 80GB  gen5 x16 cut into MIG 3g.40gb, 2 × 1g.10gb   │
    │    ├ 18:00.0  GPU2  L40S            gen4 x16 cut into 4 VF                       │
    │    └ 19:00.0  GPU3  H100 PCIe 80GB  gen5 x16 MIG on                              │
    ╰──────────────────────────────────────────────────────────────────────────────────╯

    links  GPU0-3  PHB between every two

    PHB through their host bridge
    "
  `);
});

test("memory in all is the least that there is where that of some node is unknown", () => {
  const nodes = "package:2 core:4 memory:64Gi gpumem:96Gi@0 gpumem:96Gi@1";
  const header = (unknown: string): string | undefined =>
    drawTopology(syntheticTopology(nodes + unknown), { width: 120 })
      .split("\n")
      .find((line) => line.startsWith("2 packages"))
      ?.split(" · ")
      .slice(4)
      .join(" · ");
  expect(header("")).toBe("128 GiB · 192 GiB of GPU memory");
  expect(header(" memory:?@1")).toBe("at least 64 GiB · 192 GiB of GPU memory");
  expect(header(" memory:?@3")).toBe("128 GiB · at least 96 GiB of GPU memory");
  expect(header(" memory:?@2-3")).toBe("128 GiB · GPU memory unknown");
});

test("the classes of a node's cores are counted, where the machine has several", () => {
  const draw = (classes: string): string =>
    drawTopology(syntheticTopology(`core:6 memory:8Gi ${classes}`), { width: 100 });
  expect(draw("classes:0-1;2-5")).toContain("6 cores × 1 thread · 2 of class 0, 4 of class 1 ·");
  expect(draw("classes:0-1")).toContain("2 of class 0, 4 of unknown class");
  expect(draw("classes:0-5")).not.toContain("class");
});

test("a device that the host needs itself says what for", () => {
  const text =
    "core:8 memory:64Gi root[gpu:h100-pcie(host:display)] root[nic:cx7(host:default-route)]";
  const picture = drawTopology(syntheticTopology(text), { width: 80 });
  expect(picture).toMatch(/GPU0 .* the host's display/);
  expect(picture).toMatch(/NIC .* the host's default route/);
});
