import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseTopology } from "@evenkeel/contract/read-document.ts";
import { catalogNames } from "@evenkeel/core/topology/catalog/catalog.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";
import { evenkeel, outcomeText } from "../../testing/evenkeel.ts";

const small = "synthetic:package:1 core:2 memory:8Gi root[gpu:h100-sxm]";

test("a machine is drawn for people, in the width and colors of their terminal", async () => {
  const piped = await evenkeel(["topology", "--from", small]);
  expect(`\n${outcomeText(piped)}`).toMatchInlineSnapshot(`
    "
    synthetic  synthetic
    model unknown · x86_64 · 4 KiB pages
    1 package · 1 node · 2 cores · 2 CPUs · 8 GiB · 1 × H100 SXM5 80GB
    ╭─ package 0 · node 0 ─────────────────────────╮
    │ 8 GiB · no huge pages                        │
    │ 2 cores × 1 thread · one L3 · CPUs 0-1       │
    ├──────────────────────────────────────────────┤
    │ 15 ─ 16:00.0  GPU0  H100 SXM5 80GB  gen5 x16 │
    ╰──────────────────────────────────────────────╯
    --- exit 0
    "
  `);
  const colored = await evenkeel(["topology", "--from", small], { terminal: 100 });
  // oxlint-disable-next-line no-control-regex -- the escapes are what is taken off
  expect(colored.stdout.replace(/\u001b\[[\d;]*m/g, "")).toBe(piped.stdout);
  expect(colored.stdout).not.toBe(piped.stdout);
});

test("no terminal is too narrow to draw on", async () => {
  for (const terminal of [1, 20, 40, 60]) {
    const { status, stdout } = await evenkeel(["topology", "--from", small], { terminal });
    expect([status, stdout.includes("H100")]).toEqual([0, true]);
  }
});

test.each(catalogNames)(
  "the document of %s, printed and read again, is the same machine",
  async (name) => {
    const source = `machine:${name}`;
    const { stdout, status } = await evenkeel(["topology", "--from", source, "--output", "json"]);
    expect(status).toBe(0);
    expect(parseTopology(stdout, "stdout").name).toBe(name);
    const again = await evenkeel(["topology", "--from", "-", "--diff", source], { stdin: stdout });
    expect(again).toEqual({ stdout: `- and ${source} are the same\n`, stderr: "", status: 0 });
  },
);

test("a topology file is a source like any other", async () => {
  const path = join(scratchFolder(), "host.json");
  writeFileSync(path, (await evenkeel(["topology", "--from", small, "--output", "json"])).stdout);
  const [direct, stored] = [
    await evenkeel(["topology", "--from", small]),
    await evenkeel(["topology", "--from", path]),
  ];
  expect(stored).toEqual(direct);
});

test("differences are told group by group, and end in exit status 3", async () => {
  const grown = small.replace("core:2", "core:3").replace("8Gi", "9Gi");
  const text = await evenkeel(["topology", "--from", small, "--diff", grown]);
  expect(`\n${outcomeText(text)}`).toMatchInlineSnapshot(`
    "
    synthetic:package:1 core:2 memory:8Gi root[gpu:h100-sxm] and synthetic:package:1 core:3 memory:9Gi root[gpu:h100-sxm] are not the same machine: 2 differences

    nodes
      node 0 gained 1 GiB of memory (8 GiB → 9 GiB)

    cpus
      CPU 2 appeared online
    --- exit 3
    "
  `);
  const json = await evenkeel(["topology", "--from", small, "--diff", grown, "--output", "json"]);
  expect(json.status).toBe(3);
  expect(JSON.parse(json.stdout)).toMatchObject({
    a: "synthetic",
    b: "synthetic",
    differences: [{ group: "nodes" }, { group: "cpus" }],
  });
});

test("this machine can be read", async () => {
  const { stdout, status } = await evenkeel(["topology", "--output", "json"]);
  expect(status).toBe(0);
  expect(parseTopology(stdout, "stdout").source).toBe("sysfs");
});
