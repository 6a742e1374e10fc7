import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { contradictions } from "@evenkeel/core/topology/check.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { GiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readArchive } from "../archive/read-archive.ts";
import { readSysfs } from "../sysfs/read.ts";
import { corpus } from "../../testing/corpus.ts";
import { codedError } from "../../testing/expect-error.ts";
import { memoryTree } from "../tree/memory-tree.ts";
import type { Tree } from "../tree/tree.ts";
import { readLibvirtCapabilities } from "./read-capabilities.ts";

const read = (cells: string, after = "", host = ""): Topology =>
  readLibvirtCapabilities(
    `<?xml version="1.0"?>\n<capabilities><host><cpu><arch>x86_64</arch></cpu>${host}
    <topology><cells>${cells}</cells>${after}</topology></host></capabilities>`,
    "bundle/caps.xml",
  );

const cell = (id: number, inner: string): string => `<cell id='${id}'>${inner}</cell>`;
const cpus = (...list: readonly string[]): string =>
  `<cpus num='${list.length}'>${list.map((cpu) => `<cpu ${cpu}/>`).join("")}</cpus>`;

test("memory is read in any unit, and the smallest page is the base page", () => {
  const pages = "<pages unit='KiB' size='64'>7</pages><pages size='524288' unit='KiB'>3</pages>";
  const { nodes, machine, name, source } = read(
    cell(0, `<memory unit='MiB'>512</memory>${pages}`) +
      cell(1, "<memory>1024</memory><pages unit='b' size='65536'>1</pages>") +
      cell(8, "<memory unit='bogus'>1</memory>"),
  );
  expect({ name, source, pageBytes: machine.pageBytes }).toEqual({
    name: "caps",
    source: "libvirt",
    pageBytes: 65536,
  });
  expect(nodes.map(({ id, memoryBytes }) => [id, memoryBytes])).toEqual([
    [0, 512 * MiB],
    [1, MiB],
    [8, null],
  ]);
  expect(nodes[0]?.hugepages).toEqual([{ sizeBytes: 512 * MiB, total: 3, free: null }]);
});

test("CPUs on several cells, and what else the host says, are noted", () => {
  const notes: string[] = [];
  const text = `<capabilities><host><cpu><arch>x86_64</arch><feature name='vmx'/><feature name='x'/>
    </cpu><iommu support='yes'/><topology><cells>${cell(0, cpus("id='0'", "id='1'"))}
    ${cell(2, cpus("id='1'", "id='2'"))}</cells></topology></host></capabilities>`;
  const { nodes } = readLibvirtCapabilities(text, "x", (sentence) => notes.push(sentence));
  expect(nodes.map((node) => node.cpus)).toEqual(["0", "2"]);
  expect(notes).toEqual([
    "x lists CPUs 1 on each of several nodes (0, 2), as a kernel with numa=fake does: " +
      "the node of these CPUs is unknown",
    "the output of virsh capabilities in x also has whether there is an IOMMU, CPU features: " +
      "not used",
  ]);
});

test("distances are known only if every cell has all of them", () => {
  const siblings = (...pairs: readonly string[]): string =>
    `<distances>${pairs.map((pair) => `<sibling ${pair}/>`).join("")}</distances>`;
  const whole = siblings("id='0' value='10'", "id='4' value='21'");
  const other = siblings("id='4' value='10'", "id='0' value='20'");
  expect(read(cell(0, whole) + cell(4, other)).distances).toEqual([
    [10, 21],
    [20, 10],
  ]);
  expect(read(cell(0, whole) + cell(4, siblings("id='4' value='10'"))).distances).toBeNull();
  expect(read(cell(0, whole) + cell(4, "")).distances).toBeNull();
});

test("cores, dies, clusters and offline CPUs", () => {
  const at = (id: number, place: string, siblings: string): string =>
    `id='${id}' socket_id='0' ${place} siblings='${siblings}'`;
  const { cores, offlineCpus, nodes } = read(
    cell(
      0,
      cpus(
        at(0, "die_id='0' cluster_id='0' core_id='0'", "0,4"),
        at(4, "die_id='0' cluster_id='0' core_id='0'", "0,4"),
        at(1, "die_id='0' cluster_id='0' core_id='1'", "1"),
        at(2, "die_id='1' cluster_id='8' core_id='0'", "2-3"),
        at(3, "die_id='1' cluster_id='9' core_id='1'", "2-3"),
        "id='5'",
      ),
    ),
  );
  expect(nodes[0]?.cpus).toBe("0-4");
  expect(offlineCpus).toBe("5");
  expect(cores.map(({ cpus: list, die, cluster }) => [list, die, cluster])).toEqual([
    ["0,4", 0, 0],
    ["1", 0, 0],
    // The halves of a compute unit are called siblings, and each is a core.
    ["2", 1, null],
    ["3", 1, null],
  ]);
});

test("die 0 and cluster 0 everywhere are unknown, as libvirt writes them so", () => {
  const cpu = "id='0' socket_id='36' die_id='0' cluster_id='0' core_id='0' siblings='0'";
  const [core] = read(cell(0, cpus(cpu))).cores;
  expect(core).toMatchObject({ package: 36, die: null, cluster: null });
});

test("a CPU of two cells is in neither; one with two places in its cell is in no core", () => {
  const cpu = (id: number, core: number): string =>
    `id='${id}' socket_id='0' core_id='${core}' siblings='${id}'`;
  const twice = read(cell(0, cpus(cpu(0, 0), cpu(1, 1))) + cell(1, cpus(cpu(1, 1), cpu(2, 2))));
  expect(twice.nodes.map((node) => node.cpus)).toEqual(["0", "2"]);
  expect(twice.cores.map((core) => core.cpus)).toEqual(["0", "2"]);
  const moving = read(cell(0, cpus(cpu(0, 0), cpu(0, 1))));
  expect(moving.nodes.map((node) => node.cpus)).toEqual(["0"]);
  expect(moving.cores).toEqual([]);
});

test("L3 caches for code and data are counted once, other levels are ignored", () => {
  const place = (id: number): string => `id='${id}' socket_id='0' core_id='${id}' siblings='${id}'`;
  const banks = `<cache><bank id='0' level='2' type='both' cpus='0'/>
    <bank id='0' level='3' type='code' cpus='0-1'/><bank id='0' level='3' type='data' cpus='0-1'/>
    <bank id='4' level='3' type='both' size='15' unit='MiB' cpus='2'/>
    <bank id='5' level='3' type='both' size='15' unit='MiB' cpus='9'/></cache>`;
  const { cores, l3Caches } = read(
    cell(0, cpus(place(0), place(1), place(2), place(3))),
    "",
    banks,
  );
  expect(cores.map(({ l3 }) => l3)).toEqual([0, 0, 1, null]);
  expect(l3Caches).toEqual([
    { id: 0, sizeBytes: null, ways: null, kernelId: 0 },
    { id: 1, sizeBytes: 15 * MiB, ways: null, kernelId: 4 },
  ]);
});

test("HMAT's figures for reading, in bytes and nanoseconds", () => {
  const interconnects = `<interconnects>
    <latency initiator='0' target='0' type='read' value='69'/>
    <latency initiator='0' target='0' type='write' value='99'/>
    <latency initiator='0' target='1' cache='1' type='access' value='5'/>
    <latency initiator='0' target='7' type='read' value='5'/>
    <bandwidth initiator='0' target='0' type='read' value='314574848' unit='KiB'/>
    <bandwidth initiator='0' target='1' type='access' value='2' unit='GiB'/></interconnects>`;
  expect(read(cell(0, "") + cell(1, ""), interconnects).access).toEqual([
    { initiator: 0, target: 0, readLatencyNs: 69, readBytesPerSecond: 307202e6, basis: "hmat" },
    { initiator: 0, target: 1, readLatencyNs: null, readBytesPerSecond: 2 * GiB, basis: "hmat" },
  ]);
});

test("a document that is not a host's capabilities is refused", async () => {
  const one = "<capabilities><host/></capabilities>";
  const refuse = (text: string) =>
    codedError("xml-unexpected", () => readLibvirtCapabilities(text, "caps.xml"));
  await refuse("<domain/>");
  await refuse("<capabilities/>");
  await refuse("");
  await refuse(one + one);
  await refuse(
    "<capabilities><host><topology><cells><cell/></cells></topology></host></capabilities>",
  );
  await codedError("xml-malformed", () => readLibvirtCapabilities(one.slice(0, -3), "caps.xml"));
  expect(
    readLibvirtCapabilities(`<?xml version='1.0'?><host>${one}</host>`, "c.xml").nodes,
  ).toEqual([]);
});

test("lists with more CPUs than a machine can have are refused fast", async () => {
  const many = Array.from({ length: 30_000 }, (_, id) => `id='${id}' siblings='0-16383'`);
  await codedError("xml-unexpected", () => read(cell(0, cpus(...many))));
  await codedError("xml-unexpected", () => read(cell(0, cpus("id='0' siblings='0-99999999'"))));
  await codedError("xml-malformed", () =>
    readLibvirtCapabilities("<?xml ".repeat(5e6), "caps.xml"),
  );
});

const folder = corpus("libvirt-caps");
const files =
  folder === null ? [] : readdirSync(folder).filter((file) => /\.(xml|out)$/.test(file));
const recorded = (file: string): string => readFileSync(join(folder ?? "", file), "utf8");

/** What both libvirt and we read from the same sysfs. */
function shape({ nodes, distances, cores, offlineCpus, access }: Topology) {
  return {
    nodes: nodes.map(({ hugepages, ...node }) => ({
      ...node,
      kind: null,
      hugepages: hugepages?.map(({ sizeBytes, total }) => ({ sizeBytes, total })) ?? null,
    })),
    distances,
    cores,
    offlineCpus,
    access,
  };
}

type Shape = ReturnType<typeof shape>;

/** libvirt's trees start within `/sys/devices`, some of them within `system`. */
function systemTree(tree: Tree): Tree {
  const moved = new Map<string, string>();
  const walk = (path: string): void => {
    const content = tree.readText(path);
    const place = /\/linux-\w+\/(?:system\/)?((?:cpu|node)\/.*)$/.exec(path)?.[1];
    if (content !== null && place !== undefined) moved.set(`/sys/devices/system/${place}`, content);
    for (const name of tree.list(path)) walk(`${path === "/" ? "" : path}/${name}`);
  };
  walk("/");
  return memoryTree(moved, new Map(), tree.where);
}

describe.skipIf(folder === null)("Capabilities that libvirt recorded", () => {
  test.for(files)("%s is a machine without contradictions", (file) => {
    expect(contradictions(readLibvirtCapabilities(recorded(file), file))).toEqual([]);
  });

  /**
   * libvirt's tests read memory and pages not from these trees but from a stand-in
   * (tests/virnumamock.c), and ask it for no distances: of those there is nothing to compare.
   */
  const common = ({ nodes, cores, offlineCpus, access }: Shape) => ({
    nodes: nodes.map(({ id, package: socket, cpus: list }) => ({ id, socket, list })),
    cores,
    offlineCpus,
    access,
  });

  test.for(["basic", "caches", "resctrl"])(
    "what libvirt expects of linux-%s is what we read there",
    async (name) => {
      const path = join(folder ?? "", `vircaps-linux-${name}.tar.gz`);
      const ours = common(shape(readSysfs(systemTree(await readArchive(path)), name)));
      const file = `vircaps-x86_64-${name}.xml`;
      expect(common(shape(readLibvirtCapabilities(recorded(file), file)))).toEqual(ours);
      expect(ours.cores.length).toBeGreaterThan(3);
    },
  );

  test("a text that is cut short or garbled is a machine or a coded error", () => {
    const text = recorded("vircaps-x86_64-resctrl.xml");
    const edit = fc.record({
      cut: fc.nat(text.length),
      at: fc.nat(text.length),
      put: fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom("9", "-", "'", "<cell id='0'/>")),
    });
    fc.assert(
      fc.property(edit, fc.boolean(), ({ cut, at, put }, isCut) => {
        const garbled = text.slice(0, at) + put + text.slice(at + put.length);
        try {
          const all = isCut ? garbled.slice(0, cut) : garbled;
          expect(contradictions(readLibvirtCapabilities(all, "caps.xml"))).toEqual([]);
        } catch (error) {
          expect(error).toBeInstanceOf(EvenkeelError);
        }
      }),
    );
  });
});
