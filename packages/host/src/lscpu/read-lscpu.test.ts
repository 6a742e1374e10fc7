import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { indexSet, indices } from "@evenkeel/core/set/index-set.ts";
import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";
import { contradictions } from "@evenkeel/core/topology/check.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import * as fc from "fast-check";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
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
  expect(cores).toMatchObject([
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
  "more nodes than it counts": summary.replace("node(s):          3", "node(s):          2"),
  "a row that does not fit": table.replace("1,1,0,0,,1,1,1,0,Y,0", "1,1,0"),
  "caches alone": "NAME ONE-SIZE ALL-SIZE\nL1d       48K      96K\n",
  "a CPU twice": `${table}0,0,0,0,,0,0,0,0,Y,0\n`,
  "a list without end": summary.replace("0-6:2", "0-999999999"),
  "a stride of nothing": summary.replace("0-6:2", "0-6:0"),
  "JSON that is cut short at its start": '{"lscpu": [{"field"',
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

/** The notes on reading a text, and its machine in short. */
function reading(text: string) {
  const notes: string[] = [];
  const topology = readLscpu(text, "a.txt", (sentence) => void notes.push(sentence));
  const nodes = topology.nodes.map(({ id, package: number, cpus }) => [id, number, cpus]);
  return { notes, nodes, topology };
}

const lacks = (what: string): string =>
  `the output of lscpu in a.txt is not whole: it lacks ${what}`;
const unused = (what: string): string => `the output of lscpu in a.txt also has ${what}: not used`;

test("a text that is cut is read as far as it goes, and what it lacks is said", () => {
  const upTo = (end: string): string => summary.slice(0, summary.indexOf(end));
  const [zero, one] = [
    [0, null, "0,2,4,6"],
    [1, null, "1,3,5,7"],
  ];
  expect(reading(upTo("  NUMA node1"))).toMatchObject({
    notes: [lacks("2 of 3 nodes")],
    nodes: [zero],
  });
  expect(reading(upTo(",7\n  NUMA node8"))).toMatchObject({
    notes: [lacks("1 of 3 nodes")],
    nodes: [zero, [1, null, "1,3"]],
  });
  // Here the last number stands whole, for with it the nodes have every CPU.
  expect(reading(upTo("\n  NUMA node8"))).toMatchObject({
    notes: [lacks("1 of 3 nodes")],
    nodes: [zero, one],
  });
  expect(reading(upTo("NUMA:"))).toMatchObject({
    notes: [lacks("its end, with the nodes")],
    nodes: [],
  });
  expect(reading(summary.replace("1,3,5,7", "1,3"))).toMatchObject({
    notes: [lacks("the node of CPUs 5,7")],
  });
});

test("a table that is cut is read as far as it goes", () => {
  const cut = reading(table.slice(0, -12));
  expect(cut.notes).toEqual([lacks("a part of its table")]);
  expect(cut.topology.cores.map(({ cpus }) => cpus)).toEqual(["0,3", "1", "2,4"]);
  const elided = table.replace("1,1,0,0,,1,1,1,0,Y,0", "[...]");
  expect(reading(elided).notes).toEqual([lacks("a part of its table")]);
  expect(reading(elided).topology.cores.map(({ cpus }) => cpus)).toEqual(["0,3", "2,4"]);
  // A core is known by all its threads, so a table that lacks CPUs of the summary gives none.
  const both = reading(`${summary}\n${table}`);
  expect(both.notes).toEqual([lacks("CPUs 6-7 in its table")]);
  expect(both.topology.cores).toEqual([]);
});

test("JSON that is cut is read up to the last whole value", () => {
  const field = (name: string, data: string | null) => ({ field: `${name}:`, data });
  const lscpu = [
    field("Architecture", "aarch64"),
    field("On-line CPU(s) list", "0-3"),
    field("NUMA node(s)", "4"),
    field("NUMA node0 CPU(s)", "0-1"),
    field("NUMA node1 CPU(s)", "2-3"),
    field("NUMA node2 CPU(s)", null),
    field("NUMA node3 CPU(s)", null),
  ];
  const text = JSON.stringify({ lscpu }, null, 3);
  const nodes = [
    [0, null, "0-1"],
    [1, null, "2-3"],
    [2, null, ""],
    [3, null, ""],
  ];
  expect(reading(text)).toMatchObject({ notes: [], nodes });
  const at = (word: string): number => text.indexOf(word);
  expect(reading(text.slice(0, at("node3")))).toMatchObject({
    notes: [lacks("1 of 4 nodes")],
    nodes: nodes.slice(0, 3),
  });
  expect(reading(`${text.slice(0, at("node2"))}...`).notes).toEqual([lacks("2 of 4 nodes")]);
  const cpus = [0, 1, 2, 3].map((cpu) => ({ cpu, node: 0, socket: 0, core: cpu }));
  const rows = JSON.stringify({ cpus });
  const cut = reading(rows.slice(0, rows.indexOf('{"cpu":3') + 6));
  expect(cut).toMatchObject({ notes: [lacks("a part of its table")], nodes: [[0, 0, "0-2"]] });
});

test("a dash for an unknown number, which version 2.38 writes into JSON, is unknown", () => {
  const text =
    '{"cpus": [{"bogomips": -, "cpu": 0, "core": 0, "node": -\n}, {"cpu": 1, "core": 1}]}';
  expect(reading(text)).toMatchObject({ notes: [], nodes: [] });
  expect(reading(text).topology.cores.map(({ cpus }) => cpus)).toEqual(["0", "1"]);
});

test("lists that a terminal broke into lines are joined", () => {
  const wrapped = summary
    .replace("1,3,5,7", "1,3,                 \n5,7")
    .replace("0-6:2", "0,2,4,   6");
  expect(read(wrapped)).toEqual(read(summary));
});

test("a node of IBM Z lists every CPU that it could have; those online count", () => {
  const text = `Architecture:          s390x
CPU(s):                8
On-line CPU(s) list:   0-5
Off-line CPU(s) list:  6,7
Thread(s) per core:    1
Core(s) per socket:    8
Socket(s) per book:    6
Book(s) per drawer:    1
Drawer(s):             4
NUMA node(s):          1
NUMA node0 CPU(s):     0-140
Flags:                 esan3 zarch
`;
  const { topology, nodes, notes } = reading(text);
  expect(nodes).toEqual([[0, null, "0-5"]]);
  expect(topology.cores.length).toBe(6);
  expect(topology.offlineCpus).toBe("6-7");
  expect(notes).toEqual([]);
  const unlisted = text.replace(/On-line.*\n/, "").replace("0-140", "0-7");
  expect(reading(unlisted).nodes).toEqual([[0, null, "0-5"]]);
});

test("CPUs that several nodes list are on none that is known", () => {
  const fake = summary.replace("0-6:2", "0-7").replace("1,3,5,7", "0-7");
  const { nodes, notes } = reading(fake);
  expect(nodes.map(([id, , cpus]) => [id, cpus])).toEqual([
    [0, null],
    [1, null],
    [8, ""],
  ]);
  expect(notes[0]).toMatch(
    /^the output of lscpu in a\.txt lists CPUs 0-7 on each of several nodes \(0, 1\)/,
  );
});

const numbers = `Architecture:          x86_64
CPU(s):                8
On-line CPU(s) list:   0-7
Thread(s) per core:    2
Core(s) per socket:    2
Socket(s):             2
L1d cache:             32K
L3 cache:              22528K
NUMA node(s):          2
NUMA node0 CPU(s):     0,2,4,6
NUMA node1 CPU(s):     1,3,5,7
`;

test("as many nodes as sockets are the packages, and what has no CPUs is noted", () => {
  expect(reading(numbers)).toMatchObject({
    nodes: [
      [0, 0, "0,2,4,6"],
      [1, 1, "1,3,5,7"],
    ],
    notes: [
      unused(
        "2 cores of 2 threads a socket without their CPUs (lscpu -e has them), " +
          "caches (L1d 32K, L3 22528K)",
      ),
    ],
  });
  const one = numbers.replace("Socket(s):             2", "Socket(s):             1");
  expect(reading(one).nodes.map(([, number]) => number)).toEqual([0, 0]);
  for (const unlike of [
    numbers.replace("Socket(s):             2", "Socket(s):             4"),
    `${numbers}Hypervisor vendor:     KVM\n`,
    numbers.replace("per socket:    2", "per socket:    4"),
    // One node is as large as a socket, the other is not.
    numbers.replace("1,3,5,7", "1,3,5"),
    numbers.replace("0,2,4,6", "0,2,4"),
  ]) {
    expect(reading(unlike).nodes.map(([, number]) => number)).toEqual([null, null]);
    expect(reading(unlike).notes.join("\n")).toMatch(/\d sockets/);
  }
});

test("the sizes of L3 caches come from the summary or from lscpu -C", () => {
  const cores = `
# CPU,Core,Socket,Node,,L1d,L3
0,0,0,0,,0,0
1,1,1,1,,1,1
2,0,0,0,,0,0
3,1,1,1,,1,1
4,2,0,0,,2,0
5,3,1,1,,3,1
6,2,0,0,,2,0
7,3,1,1,,3,1
`;
  const sizes = (text: string): unknown => reading(text).topology.l3Caches;
  const each = (sizeBytes: number | null, ways: number | null = null) => [
    { id: 0, sizeBytes, ways, kernelId: null },
    { id: 1, sizeBytes, ways, kernelId: null },
  ];
  const both = numbers + cores;
  expect(sizes(both)).toEqual(each(22 * MiB));
  expect(sizes(both.replace("22528K", "44 MiB (2 instances)"))).toEqual(each(22 * MiB));
  for (const unclear of ["44 MiB (4 instances)", "44 MiB", "27.4 MiB (2 instances)"]) {
    expect(sizes(both.replace("22528K", unclear))).toEqual([]);
  }
  const caches = `
NAME ONE-SIZE ALL-SIZE WAYS TYPE        LEVEL  SETS PHY-LINE COHERENCY-SIZE
L1d       48K      96K   12 Data            1    64        1             64
L3        33M      66M   16 Unified         3 32768        1             64
`;
  expect(sizes(both + caches)).toEqual(each(32 * MiB, 16));
  expect(sizes(`${both}\nNAME ONE-SIZE WAYS\nL3 1000 5\n`)).toEqual(each(1000, 5));
  // Where each core has one thread, as many caches as packages are one in each.
  const single = numbers
    .replace("core:    2", "core:    1")
    .replace("socket:    2", "socket:    4")
    .replace("22528K", "44 MiB (2 instances)");
  expect(sizes(single)).toEqual(each(22 * MiB));
  expect(reading(single).topology.cores.map(({ package: number, l3 }) => [number, l3])).toEqual(
    [0, 1, 0, 1, 0, 1, 0, 1].map((number) => [number, number]),
  );
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
