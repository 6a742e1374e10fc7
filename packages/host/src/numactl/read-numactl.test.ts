import { readFileSync } from "node:fs";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import { indexSet } from "@evenkeel/core/set/index-set.ts";
import { GiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { contradictions } from "@evenkeel/core/topology/check.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { corpus } from "../../testing/corpus.ts";
import { codedError } from "../../testing/expect-error.ts";
import { readNumactl } from "./read-numactl.ts";

const twoNodes = `available: 2 nodes (0-1)
node 0 cpus: 0 1 4 5
node 0 size: 2048 MB
node 0 free: 1000 MB
node 1 cpus: 2 3 6 7
node 1 size: 4096 MB
node 1 free: 2000 MB
node distances:
node   0   1
  0:  10  21
  1:  22  10
`;

test("nodes, their CPUs, memory and distances are read", () => {
  const { nodes, distances, cores, source } = readNumactl(twoNodes, "bundle/numactl.txt");
  expect(nodes).toEqual([
    {
      id: 0,
      package: null,
      cpus: "0-1,4-5",
      memoryBytes: 2 * GiB,
      freeBytes: 1000 * MiB,
      sideCacheBytes: null,
      kind: null,
      hugepages: null,
    },
    {
      id: 1,
      package: null,
      cpus: "2-3,6-7",
      memoryBytes: 4 * GiB,
      freeBytes: 2000 * MiB,
      sideCacheBytes: null,
      kind: null,
      hugepages: null,
    },
  ]);
  expect(distances).toEqual([
    [10, 21],
    [22, 10],
  ]);
  expect({ cores, source }).toEqual({ cores: [], source: "numactl" });
});

test("ids have holes, nodes lack CPUs or memory, and newer tables are wider", () => {
  const text = `user@host:~$ numactl -H
available: 3 nodes (0,8,250)
node 0 cpus: 0 1 2
3 4
node 0 size: 1024 MB
node 0 free: 1 MB
node 8 cpus: 5
node 8 size: 0 MB
node 8 free: 0 MB
node 250 cpus:
node 250 size: <not available>
node 250 free: <not available>
node distances:
node     0    8   250
   0:   10   40   80
   8:   40   10   80
 250:   80   80   10
user@host:~$`;
  const { nodes, distances } = readNumactl(text.replaceAll("\n", "\r\n"), "n.txt");
  expect(nodes.map(({ id, cpus, memoryBytes }) => [id, cpus, memoryBytes])).toEqual([
    [0, "0-4", GiB],
    [8, "5", 0],
    [250, "", null],
  ]);
  expect(distances?.[2]).toEqual([80, 80, 10]);
});

test("a version without CPUs, and a kernel without distances", () => {
  const text =
    "available: 1 nodes (0-0)\nnode 0 size: 512 MB\nnode 0 free: 3 MB\nNo distance information available.\n";
  const { nodes, distances } = readNumactl(text, "n.txt");
  expect({ cpus: nodes[0]?.cpus, distances }).toEqual({ cpus: null, distances: null });
});

const refused = {
  "something else": "hello\n",
  nothing: "",
  "no NUMA": "No NUMA available on this system\n",
  "numactl --show": "policy: default\npreferred node: current\nphyscpubind: 0 1\ncpubind: 0\n",
  "a count that differs": twoNodes.replace("2 nodes", "3 nodes"),
  "two machines": twoNodes + twoNodes.replace("(0-1)", "(0,2)"),
  "two machines with as many nodes": twoNodes + twoNodes.replace("4096", "8192"),
  "nodes without end": "available: 9 nodes (0-99999999)\n",
  "a CPU without end": twoNodes.replace("4 5", "99999999999"),
} as const;

for (const [what, text] of Object.entries(refused)) {
  test(`${what} is refused`, async () => {
    const error = await codedError("text-unexpected", () => readNumactl(text, "n.txt"));
    expect(error.remedy).toContain("numactl --hardware");
  });
}

/** The notes on reading a text, and its nodes in short. */
function reading(text: string) {
  const notes: string[] = [];
  const { nodes, distances } = readNumactl(text, "n.txt", (sentence) => void notes.push(sentence));
  const short = nodes.map(({ id, cpus, memoryBytes }) => [id, cpus, memoryBytes]);
  const free = nodes.map(({ freeBytes }) => freeBytes);
  return { notes, nodes: short, free, hasDistances: distances !== null };
}

const freeOf = (text: string): string => text.replaceAll(/node \d+ free:.*\n/g, "");

test("free memory is read, is unknown where it is not printed, and is said where it was cut", () => {
  expect(reading(twoNodes)).toMatchObject({ notes: [], free: [1000 * MiB, 2000 * MiB] });
  expect(reading(freeOf(twoNodes))).toMatchObject({ notes: [], free: [null, null] });
  const none = twoNodes.replace("2000 MB", "<not available>");
  expect(reading(none)).toMatchObject({ notes: [], free: [1000 * MiB, null] });
  expect(reading(twoNodes.replace("node 1 free: 2000 MB", "node 1 free: 20"))).toMatchObject({
    notes: ["the output of numactl in n.txt is not whole: it lacks the free memory of node 1"],
    free: [1000 * MiB, null],
  });
});

test("a text that is cut is read as far as it goes, and what it lacks is said", () => {
  const text = freeOf(twoNodes);
  const upTo = (end: string): string => text.slice(0, text.indexOf(end));
  const lacks = (what: string): string[] => [
    `the output of numactl in n.txt is not whole: it lacks ${what}`,
  ];
  const [zero, one] = [
    [0, "0-1,4-5", 2 * GiB],
    [1, "2-3,6-7", 4 * GiB],
  ];
  const cases = {
    "its last row": [upTo("  1:"), "the distances from node 1", [zero, one]],
    "its distances": [upTo("node dist"), "the distances", [zero, one]],
    "a size": [
      upTo("node 1 size"),
      "the size of node 1, the distances",
      [zero, [1, "2-3,6-7", null]],
    ],
    "the end of a size": [
      upTo("96 MB\nnode dist"),
      "the size of node 1, the distances",
      [zero, [1, "2-3,6-7", null]],
    ],
    "the end of a list of CPUs": [
      upTo(" 7\nnode 1 size"),
      "the CPUs of node 1, the size of node 1, the distances",
      [zero, [1, null, null]],
    ],
    "a node": [
      upTo("node 1 cpus"),
      "the CPUs of node 1, the size of node 1, the distances",
      [zero, [1, null, null]],
    ],
    "a node in the middle": [
      text.replace(/node 0 cpus.*\nnode 0 size.*\n/, "[...]\n"),
      "the CPUs of node 0, the size of node 0",
      [[0, null, null], one],
    ],
    "its beginning": [
      text.slice(text.indexOf("node 0 size")),
      "the line of the available nodes, the CPUs of node 0",
      [[0, null, 2 * GiB], one],
    ],
    "the middle of a list": [
      text.replace("0 1 4 5", "0 1 ... 5"),
      "the CPUs of node 0",
      [[0, null, 2 * GiB], one],
    ],
  } as const;
  for (const [what, [given, missing, nodes]] of Object.entries(cases)) {
    expect(reading(given), what).toMatchObject({ notes: lacks(missing), nodes });
  }
});

test("a CPU that no node has is said, for numactl does not tell which are offline", () => {
  expect(reading(freeOf(twoNodes).replace("0 1 4 5", "0 1 5")).notes).toEqual([
    "the output of numactl in n.txt has no CPU 4: offline, or lost from the text",
  ]);
});

test("CPUs that several nodes list are on none that is known", () => {
  const all = freeOf(twoNodes).replaceAll(/cpus: .*/g, "cpus: 0 1 2 3");
  expect(reading(all)).toMatchObject({
    notes: [
      "the output of numactl in n.txt lists CPUs 0-3 on each of several nodes (0, 1), as a kernel " +
        "with numa=fake does: the node of these CPUs is unknown",
    ],
    nodes: [
      [0, null, 2 * GiB],
      [1, null, 4 * GiB],
    ],
    hasDistances: true,
  });
  const some = freeOf(twoNodes).replace("2 3 6 7", "1 3 6 7");
  expect(reading(some).nodes).toEqual([
    [0, "0,4-5", 2 * GiB],
    [1, "3,6-7", 4 * GiB],
  ]);
});

test("a wide table that a terminal broke into lines is joined", () => {
  const ids = Array.from({ length: 20 }, (_, i) => i);
  const wide = (values: readonly (number | string)[]): string =>
    `${values.slice(0, 15).join("  ")}\n${values.slice(15).join("  ")}`;
  const text = [
    "available: 20 nodes (0-19)",
    ...ids.flatMap((id) => [`node ${id} cpus: ${id}`, `node ${id} size: 1024 MB`]),
    "node distances:",
    `node  ${wide(ids)}`,
    ...ids.map((id) => `${id}: ${wide(ids.map((other) => (id === other ? 10 : 20)))}`),
  ].join("\n");
  expect(reading(text)).toMatchObject({ notes: [], hasDistances: true });
});

test("any output that numactl can print is read back", () => {
  const machine = fc.record({
    ids: fc.uniqueArray(fc.nat(255), { minLength: 1, maxLength: 6 }),
    owners: fc.array(fc.nat(5), { maxLength: 40 }),
    sizes: fc.array(fc.nat(4_000_000), { minLength: 6, maxLength: 6 }),
    figures: fc.array(fc.integer({ min: 10, max: 254 }), { minLength: 36, maxLength: 36 }),
  });
  fc.assert(
    fc.property(machine, ({ ids, owners, sizes, figures }) => {
      const nodes = ids
        .toSorted((a, b) => a - b)
        .map((id, i) => ({
          id,
          cpus: owners.flatMap((owner, cpu) => (owner % ids.length === i ? [cpu] : [])),
          size: at(sizes, i),
          row: ids.map((_, j) => at(figures, i * 6 + j)),
        }));
      const text = [
        `available: ${ids.length} nodes (${formatList(indexSet(ids))})`,
        ...nodes.flatMap(({ id, cpus, size }) => [
          `node ${id} cpus: ${cpus.join(" ")}`,
          `node ${id} size: ${size} MB`,
          `node ${id} free: 0 MB`,
        ]),
        "node distances:",
        `node ${nodes.map(({ id }) => `${id}`.padStart(4)).join("")}`,
        ...nodes.map(({ id, row }) => `${id}: ${row.map((v) => `${v}`.padStart(4)).join("")}`),
      ].join("\n");
      const topology = readNumactl(text, "n.txt");
      expect(topology.distances).toEqual(nodes.map(({ row }) => row));
      expect(
        topology.nodes.map(({ id, cpus, memoryBytes }) => ({ id, cpus, memoryBytes })),
      ).toEqual(
        nodes.map(({ id, cpus, size }) => {
          return { id, cpus: formatList(indexSet(cpus)), memoryBytes: size * MiB };
        }),
      );
    }),
  );
});

test("a text that is cut short or garbled is a machine or a coded error", () => {
  const edit = fc.record({
    cut: fc.nat(twoNodes.length),
    from: fc.nat(twoNodes.length),
    text: fc.string({ maxLength: 6 }),
  });
  fc.assert(
    fc.property(edit, ({ cut, from, text }) => {
      const whole = twoNodes.slice(0, from) + text + twoNodes.slice(from);
      try {
        expect(contradictions(readNumactl(whole.slice(0, cut), "n.txt"))).toEqual([]);
      } catch (error) {
        expect(error).toBeInstanceOf(EvenkeelError);
      }
    }),
  );
});

const recorded = corpus("numactl-lscpu/vdsm-caps_numactl_4_nodes.out");
test.skipIf(recorded === null)("a recorded machine of four nodes", () => {
  const { nodes, distances } = readNumactl(readFileSync(recorded ?? "", "utf8"), "n.out");
  expect(nodes.map(({ cpus }) => cpus)).toEqual(["0-7", "8-15", "16-23", "24-31"]);
  expect(nodes.map(({ memoryBytes }) => memoryBytes)).toEqual(
    [65525, 65536, 65536, 65535].map((mebibytes) => mebibytes * MiB),
  );
  expect(distances?.map((row) => row.join(" "))).toEqual([
    "10 20 20 20",
    "20 10 20 20",
    "20 20 10 20",
    "20 20 20 10",
  ]);
});
