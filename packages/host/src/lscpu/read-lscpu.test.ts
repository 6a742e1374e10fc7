import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { indexSet, indices } from "@evenkeel/core/set/index-set.ts";
import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";
import { contradictions } from "@evenkeel/core/topology/check.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readArchive } from "../archive/read-archive.ts";
import { readSysfs } from "../sysfs/read.ts";
import { corpus } from "../../testing/corpus.ts";
import { codedError } from "../../testing/expect-error.ts";
import { liveTree } from "../tree/directory-tree.ts";
import { onlyMachine } from "../tree/roots.ts";
import { readLscpu } from "./read-lscpu.ts";

const read = (text: string): Topology => readLscpu(text, "bundle/lscpu.txt");

const summary = `Architecture:            x86_64
  CPU op-mode(s):        32-bit, 64-bit
CPU(s):                  10
  On-line CPU(s) list:   0-7
  Off-line CPU(s) list:  8,9
Vendor ID:               GenuineIntel
  Model name:            Some  CPU @ 2.0GHz
    Thread(s) per core:  2
NUMA:
  NUMA node(s):          3
  NUMA node0 CPU(s):     0-6:2
  NUMA node1 CPU(s):     1,3,5,7
  NUMA node8 CPU(s):
Vulnerabilities:
  Itlb multihit:         Not affected
`;

test("a summary gives nodes, offline CPUs, the model and the architecture", () => {
  const { nodes, offlineCpus, machine, cores } = read(summary);
  expect(nodes.map(({ id, cpus, memoryBytes }) => [id, cpus, memoryBytes])).toEqual([
    [0, "0,2,4,6", null],
    [1, "1,3,5,7", null],
    [8, "", null],
  ]);
  expect(offlineCpus).toBe("8-9");
  expect(machine).toMatchObject({ cpuModel: "Some CPU @ 2.0GHz", architecture: "x86_64" });
  expect(cores).toEqual([]);
});

test("masks, and JSON with nested fields, read the same", () => {
  const masks = summary
    .replace("list:   0-7", "mask:   0xff")
    .replace("list:  8,9", "mask:  0x300")
    .replace("0-6:2", "0x55")
    .replace("1,3,5,7", "aa");
  expect(read(masks)).toEqual(read(summary));
  const field = (name: string, data: string, children: readonly unknown[] = []) => {
    return { field: `${name}:`, data, ...(children.length === 0 ? {} : { children }) };
  };
  const lscpu = [
    field("Architecture", "x86_64"),
    field("CPU(s)", "10", [
      field("On-line CPU(s) list", "0-7"),
      field("Off-line CPU(s) list", "8,9"),
    ]),
    field("Vendor ID", "GenuineIntel", [
      field("Model name", "Some CPU @ 2.0GHz", [field("Thread(s) per core", "2")]),
    ]),
    {
      field: "NUMA:",
      data: null,
      children: [
        field("NUMA node(s)", "3"),
        field("NUMA node0 CPU(s)", "0,2,4,6"),
        field("NUMA node1 CPU(s)", "1,3,5,7"),
        field("NUMA node8 CPU(s)", ""),
      ],
    },
  ];
  expect(read(JSON.stringify({ lscpu }, null, 3))).toEqual(read(summary));
});

test("with one thread per core, a summary alone gives the cores", () => {
  expect(read(summary.replace("core:  2", "core:  1")).cores.length).toBe(8);
});

const table = `# The following is the parsable format, which can be fed to other
# CPU,Core,Socket,Node,,L1d,L1i,L2,L3,Online,Cluster
0,0,0,0,,0,0,0,0,Y,0
1,1,0,0,,1,1,1,0,Y,0
2,2,1,1,,2,2,2,1,Y,1
3,0,0,0,,0,0,0,0,Y,0
4,2,1,1,,2,2,2,1,Y,1
5,,,,,,,,,N,
`;

test("a table gives cores, packages, clusters, caches and nodes", () => {
  const { cores, nodes, offlineCpus } = read(table);
  expect(cores).toEqual([
    { id: 0, package: 0, die: null, cluster: 0, l3: 0, node: 0, cpus: "0,3" },
    { id: 1, package: 0, die: null, cluster: 0, l3: 0, node: 0, cpus: "1" },
    { id: 2, package: 1, die: null, cluster: null, l3: 1, node: 1, cpus: "2,4" },
  ]);
  expect(nodes.map(({ cpus }) => cpus)).toEqual(["0-1,3", "2,4"]);
  expect(offlineCpus).toBe("5");
});

test("columns may come in any selection and order, and offline CPUs may be listed without a column for it", () => {
  const { cores, nodes, offlineCpus } = read("# Node,CPU,Core\n0,4,0\n0,0,0\n,7,\n");
  expect(cores.map(({ cpus, package: socket }) => [cpus, socket])).toEqual([["0,4", null]]);
  expect(nodes.map(({ cpus }) => cpus)).toEqual(["0,4"]);
  expect(offlineCpus).toBe("7");
});

test("lscpu -e and its JSON are the same machine", () => {
  const columns = `CPU NODE SOCKET CORE L1d:L1i:L2:L3 ONLINE MODELNAME MAXMHZ
  0    0      0    0 0:0:0:0          yes A B C 3500.0
  1    0      0    1 1:1:1:0          yes A B C 3500.0
  2    0      0    0 0:0:0:0          yes A B C 3500.0
  3    -      -    - -                 no - -
`;
  const cpu = (id: number, core: number | null, caches: string | null) => {
    const place = core === null ? null : 0;
    const name = core === null ? null : "A B C";
    return {
      cpu: id,
      node: place,
      socket: place,
      core,
      "l1d:l1i:l2:l3": caches,
      online: core !== null,
      modelname: name,
    };
  };
  const cpus = [
    cpu(0, 0, "0:0:0:0"),
    cpu(1, 1, "1:1:1:0"),
    cpu(2, 0, "0:0:0:0"),
    cpu(3, null, null),
  ];
  const topology = read(columns);
  expect(topology.cores.map((core) => core.cpus)).toEqual(["0,2", "1"]);
  expect(topology.machine.cpuModel).toBe("A B C");
  expect(topology.offlineCpus).toBe("3");
  expect(read(JSON.stringify({ cpus }))).toEqual(topology);
});

test("repeated numbers give no cores", () => {
  // lscpu -y of a processor whose clusters number their cores alike.
  expect(read("# CPU,Core,Socket,Node\n0,1,0,0\n1,0,0,0\n2,1,0,0\n").cores).toEqual([]);
  const one = `Thread(s) per core: 1\n\n# CPU,Core,Socket,L1d\n0,0,0,0\n1,0,0,0\n`;
  expect(read(one).cores).toEqual([]);
  expect(read("# CPU,Core,Socket\n0,0,0\n1,-,0\n").cores).toEqual([]);
});

const refused = {
  "something else": "hello\n",
  nothing: "",
  "a table without its header": "0,0,0,0\n1,1,0,0\n",
  "a translated summary": summary
    .replace("On-line CPU(s) list", "Liste der Online-CPU(s)")
    .replaceAll("NUMA node", "NUMA-Knoten"),
  "a summary that ends among the nodes": summary.slice(0, summary.indexOf("  NUMA node1")),
  "a row that ends too early": table.slice(0, -12),
  "a CPU twice": `${table}0,0,0,0,,0,0,0,0,Y,0\n`,
  "a list without end": summary.replace("0-6:2", "0-999999999"),
  "a stride of nothing": summary.replace("0-6:2", "0-6:0"),
  "JSON that is cut short": '{"lscpu": [{"field"',
  "JSON of something else": '{"blockdevices": []}',
  "JSON that nests without end": `{"lscpu": ${"[".repeat(100_000)}`,
  "JSON with other columns": '{"cpus": [{"cpu": 0, "__proto__": 1, "flavor": 2}]}',
} as const;

for (const [what, text] of Object.entries(refused)) {
  test(`${what} is refused`, async () => {
    const error = await codedError("text-unexpected", () => read(text));
    expect(error.remedy).toContain("LC_ALL=C lscpu");
  });
}

test("very long headers, masks and rows are refused fast", async () => {
  const masks = `On-line CPU(s) mask: 0xff\n${`NUMA node0 CPU(s): ${"f".repeat(4096)}\n`.repeat(500)}`;
  for (const text of ["# CPU\n".repeat(900_000), masks, "\n".repeat(2_000_000)]) {
    const code = text.startsWith("\n") ? "file-too-large" : "text-unexpected";
    await codedError(code, () => read(text));
  }
});

test("a table that lacks CPUs of the summary's nodes contradicts it", async () => {
  await codedError("topology-inconsistent", () => read(`${summary}\n${table}`));
});

test("a text that is cut short or garbled is a machine or a coded error", () => {
  for (const text of [summary, table]) {
    const edit = fc.record({ cut: fc.nat(text.length), at: fc.nat(text.length), put: fc.string() });
    fc.assert(
      fc.property(edit, ({ cut, at, put }) => {
        try {
          const garbled = text.slice(0, at) + put + text.slice(at);
          expect(contradictions(read(garbled.slice(0, cut)))).toEqual([]);
        } catch (error) {
          expect(error).toBeInstanceOf(EvenkeelError);
        }
      }),
    );
  }
});

/** The facts that lscpu and the kernel both have; packages as sets, since lscpu renumbers them. */
function shape({ nodes, cores, offlineCpus, machine }: Topology) {
  const packages = Map.groupBy(cores, (core) => core.package);
  return {
    nodes: nodes.map(({ id, cpus }) => ({ id, cpus })),
    packages: [...packages.values()].map((members) =>
      formatList(indexSet(members.flatMap(({ cpus }) => indices(parseList(cpus) ?? indexSet([]))))),
    ),
    cores: cores.map(({ cpus, l3, node }) => ({ cpus, l3, node })),
    offlineCpus,
    cpuModel: machine.cpuModel,
  };
}

type Shape = ReturnType<typeof shape>;

/** Where lscpu says something else than the kernel: why, and what the kernel's answer would be. */
const differences: ReadonlyMap<string, (kernel: Shape) => Shape> = new Map([
  // The kernel numbers three packages; lscpu finds all CPUs in the first one's core_siblings.
  ["arm-A510-A710-A715-X3", (kernel) => ({ ...kernel, packages: ["0-7"] })],
  // The kernel knows no packages; lscpu takes each core for one.
  ["ppc64-POWER7", (kernel) => ({ ...kernel, packages: ["0-3", "4-7", "8-11", "12-15"] })],
]);

const folder = corpus("lscpu-golden");
const goldens =
  folder === null
    ? []
    : readdirSync(folder).flatMap((file) => /^lscpu-(.*)\.expected$/.exec(file)?.[1] ?? []);

describe.skipIf(folder === null)("Machines that util-linux recorded", () => {
  test("all nine recordings are there", () => expect(goldens.length).toBe(9));

  test.for(goldens)("our reading of %s agrees with lscpu", async (name) => {
    const text = readFileSync(join(folder ?? "", `lscpu-${name}.expected`), "utf8");
    const tree = await readArchive(join(folder ?? "", `${name}.tar.gz`));
    const kernel = shape(readSysfs(onlyMachine(tree)));
    const printed = shape(readLscpu(text, name));
    const amended = differences.get(name);
    if (amended !== undefined) expect(printed).not.toEqual(kernel);
    expect(printed).toEqual(amended === undefined ? kernel : amended(kernel));
    expect(printed.cores.length).toBeGreaterThan(1);
  });
});

const installed = existsSync("/usr/bin/lscpu");
test.skipIf(!installed).for([[], ["-J"], ["-p"], ["-e"], ["-J", "-e"], ["-x"]])(
  "this machine through lscpu %j has the nodes and cores of its sysfs",
  (args) => {
    const env = { ...process.env, LC_ALL: "C" };
    const { nodes, cores } = read(execFileSync("lscpu", args, { encoding: "utf8", env }));
    const live = readSysfs(liveTree());
    expect(nodes.map(({ cpus }) => cpus)).toEqual(live.nodes.map(({ cpus }) => cpus));
    if (args.length > 0 && !["-J", "-x"].includes(args.at(-1) ?? "")) {
      expect(cores.map(({ cpus }) => cpus)).toEqual(live.cores.map(({ cpus }) => cpus));
    }
  },
);
