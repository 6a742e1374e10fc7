import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readDocument } from "@evenkeel/contract/read-document.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";
import { evenkeel, outcomeText } from "../../../testing/evenkeel.ts";

const folder = scratchFolder();

test("the twins of an HGX H100 are drawn both ways, compared layer by layer, and written", async () => {
  const out = join(folder, "hgx");
  const outcome = await evenkeel(["demo", "--on", "machine:hgx-h100", "--out", out]);
  expect(outcomeText(outcome).replaceAll(`${folder}/`, "")).toMatchInlineSnapshot(`
    "Why is a GPU VM slower than its twin?
    On machine:hgx-h100: 8 × H100 SXM5 80GB, 2 NUMA nodes, 112 cores.
    A and B are VMs of one flavor: 2 GPUs, 2 NICs, 52 vCPUs, 384 GiB in 1 GiB pages, for inference.

    As an ordinary stack places them  first free GPUs, floating vCPUs, first touch
    ┌─ node 0 ──────────────────────────────────────┐  ┌─ node 1 ──────────────────────────────────────┐
    │ GPUs   A A B B                                │  │ GPUs   · · · ·                                │
    │ NICs   A A B B                                │  │ NICs   · · · ·                                │
    │ cores  A and B float over all 56 ~~~~~~~~~~~~ │  │ cores  A and B float over all 56 ~~~~~~~~~~~~ │
    │ memory AAAAAAAAAAAAAA························ │  │ memory BBBBBBBBBBBBBB························ │
    └───────────────────────────────────────────────┘  └───────────────────────────────────────────────┘
      predicted (best 1): A 1.15, B 1.40; B is 22 % slower than its twin (modelled)

    As Evenkeel places them  one plan each: devices, cores and memory together
    ┌─ node 0 ──────────────────────────────────────┐  ┌─ node 1 ──────────────────────────────────────┐
    │ GPUs   A A B B                                │  │ GPUs   · · · ·                                │
    │ NICs   A A B B                                │  │ NICs   · · · ·                                │
    │ cores  AAAAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBBB·· │  │ cores  ······································ │
    │ memory AAAAAAAAAAAAAABBBBBBBBBBBBBB·········· │  │ memory ······································ │
    └───────────────────────────────────────────────┘  └───────────────────────────────────────────────┘
      predicted (best 1): A 1.00, B 1.00; the same way twice (modelled)
      one signature, 58cf9032a2339b96: 1 cell × (26 cores/52 threads, 384 GiB in 1 GiB pages, 2 GPUs, 2
      NICs on their switches), GPUs NV18

    layer       ordinary stack             Evenkeel                          A     B
    host        memory by first touch      memory on the GPUs' own node      -  +25%
    fabric      devices by PCI address     by link, switch and node          -     -
    hypervisor  vCPUs float over all CPUs  vCPUs on cores of their node   +15%  +15%
    guest       one node, GPUs on none     nodes and devices as they are     ?     ?
    process     no near CPUs to bind to    can bind beside the GPU           ?     ?
    costs are modelled; ? is unknown until it is measured on real GPUs

    Written to hgx:
      twin-a.plan.json, twin-a.libvirt.xml, twin-b.plan.json, twin-b.libvirt.xml
    Next: npx evenkeel topology --from machine:hgx-h100
          npx evenkeel place --help
    --- exit 0
    "
  `);
  expect(readdirSync(out).toSorted()).toEqual([
    "twin-a.libvirt.xml",
    "twin-a.plan.json",
    "twin-b.libvirt.xml",
    "twin-b.plan.json",
  ]);
  const path = join(out, "twin-b.plan.json");
  expect(readDocument(readFileSync(path, "utf8"), path, "Plan").vm).toBe("twin-b");
});

test("without accelerators here, a machine of the catalog stands in and the text says so", async () => {
  const { stdout, status } = await evenkeel(["demo", "--out", join(folder, "here")]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/On this machine|this is the catalog's hgx-h100/);
});

test("a screen and a half is enough, at 80 columns too", async () => {
  for (const machine of ["hgx-h100", "epyc-nps4", "gb200-tray"]) {
    const { stdout } = await evenkeel(["demo", "--on", `machine:${machine}`, "--out", folder], {
      terminal: 80,
      env: { NO_COLOR: "1" },
    });
    const lines = stdout.split("\n");
    expect(lines.length).toBeLessThan(72);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  }
});

test("a machine without room for twins, and a folder that is a file, are refused and nothing is written", async () => {
  const none = await evenkeel([
    "demo",
    "--on",
    "synthetic:package:1 core:4",
    "--out",
    join(folder, "none"),
  ]);
  expect(none).toMatchObject({ status: 2, stdout: "" });
  expect(none.stderr).toContain("no room for two equal VMs");
  expect(existsSync(join(folder, "none"))).toBe(false);
  const file = join(folder, "file");
  writeFileSync(file, "");
  const taken = await evenkeel(["demo", "--on", "machine:hgx-h100", "--out", file]);
  expect(taken).toMatchObject({ status: 2, stdout: "" });
  expect(taken.stderr).toContain("file-unwritable");
});
