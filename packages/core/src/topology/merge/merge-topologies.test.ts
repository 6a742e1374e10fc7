import * as fc from "fast-check";
import { expect, test } from "vitest";
import { expectedError } from "../../../testing/topology/merge/expected-error.ts";
import { buildTopology } from "../build.ts";
import { catalogMachine, catalogNames } from "../catalog/catalog.ts";
import { contradictions } from "../check.ts";
import { interconnects } from "../interconnect.ts";
import { standInAddress, standInRoot } from "../stand-in.ts";
import { syntheticTopology } from "../synthetic/build.ts";
import { detailedTopology } from "../../../testing/topology/arbitrary-details.ts";
import { wideTopology } from "../../../testing/topology/arbitrary-machine.ts";
import { withStatedInterconnects } from "../../../testing/topology/arbitrary-stated.ts";
import { MiB } from "../../unit/bytes.ts";
import type { CacheAllocation, PciDevice, Topology } from "../topology.ts";
import { mergeTopologies } from "./merge-topologies.ts";
import { matrixOf } from "../../../testing/topology/merge/matrix-of.ts";
import { factsOf, projection } from "../../../testing/topology/merge/projection.ts";
import { withoutNumbers } from "../../../testing/topology/without-numbers.ts";
import { unknownSettings } from "../unknown-settings.ts";

const hgx = (): Topology => {
  const machine = catalogMachine("hgx-h100");
  if (machine === null) throw new Error("the catalog has hgx-h100");
  return machine;
};
const named = (topology: Topology, source: string): Topology => ({ ...topology, source });

/** Without what names the sources. */
const anonymous = (topology: Topology): Topology => ({ ...topology, name: "", source: "" });

const changed = (topology: Topology, address: string, change: Partial<PciDevice>): Topology => ({
  ...topology,
  pci: topology.pci.map((device) =>
    device.address === address ? { ...device, ...change } : device,
  ),
});

test("a machine merged with itself is itself, without findings", () => {
  fc.assert(
    fc.property(fc.oneof(detailedTopology, withStatedInterconnects(wideTopology)), (machine) => {
      const { topology, findings } = mergeTopologies([machine, { ...machine, source: "again" }]);
      expect(anonymous(topology)).toEqual(anonymous(machine));
      expect(findings).toEqual([]);
      expect(topology.source).toBe(`${machine.source} + again`);
    }),
  );
  for (const name of catalogNames) {
    const machine = catalogMachine(name);
    if (machine === null) continue;
    const merged = mergeTopologies([machine, machine, named(machine, "third")]);
    expect(anonymous(merged.topology), name).toEqual(anonymous(machine));
    expect(merged.findings, name).toEqual([]);
  }
});

test("two sources with one part of a machine each give the whole machine", () => {
  fc.assert(
    fc.property(
      detailedTopology.chain((machine) => fc.tuple(projection(machine), projection(machine))),
      ([a, b]) => {
        const merged = mergeTopologies([named(a, "a"), named(b, "b")]);
        expect(merged.findings).toEqual([]);
        expect(contradictions(merged.topology)).toEqual([]);
        const facts = factsOf(merged.topology);
        for (const [path, value] of [...factsOf(a), ...factsOf(b)]) {
          expect(facts.get(path), path).toEqual(value);
        }
        // And nothing that neither knows, but that every device is on the only node.
        const both = new Map([...factsOf(a), ...factsOf(b)]);
        const isAlone = merged.topology.nodes.length === 1;
        for (const path of facts.keys()) {
          if (!(isAlone && /^pci\[.*\]\.node$/.test(path))) expect(both.has(path), path).toBe(true);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("the order of sources that do not contradict each other does not matter", () => {
  fc.assert(
    fc.property(
      detailedTopology.chain((machine) =>
        fc.tuple(projection(machine), projection(machine), projection(machine)),
      ),
      ([a, b, c]) => {
        const one = mergeTopologies([named(a, "a"), named(b, "b"), named(c, "c")]);
        const other = mergeTopologies([named(c, "c"), named(a, "a"), named(b, "b")]);
        expect(anonymous(other.topology)).toEqual(anonymous(one.topology));
        expect([one.findings, other.findings]).toEqual([[], []]);
        const [ab] = [mergeTopologies([named(a, "a"), named(b, "b")])];
        const stepwise = mergeTopologies([ab.topology, named(c, "c")]);
        expect(anonymous(stepwise.topology)).toEqual(anonymous(one.topology));
      },
    ),
  );
});

test("one contradiction gives one finding, and the first source's value stays", () => {
  const [gpu = ""] = hgx().accelerators.map(({ address }) => address);
  const allocation = (classes: number): CacheAllocation => ({
    classes,
    ways: "0-10",
    sharedWays: "9-10",
    waysMin: 1,
    bandwidthClasses: null,
  });
  const set: Partial<PciDevice> = {
    driver: "vfio-pci",
    acsRedirect: false,
    atsEnabled: false,
    interrupts: { allowedCpus: "0", effectiveCpus: "0" },
  };
  const machine: Topology = {
    ...named(changed(hgx(), gpu, set), "sysfs"),
    nodes: hgx().nodes.map((node) => ({ ...node, sideCacheBytes: 1 })),
    l3Caches: [{ id: 1, sizeBytes: 32 * MiB, ways: 16, kernelId: null }],
    cacheAllocation: allocation(15),
  };
  const [nic] = machine.nics;
  const [link] = machine.links;
  const at = machine.pci.find(({ address }) => address === gpu)?.node;
  if (at === undefined || at === null) throw new Error("the GPU's node is known");
  const planted: [Topology, Partial<Record<"code" | "subject" | "path" | "message", string>>][] = [
    [
      changed(machine, gpu, { node: 1 - at }),
      {
        code: "device-differs",
        path: `pci[${gpu}].node`,
        message: `${gpu}: sysfs says node ${at}, nvidia-smi says ${1 - at}`,
      },
    ],
    [changed(machine, gpu, { driver: "nouveau" }), { path: `pci[${gpu}].driver` }],
    [
      changed(machine, gpu, { acsRedirect: true }),
      {
        message: `${gpu}: sysfs says redirection of peers by ACS false, nvidia-smi says true`,
      },
    ],
    [changed(machine, gpu, { atsEnabled: true }), { path: `pci[${gpu}].atsEnabled` }],
    [
      changed(machine, gpu, { interrupts: { allowedCpus: "1", effectiveCpus: null } }),
      { path: `pci[${gpu}].interrupts` },
    ],
    [
      {
        ...machine,
        nodes: machine.nodes.map((node) => ({ ...node, sideCacheBytes: node.id === 1 ? 2 : 1 })),
      },
      { code: "node-differs", path: "nodes[1].sideCacheBytes" },
    ],
    [
      { ...machine, l3Caches: [{ id: 1, sizeBytes: 32 * MiB, ways: 12, kernelId: null }] },
      { code: "cache-differs", subject: "L3 1", path: "l3Caches[1].ways" },
    ],
    [
      { ...machine, cacheAllocation: allocation(8) },
      { code: "cache-differs", path: "cacheAllocation" },
    ],
    [changed(machine, gpu, { class: "030000" }), { path: `pci[${gpu}].class` }],
    [changed(machine, gpu, { barBytes: [1, 2] }), { path: `pci[${gpu}].barBytes` }],
    [changed(machine, gpu, { parent: null, root: "pci0000:ee" }), { path: `pci[${gpu}].root` }],
    [
      {
        ...machine,
        nodes: machine.nodes.map((one) => ({ ...one, memoryBytes: 1 })).slice(0, 1),
        distances: null,
        access: [],
        cores: [],
        offlineCpus: "",
        pci: [],
        accelerators: [],
        nics: [],
        links: [],
        interconnects: [],
        partitions: [],
      },
      { code: "node-differs", path: "nodes[0].memoryBytes" },
    ],
    [
      {
        ...machine,
        distances:
          machine.distances?.map((row, i) =>
            row.map((value, j) => (i === 0 && j === 1 ? 99 : value)),
          ) ?? null,
      },
      { code: "distance-differs", path: "distances[0][1]" },
    ],
    [
      { ...machine, cores: machine.cores.map((core, i) => (i === 0 ? { ...core, l3: 1 } : core)) },
      { code: "core-differs", path: `cores[${machine.cores[0]?.cpus}].l3` },
    ],
    [
      {
        ...machine,
        accelerators: machine.accelerators.map((one) =>
          one.address === gpu ? { ...one, model: "A100 SXM4 40GB" } : one,
        ),
      },
      { code: "accelerator-differs", path: `accelerators[${gpu}].model` },
    ],
    [
      {
        ...machine,
        nics: machine.nics.map((one) => (one === nic ? { ...one, rdma: false } : one)),
      },
      { code: "nic-differs", path: `nics[${nic?.address}].rdma` },
    ],
    [
      {
        ...machine,
        links: machine.links.map((one) => (one === link ? { ...one, lanes: 4 } : one)),
      },
      { code: "link-differs", path: `links[${link?.a},${link?.b}].lanes` },
    ],
    [
      {
        ...machine,
        machine: { ...machine.machine, cpuModel: "Another CPU", architecture: "x86_64" },
      },
      machine.machine.cpuModel === null
        ? {}
        : { code: "machine-differs", path: "machine.cpuModel" },
    ],
  ];
  for (const [other, finding] of planted) {
    const { topology, findings } = mergeTopologies([machine, named(other, "nvidia-smi")]);
    if (Object.keys(finding).length === 0) continue;
    expect(findings, JSON.stringify(finding)).toEqual([expect.objectContaining(finding)]);
    expect(anonymous(topology), finding.path).toEqual(anonymous(machine));
  }
});

test("a text without addresses is joined by order, and what only it knows is taken", () => {
  const machine = hgx();
  const text = matrixOf(machine);
  const bare = { ...machine, links: [], source: "sysfs" };
  for (const parts of [
    [bare, text],
    [text, bare],
  ]) {
    const { topology, findings } = mergeTopologies(parts);
    expect(findings).toEqual([]);
    expect(topology.pci).toEqual(machine.pci);
    expect(topology.nodes).toEqual(machine.nodes);
    expect(topology.links).toEqual(machine.links);
    expect(topology.accelerators).toEqual(machine.accelerators);
  }
  const again = mergeTopologies([text, { ...text, source: "later" }]);
  expect(anonymous(again.topology)).toEqual(anonymous(text));
  expect(again.findings).toEqual([]);
});

test("devices with addresses but without a tree get the tree of a text without addresses", () => {
  const machine = hgx();
  const flat: Topology = {
    ...machine,
    source: "nvidia-smi",
    pci: machine.accelerators.flatMap(({ address }, i) =>
      machine.pci
        .filter((device) => device.address === address)
        .map((device) => ({ ...device, node: null, parent: null, root: standInRoot(i) })),
    ),
    nics: [],
    links: [],
    interconnects: [],
    partitions: [],
  };
  const { topology, findings } = mergeTopologies([flat, matrixOf(machine)]);
  expect(findings).toEqual([]);
  const [stated, known] = [interconnects(topology), interconnects(machine)];
  const gpus = machine.accelerators.map(({ address }) => address);
  for (const a of gpus) {
    for (const b of gpus) if (a !== b) expect(stated(a, b)).toBe(known(a, b));
    expect(topology.pci.find(({ address }) => address === a)?.node).toBe(
      machine.pci.find(({ address }) => address === a)?.node,
    );
  }
});

test("devices that cannot be matched stay apart, with a finding", () => {
  const machine = hgx();
  const text = matrixOf(machine);
  const first = new Set(text.accelerators.slice(0, 4).map(({ address }) => address));
  const four = {
    ...text,
    accelerators: text.accelerators.slice(0, 4),
    links: text.links.filter(({ a, b }) => first.has(a) && first.has(b)),
  };
  const other = {
    ...text,
    accelerators: text.accelerators.map((one) => ({ ...one, model: "A100-SXM4-40GB" })),
  };
  const swapped = {
    ...text,
    pci: text.pci.map((device) => {
      const order = text.accelerators.findIndex(({ address }) => address === device.address);
      return order < 0 ? device : { ...device, node: order < 4 ? 1 : 0, parent: null };
    }),
  };
  for (const [part, why] of [
    [four, "their number differs"],
    [other, "their models differ"],
    [swapped, "their nodes come in another order"],
  ] as const) {
    const { topology, findings } = mergeTopologies([machine, part]);
    const apart = findings.filter(({ code }) => code === "devices-apart");
    expect(apart.map(({ message }) => message.split(": ")[1])).toEqual([why]);
    expect(topology.accelerators).toHaveLength(8 + part.accelerators.length);
    expect(contradictions(topology)).toEqual([]);
  }
});

test("a node that contradicts a single device is a finding, and the device is still matched", () => {
  const machine = hgx();
  const text = matrixOf(machine);
  const [gpu] = text.accelerators;
  const odd = changed(text, gpu?.address ?? "", { node: 1 });
  const { topology, findings } = mergeTopologies([named(machine, "sysfs"), odd]);
  expect(topology.accelerators).toHaveLength(8);
  expect(findings.map(({ message }) => message)).toEqual([
    `${machine.accelerators[0]?.address}: sysfs says node 0, nvidia-smi says 1`,
  ]);
});

test("a tree whose class for two devices differs from the text's is a finding", () => {
  const machine = syntheticTopology("package:1 core:4 memory:8Gi root*2[gpu:l40s]");
  const [a, b] = machine.accelerators;
  const text = matrixOf(machine);
  const root = standInRoot(0);
  const pix = { ...text, pci: text.pci.map((device) => ({ ...device, root, parent: null })) };
  const { findings } = mergeTopologies([machine, pix]);
  expect(findings.map(({ code, message }) => [code, message])).toEqual([
    [
      "interconnect-differs",
      `${a?.address} and ${b?.address}: synthetic says interconnect NODE, nvidia-smi says PHB`,
    ],
  ]);
});

test("nodes without numbers get those of other sources", () => {
  const machine = hgx();
  const vague = withoutNumbers(matrixOf(machine), () => null);
  expect(vague.unnumberedNodes.map(({ devices }) => devices.length)).toEqual([8, 8]);
  expect(contradictions(vague)).toEqual([]);
  const { topology, findings } = mergeTopologies([vague, machine]);
  expect(findings).toEqual([]);
  expect(topology.nodes).toEqual(machine.nodes);
  expect(topology.pci).toEqual(machine.pci);
});

test("other words for the same fact are not a contradiction", () => {
  const machine = hgx();
  const [model = ""] = machine.accelerators.flatMap((one) => one.model ?? []);
  expect(model).toBe("H100 SXM5 80GB");
  const spoken: Topology = {
    ...machine,
    source: "nvidia-smi",
    accelerators: machine.accelerators.map((one) => ({ ...one, model: "NVIDIA H100 80GB HBM3" })),
    nics: machine.nics.map((nic, i) => ({ ...nic, name: `eth${i}`, rdma: null })),
    nodes: machine.nodes.map((node) => ({
      ...node,
      memoryBytes:
        node.memoryBytes === null ? null : Math.floor(node.memoryBytes / 2 ** 20) * 2 ** 20,
    })),
  };
  for (const order of [
    [machine, spoken],
    [spoken, machine],
  ]) {
    const { topology, findings } = mergeTopologies(order);
    expect(findings).toEqual([]);
    expect([topology.nics, topology.nodes]).toEqual([machine.nics, machine.nodes]);
  }
});

test("packages and caches with different numbers agree if they group the cores alike", () => {
  const machine = hgx();
  const renumbered = (id: number | null): number | null => (id === null ? null : id * 36 + 5);
  const numbers: Topology = {
    ...machine,
    source: "lscpu",
    nodes: machine.nodes.map((node) => ({ ...node, package: renumbered(node.package) })),
    cores: machine.cores.map((core) => ({ ...core, package: renumbered(core.package) })),
  };
  const { topology, findings } = mergeTopologies([machine, numbers]);
  expect(findings).toEqual([]);
  expect(anonymous(topology)).toEqual(anonymous(machine));
});

test("sources of different machines are refused", () => {
  const [a, b] = [hgx(), catalogMachine("gb200-tray")];
  if (b === null) throw new Error("the catalog has gb200-tray");
  expect(expectedError(() => mergeTopologies([a, b])).code).toBe("sources-unrelated");
  const cpus = syntheticTopology("package:1 core:4 memory:8Gi");
  const more = syntheticTopology("package:1 core:6 memory:8Gi");
  expect(expectedError(() => mergeTopologies([cpus, more])).code).toBe("sources-unrelated");
});

test("a different number of CPUs on a machine with the same GPUs is one finding", () => {
  const small = syntheticTopology("package:1 core:4 memory:8Gi root[gpu:l40s]");
  const large = { ...syntheticTopology("package:1 core:6 memory:8Gi root[gpu:l40s]"), source: "b" };
  const { topology, findings } = mergeTopologies([small, large]);
  expect(findings.map(({ path, message }) => [path, message])).toEqual([
    ["cores", "the machine: synthetic says that its online CPUs are 0-3, b says 0-5"],
    ["nodes[0].cpus", "node 0: synthetic says CPUs 0-3, b says 0-5"],
  ]);
  expect(topology.cores).toEqual(small.cores);
});

test("sources without a common kind of fact are merged unchecked", () => {
  const machine = hgx();
  const cpus = {
    ...machine,
    source: "lscpu",
    pci: [],
    accelerators: [],
    nics: [],
    links: [],
    interconnects: [],
    partitions: [],
  };
  const gpus = {
    ...machine,
    source: "b",
    cores: [],
    nodes: [],
    distances: null,
    access: [],
    offlineCpus: "",
    pci: machine.pci.map((one) => ({ ...one, node: null })),
  };
  const { topology, findings } = mergeTopologies([cpus, gpus]);
  expect(findings).toEqual([]);
  expect([topology.cores.length, topology.accelerators.length]).toEqual([machine.cores.length, 8]);
});

test("two sources that put two bridges below each other give a cut loop and a finding", () => {
  const device = (address: string, parent: string | null): PciDevice => ({
    address,
    parent,
    root: "pci0000:00",
    class: "060400",
    vendor: null,
    device: null,
    node: null,
    iommuGroup: null,
    driver: null,
    link: null,
    barBytes: null,
    physicalFunction: null,
    ...unknownSettings,
  });
  const base = syntheticTopology("core:1");
  const [x, y] = ["0000:00:01.0", "0000:00:02.0"];
  const one = { ...base, pci: [device(x, null), device(y, x)] };
  const other = { ...base, source: "b", pci: [device(x, y), device(y, null)] };
  const { topology, findings } = mergeTopologies([one, other]);
  expect(contradictions(topology)).toEqual([]);
  expect(findings.map(({ message }) => message)).toEqual([
    `${y}: the sources together put it below itself`,
  ]);
});

test("stand-ins of two sources are never matched by number", () => {
  const machine = syntheticTopology("package:1 core:4 memory:8Gi root*2[gpu:l40s]");
  const text = matrixOf(machine);
  const other = {
    ...text,
    source: "rocm-smi",
    accelerators: text.accelerators.map((one) => ({ ...one, model: "MI300X" })),
  };
  const { topology } = mergeTopologies([
    { ...text, accelerators: text.accelerators.map((one) => ({ ...one, model: "L40S" })) },
    other,
  ]);
  expect(topology.accelerators.map(({ address, model }) => [address, model])).toEqual([
    [standInAddress(0), "L40S"],
    [standInAddress(1), "L40S"],
    [expect.stringMatching(/^ffffff00:/), "MI300X"],
    [expect.stringMatching(/^ffffff00:/), "MI300X"],
  ]);
});

test("a listing without bridges does not contradict a source with bridges", () => {
  const machine = hgx();
  const flat: Topology = {
    ...machine,
    source: "lspci",
    pci: machine.pci.map((device) => ({
      ...device,
      parent: null,
      root: `pci${device.address.slice(0, device.address.lastIndexOf(":"))}`,
    })),
  };
  for (const parts of [
    [machine, flat],
    [flat, machine],
  ]) {
    const { topology, findings } = mergeTopologies(parts);
    expect(findings).toEqual([]);
    expect(topology.pci).toEqual(machine.pci);
  }
});

test("an interconnect that only one source states is taken", () => {
  fc.assert(
    fc.property(withStatedInterconnects(wideTopology), (machine) => {
      const withoutPci: Topology = {
        ...buildTopology({
          ...machine,
          pci: [],
          accelerators: [],
          nics: [],
          links: [],
          partitions: [],
          interconnects: [],
        }),
        source: "numactl",
      };
      for (const parts of [
        [machine, withoutPci],
        [withoutPci, machine],
      ]) {
        const { topology, findings } = mergeTopologies(parts);
        expect(topology.interconnects).toEqual(machine.interconnects);
        expect(findings).toEqual([]);
      }
    }),
  );
});

test("the first source that has an interconnect wins, and differing ones are findings", () => {
  const machine = hgx();
  const [a = "", b = ""] = machine.nics.map(({ address }) => address);
  const places = interconnects(machine)(a, b);
  expect(places).not.toBe("SYS");
  const stated = named(
    buildTopology({ ...machine, interconnects: [{ a, b, class: "SYS" }] }),
    "nvidia-smi",
  );
  const sysfs = named(machine, "sysfs");
  const subject = `${a} and ${b}`;
  const first = mergeTopologies([sysfs, stated]);
  expect(first.topology.interconnects).toEqual([]);
  expect(first.findings.map(({ code, message }) => [code, message])).toEqual([
    ["interconnect-differs", `${subject}: sysfs says interconnect ${places}, nvidia-smi says SYS`],
  ]);
  const second = mergeTopologies([stated, sysfs]);
  expect(second.topology.interconnects).toEqual(stated.interconnects);
  expect(second.findings.map(({ message }) => message)).toEqual([
    `${subject}: nvidia-smi says interconnect SYS, sysfs says ${places}`,
  ]);
});

test("a listing without bridges contradicts no matrix, and the matrix's classes are kept", () => {
  const machine = hgx();
  const used = new Set([...machine.accelerators, ...machine.nics].map(({ address }) => address));
  const listing: Topology = {
    ...machine,
    source: "lspci",
    nodes: [],
    distances: null,
    access: [],
    cores: [],
    l3Caches: [],
    cacheAllocation: null,
    offlineCpus: "",
    pci: machine.pci
      .filter(({ address }) => used.has(address))
      .map((device) => ({
        ...device,
        node: null,
        parent: null,
        root: `pci${device.address.slice(0, device.address.lastIndexOf(":"))}`,
      })),
    links: [],
    partitions: [],
  };
  const known = interconnects(machine);
  for (const parts of [
    [listing, matrixOf(machine)],
    [matrixOf(machine), listing],
  ]) {
    const { topology, findings } = mergeTopologies(parts);
    expect(findings).toEqual([]);
    const stated = interconnects(topology);
    for (const a of used) {
      for (const b of used) if (a !== b) expect(stated(a, b), `${a} ${b}`).toBe(known(a, b));
    }
  }
});

test("classes come from the source that tells them, and two that differ are a finding", () => {
  const of = (text: string, source: string): Topology => {
    return { ...syntheticTopology(`core:4 ${text}`, "m"), source };
  };
  const [blind, classed, other] = [
    of("", "lscpu"),
    of("classes:2-3;0-1", "sysfs"),
    of("classes:0-3", "hwloc"),
  ];
  const known = mergeTopologies([blind, classed]);
  expect(known.topology.cores.map((core) => core.class)).toEqual([1, 1, 0, 0]);
  expect(known.findings).toEqual([]);
  const { topology, findings } = mergeTopologies([classed, other]);
  expect(topology.cores.map((core) => core.class)).toEqual([1, 1, 0, 0]);
  expect(findings).toMatchObject([
    {
      code: "core-differs",
      path: "cores[].class",
      message:
        "the machine: sysfs says that the classes of its cores are CPUs 2-3 | 0-1, hwloc says 0-3",
    },
  ]);
});
