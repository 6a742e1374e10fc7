import { expect, test } from "vitest";
import { expectedError } from "../../testing/topology/merge/expected-error.ts";
import { matrixOf } from "../../testing/topology/merge/matrix-of.ts";
import { withoutNumbers } from "../../testing/topology/without-numbers.ts";
import { buildTopology } from "./build.ts";
import { catalogMachine, catalogNames } from "./catalog/catalog.ts";
import { contradictions } from "./check.ts";
import { diffTopologies } from "./diff/diff-topologies.ts";
import { topologyDigest } from "./digest.ts";
import { interconnects } from "./interconnect.ts";
import { mergeTopologies } from "./merge/merge-topologies.ts";
import { syntheticTopology } from "./synthetic/build.ts";
import type { Topology, UnnumberedNode } from "./topology.ts";

/** What is known of a node whose number nobody told: its devices, and CPUs near them. */

const machine = syntheticTopology("package:2 core:4 distances:10/21 root*2[gpu:l40s] iommu:on");
const [g0 = "", g1 = "", g2 = "", g3 = ""] = machine.accelerators.map(({ address }) => address);
const bare: Topology = { ...withoutNumbers(machine), cores: [], unnumberedNodes: [] };
const told = (...unnumberedNodes: readonly UnnumberedNode[]): Topology => ({
  ...bare,
  unnumberedNodes,
});
const node = (cpus: string | null, ...devices: readonly string[]): UnnumberedNode => ({
  devices,
  cpus,
});

/** The machine's own reading, with no node of a device. */
const kernel: Topology = {
  ...machine,
  source: "sysfs",
  pci: machine.pci.map((device) => ({ ...device, node: null })),
};

const nodesOf = ({ pci }: Topology): (number | null | undefined)[] =>
  [g0, g1, g2, g3].map((address) => pci.find((device) => device.address === address)?.node);

const digestOfHgx = "sha256:4d9f9e4c7b07c2f90b0baf2927d43f3cfc9f87315cb785e53d48dfe19d3da800";

const messages = (a: Topology, b: Topology): string[] =>
  diffTopologies(a, b).map(({ message }) => message);

test("they are in one order, and those that say nothing are left out", () => {
  const { pci, accelerators, name, source } = bare;
  const built = buildTopology({
    name,
    source,
    pci: pci.map((device) => (device.address === g3 ? { ...device, node: 0 } : device)),
    nodes: [{ id: 0, cpus: null, memoryBytes: null, kind: null, hugepages: null }],
    accelerators,
    unnumberedNodes: [node("3,1,2", g2, g3), node(null, g1, g0), node(null, g3), node("0", g3)],
  });
  expect(built.unnumberedNodes).toEqual([node(null, g0, g1), node("1-3", g2)]);
  expect(contradictions(built)).toEqual([]);
});

test.each([
  ["a device that does not exist", node("0", "0000:ff:00.0"), "does not exist"],
  ["devices in another order", node("0", g1, g0), "must ascend"],
  ["a device twice", node("0", g0, g0), "is on two nodes"],
  ["no CPU", node("", g0), "unknown CPUs are null"],
  ["a malformed list", node("3-1", g0), "not a canonical list"],
  ["nothing at all", node(null, g0), "says nothing"],
])("%s is a contradiction", (_, given, message) => {
  const found = contradictions(told(given)).map((one) => one.message);
  expect(found.join("; ")).toContain(message);
});

test("a device on a numbered node is on no other", () => {
  const found = contradictions({ ...machine, unnumberedNodes: [node("0-3", g0)] });
  expect(found.map(({ message }) => message)).toEqual([`${g0} is on node 0`]);
});

test("devices that share one are NODE apart, those near different CPUs SYS, others unknown", () => {
  const classes = (topology: Topology): (string | null)[] =>
    [g1, g2].map((address) => interconnects(topology)(g0, address));
  expect(classes(told(node(null, g0, g1), node(null, g2, g3)))).toEqual(["NODE", null]);
  expect(classes(told(node("0-3", g0, g1), node("4-7", g2, g3)))).toEqual(["NODE", "SYS"]);
  expect(classes(told(node("0-3", g0, g1), node("3-7", g2, g3)))).toEqual(["NODE", null]);
  expect(classes(told(node("0-3", g0)))).toEqual([null, null]);
});

test("they are in the digest and in the differences", () => {
  const [shared, near] = [told(node("0-3", g0, g1)), told(node("0-3", g0))];
  expect(topologyDigest(shared)).not.toBe(topologyDigest(bare));
  // Plans have the digests of machines whose nodes all have numbers.
  expect(catalogMachine("hgx-h100")).toSatisfy(
    (known: Topology) => topologyDigest(known) === digestOfHgx,
  );
  expect(messages(bare, shared)).toEqual([`${g0}, ${g1} are now known to share a node`]);
  expect(messages(shared, bare)).toEqual([`${g0}, ${g1} are no longer known to share a node`]);
  expect(messages(near, bare)).toEqual([`the CPUs near ${g0} became unknown, it was 0-3`]);
  expect(messages(shared, told(node("0-2", g0, g1)))).toEqual([
    `the CPUs near ${g0}, ${g1} changed from 0-3 to 0-2`,
  ]);
  expect(messages(shared, shared)).toEqual([]);
  const gained = messages(shared, { ...machine, cores: [], distances: null });
  expect(gained.filter((message) => message.includes("share"))).toEqual([]);
});

const catalog = catalogNames.flatMap((name) => {
  const found = catalogMachine(name);
  return found === null || found.accelerators.length === 0 ? [] : [found];
});

test.each(catalog.map((one) => [one.name, one] as const))(
  "%s: the numbers that another source knows are found by devices and by CPUs",
  (_, real) => {
    const vague = withoutNumbers(matrixOf(real));
    for (const other of [
      { ...real, source: "sysfs" },
      { ...real, source: "sysfs", accelerators: [], nics: [], pci: [], links: [], partitions: [] },
    ]) {
      for (const parts of [
        [vague, other],
        [other, vague],
      ]) {
        const { topology, findings } = mergeTopologies(parts);
        expect(findings).toEqual([]);
        expect(topology.unnumberedNodes).toEqual([]);
        expect(topology.nodes).toEqual(real.nodes);
        const nodes = topology.accelerators.map(
          ({ address }) => topology.pci.find((device) => device.address === address)?.node,
        );
        expect(nodes).toEqual(
          real.accelerators.map(
            ({ address }) => real.pci.find((device) => device.address === address)?.node,
          ),
        );
      }
    }
  },
);

test("one device with a number gives it to all that share its node", () => {
  const one = {
    ...bare,
    pci: machine.pci.map((d) => (d.address === g3 ? d : { ...d, node: null })),
  };
  const lspci = { ...one, source: "lspci", nodes: machine.nodes.slice(1) };
  const { topology } = mergeTopologies([told(node(null, g0, g1), node(null, g2, g3)), lspci]);
  expect(nodesOf(topology)).toEqual([null, null, 1, 1]);
  expect(topology.unnumberedNodes).toEqual([node(null, g0, g1)]);
});

test("two sources that share a device tell of one node, and no node is invented", () => {
  const { topology, findings } = mergeTopologies([
    told(node(null, g0, g1), node("4-7", g3)),
    { ...told(node("0-3", g1, g2)), source: "other" },
    { ...kernel, nodes: [], cores: [], distances: null, source: "third" },
  ]);
  expect(findings).toEqual([]);
  expect(topology.nodes).toEqual([]);
  expect(topology.unnumberedNodes).toEqual([node("0-3", g0, g1, g2), node("4-7", g3)]);
});

test("CPUs that sources differ in, or that lie on two nodes, name no number", () => {
  const { topology, findings } = mergeTopologies([
    told(node("0-1", g0, g1)),
    { ...told(node("0-3", g0, g1)), source: "other" },
  ]);
  expect(findings.map(({ code, message }) => [code, message])).toEqual([
    ["node-differs", `the node of ${g0}: synthetic says CPUs 0-1, other says 0-3`],
  ]);
  expect(topology.unnumberedNodes).toEqual([node("0-1", g0, g1)]);
  const wide = mergeTopologies([told(node("2-5", g0, g1)), kernel]);
  expect(wide.findings).toEqual([]);
  expect(wide.topology.nodes).toEqual(machine.nodes);
  expect(wide.topology.unnumberedNodes).toEqual([node("2-5", g0, g1)]);
});

test("what was merged with numbers of other nodes is merged again", () => {
  const half: Topology = {
    ...told(node("0-3", g0, g1)),
    nodes: machine.nodes.slice(1),
    distances: [[10]],
  };
  const { topology } = mergeTopologies([half, kernel]);
  expect(nodesOf(topology)).toEqual([0, 0, null, null]);
  expect([topology.nodes, topology.distances]).toEqual([machine.nodes, machine.distances]);
});

test("that two sources tell no CPUs of a node is no sign of one machine", () => {
  const untold = (from: Topology, source: string): Topology => ({
    ...from,
    source,
    nodes: from.nodes.map((one) => ({ ...one, cpus: null })),
    cores: [],
  });
  const another = syntheticTopology("package:2 core:4 root[nic:cx7] root*2[gpu:l40s]");
  const moved = (address: string): string => address.replace("0000:", "0001:");
  const elsewhere: Topology = {
    ...another,
    pci: another.pci.map((device) => ({
      ...device,
      address: moved(device.address),
      parent: device.parent === null ? null : moved(device.parent),
    })),
    accelerators: another.accelerators.map((one) => ({ ...one, address: moved(one.address) })),
    nics: another.nics.map((one) => ({ ...one, address: moved(one.address) })),
  };
  const parts = [untold(machine, "lspci"), untold(elsewhere, "nvidia-smi")];
  expect(expectedError(() => mergeTopologies(parts)).code).toBe("sources-unrelated");
});
