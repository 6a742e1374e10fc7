import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseTopology } from "@evenkeel/contract/read-document.ts";
import { catalogNames } from "@evenkeel/core/topology/catalog/catalog.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";
import { evenkeel, outcomeText } from "../../../testing/evenkeel.ts";

const small = "synthetic:package:1 core:2 memory:8Gi root[gpu:h100-sxm]";

test("a machine is drawn for people, in the width and colors of their terminal", async () => {
  const piped = await evenkeel(["topology", "--from", small]);
  expect(`\n${outcomeText(piped)}`).toMatchInlineSnapshot(`
    "
    synthetic
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
    synthetic:package:1 core:2 memory:8Gi root[gpu:h100-sxm] and synthetic:package:1 core:3 memory:9Gi
      root[gpu:h100-sxm] are not the same machine: 2 differences

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

const folder = scratchFolder();
const written = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const matrix = (node: number): string =>
  written(
    `topo-${node}.txt`,
    [
      "\tGPU0\tGPU1\tCPU Affinity\tNUMA Affinity",
      "GPU0\t X \tNV12\t0-3\t0",
      `GPU1\tNV12\t X \t4-7\t${node}`,
      "",
    ].join("\n"),
  );
const two =
  "synthetic:package:2 core:4 memory:32Gi hugepages:4x1Gi iommu:on distances:10/21 root[gpu:l40s nic:cx7]";

test("sources about one machine are merged, and told where they disagree", async () => {
  const agreed = await evenkeel([
    "topology",
    "--from",
    two,
    "--from",
    matrix(1),
    "--output",
    "json",
  ]);
  expect([agreed.status, agreed.stderr]).toEqual([0, ""]);
  const merged = parseTopology(agreed.stdout, "stdout");
  expect(merged.source).toBe("synthetic + nvidia-smi");
  expect(merged.links.map(({ kind, lanes }) => [kind, lanes])).toEqual([["nvlink", 12]]);
  expect(merged.accelerators.map(({ model }) => model)).toEqual(["L40S", "L40S"]);

  const odd = ["topology", "--from", two, "--from", `nvidia-smi:${matrix(0)}`];
  const [, second] = merged.accelerators;
  const json = await evenkeel([...odd, "--output", "json"]);
  expect(json.status).toBe(0);
  expect(json.stderr).toContain(
    `note: ${second?.address}: synthetic says node 1, nvidia-smi says 0\n`,
  );
  expect(parseTopology(json.stdout, "stdout").pci).toEqual(merged.pci);
  const text = await evenkeel(odd);
  expect(text.stderr).toBe("");
  expect(text.stdout).toContain("the sources disagree; the first one counts\n- ");
  expect(text.stdout).toContain(`${second?.address}: synthetic says node 1, nvidia-smi says 0`);
});

test("sources of different machines are refused", async () => {
  const { status, stdout, stderr } = await evenkeel(
    "topology --from synthetic:core:4 --from synthetic:core:6".split(" "),
  );
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toContain("sources-unrelated");
});

test("a machine can be a picture, a graph, or a file for NCCL", async () => {
  const output = async (form: string): Promise<string> => {
    const { status, stdout, stderr } = await evenkeel([
      "topology",
      "--from",
      two,
      "--output",
      form,
    ]);
    expect([status, stderr]).toEqual([0, ""]);
    return stdout;
  };
  expect(await output("svg")).toMatch(/^<svg [^]*<\/svg>\n?$/);
  expect(await output("dot")).toMatch(/^(di)?graph /);
  const nccl = written("nccl.xml", await output("nccl"));
  const again = await evenkeel(["topology", "--from", nccl, "--from", two, "--output", "json"]);
  expect(again.stderr).toBe("");
  expect(parseTopology(again.stdout, "stdout").accelerators).toHaveLength(2);
  const none = await evenkeel(["topology", "--from", "synthetic:core:4", "--output", "nccl"]);
  expect([none.status, none.stdout]).toEqual([2, ""]);
});

test("warnings stand below the drawing", async () => {
  const bare = "synthetic:package:2 core:2 memory:8Gi root*2[gpu:l40s]";
  const { stdout } = await evenkeel(["topology", "--from", bare]);
  expect(stdout).toMatch(/\n\nwarnings\n- [^]*the distances between them are unknown/);
});

const flavor = (name: string, vcpus: number, memory: string): string =>
  `apiVersion: evenkeel/v1\nkind: Flavor\nmetadata: { name: ${name} }\n` +
  `spec: { vcpus: ${vcpus}, memory: ${memory}, isolation: core }\n`;

test("flavors that straddle nodes are named, and end in exit status 3", async () => {
  const fitting = written("fitting.yaml", flavor("small", 2, "1Gi"));
  const all = await evenkeel(["topology", "--from", two, "--fit", fitting]);
  expect([all.status, all.stderr]).toEqual([0, ""]);
  expect(all.stdout).toMatch(
    /^synthetic: every flavor fits on one node\n\n {2}small fits on one node/,
  );
  const wide = written("wide.yaml", flavor("wide", 6, "1Gi"));
  const some = await evenkeel(["topology", "--from", two, "--fit", fitting, "--fit", wide]);
  expect(some.status).toBe(3);
  expect(some.stdout).toContain("1 of 2 flavors does not fit on one node");
  expect(some.stdout).toContain("wide straddles 2 nodes");
  const json = await evenkeel(["topology", "--from", two, "--fit", wide, "--output", "json"]);
  expect(json.status).toBe(3);
  expect(JSON.parse(json.stdout)).toMatchObject({
    host: "synthetic",
    fits: [{ name: "wide", nodes: 2, onOneNode: false }],
  });
});

test("what cannot be asked together is refused", async () => {
  const file = written("flavor.yaml", flavor("small", 2, "1Gi"));
  for (const flags of [
    ["--diff", two, "--fit", file],
    ["--diff", two, "--output", "svg"],
    ["--fit", file, "--output", "dot"],
    ["--fit", file, "--fit", file],
    ["--policy", file],
    ["--fit", written("vm.yaml", "apiVersion: evenkeel/v1\nkind: VirtualMachine\n")],
    ["--output", "png"],
  ]) {
    const { status, stdout, stderr } = await evenkeel(["topology", "--from", two, ...flags]);
    expect([status, stdout], flags.join(" ")).toEqual([2, ""]);
    expect(stderr).toMatch(/code {6}(usage|document-invalid)/);
  }
});

const oldDriver = `\tGPU0\tGPU1\tGPU2\tGPU3\tmlx5_0\tCPU Affinity
GPU0\t X \tNODE\tSOC\tSOC\tPHB\t0-3,8-11
GPU1\tNODE\t X \tSOC\tSOC\tNODE\t0-3,8-11
GPU2\tSOC\tSOC\t X \tNODE\tSOC\t4-7,12-15
GPU3\tSOC\tSOC\tNODE\t X \tSOC\t4-7,12-15
mlx5_0\tPHB\tNODE\tSOC\tSOC\t X \t
`;

const numbers = `available: 2 nodes (0-1)
node 0 cpus: 0 1 2 3 8 9 10 11
node 0 size: 64000 MB
node 0 free: 63000 MB
node 1 cpus: 4 5 6 7 12 13 14 15
node 1 size: 64000 MB
node 1 free: 62000 MB
node distances:
node   0   1
  0:  10  21
  1:  21  10
`;

test("a node whose number nobody told reaches no output as a node", async () => {
  const text = written("old-driver.txt", oldDriver);
  const numactl = written("numbers.txt", numbers);
  const shown = await evenkeel(["topology", "--from", text]);
  expect(`\n${outcomeText(shown)}`).toMatchInlineSnapshot(`
    "
    old-driver  nvidia-smi
    model unknown
    at least 16 CPUs · packages, nodes, cores and memory unknown
    4 accelerators of unknown model · 1 NIC
    ╭─ node unknown ─────────────────────────────────╮
    │ these share a node with CPUs 0-3,8-11          │
    │ ? ┬ ?  GPU0  10de, model unknown  link unknown │
    │   └ ?  NIC   mlx5_0 RDMA          link unknown │
    │ ? ─ ?  GPU1  10de, model unknown  link unknown │
    ├────────────────────────────────────────────────┤
    │ these share a node with CPUs 4-7,12-15         │
    │ ? ─ ?  GPU2  10de, model unknown  link unknown │
    │ ? ─ ?  GPU3  10de, model unknown  link unknown │
    ╰────────────────────────────────────────────────╯

    links  GPU0  GPU1  GPU2  GPU3
     GPU0     X  NODE   SYS   SYS
     GPU1  NODE     X   SYS   SYS
     GPU2   SYS   SYS     X  NODE
     GPU3   SYS   SYS  NODE     X

    NODE through host bridges of one node   SYS through the link between nodes

    worth knowing
    - GPU2 has no NIC on its node: its network traffic crosses to another node.
    - GPU3 has no NIC on its node: its network traffic crosses to another node.
    - The IOMMU group of 4 accelerators is unknown: the IOMMU is off, or the source does not report
      groups.
    --- exit 0
    "
  `);
  const vm = written(
    "two-gpus.yaml",
    "apiVersion: evenkeel/v1\nkind: VirtualMachine\nmetadata: { name: a }\n" +
      "spec: { vcpus: 2, memory: 1Gi, accelerators: { count: 2 } }\n",
  );
  const kind = written("kind.yaml", flavor("small", 2, "1Gi"));
  const json = await evenkeel(["topology", "--from", text, "--output", "json"]);
  const document = parseTopology(json.stdout, "stdout");
  expect([document.nodes, document.pci.filter(({ node }) => node !== null)]).toEqual([[], []]);
  const stored = written("old-driver.json", json.stdout);
  const outcomes = [shown, json];
  for (const source of [text, stored]) {
    for (const argv of [
      ["topology", "--from", source, "--output", "svg"],
      ["topology", "--from", source, "--output", "dot"],
      ["topology", "--from", source, "--output", "nccl"],
      ["topology", "--from", source, "--diff", numactl],
      ["topology", "--from", source, "--fit", kind],
      ["place", vm, "--on", source],
      ["place", vm, "--on", source, "--output", "json"],
      ["capacity", "--on", source, "--flavor", kind],
    ]) {
      outcomes.push(await evenkeel(argv));
    }
  }
  for (const { stdout, stderr } of outcomes) {
    expect(`${stdout}${stderr}`).not.toMatch(/\b65[23]\d\d\b|node \?|\b[12] nodes?\b/);
  }

  // What is stored is merged like the text itself, and then every device has its number.
  const merged = await Promise.all(
    [text, stored].map((source) =>
      evenkeel(["topology", "--from", source, "--from", numactl, "--output", "json"]),
    ),
  );
  expect(merged[1]).toEqual(merged[0]);
  const topology = parseTopology(merged[0]?.stdout ?? "", "stdout");
  expect(topology.unnumberedNodes).toEqual([]);
  const places = new Map(topology.pci.map(({ address, node }) => [address, node]));
  expect(topology.accelerators.map(({ address }) => places.get(address))).toEqual([0, 0, 1, 1]);
  expect(topology.nics.map(({ address }) => places.get(address))).toEqual([0]);
});
