import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { mergeTopologies } from "@evenkeel/core/topology/merge/merge-topologies.ts";
import { isStandIn } from "@evenkeel/core/topology/stand-in.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { unknownParts } from "@evenkeel/core/topology/unknown-settings.ts";
import { GiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { corpus } from "../../testing/corpus.ts";
import { codedError } from "../../testing/expect-error.ts";
import { kubernetesLimits } from "./objects.ts";
import {
  readKubernetes,
  readNodeResourceTopology,
  readResourceSlice,
} from "./read-node-resources.ts";

const zones = `apiVersion: topology.node.k8s.io/v1alpha2
kind: NodeResourceTopology
metadata: { name: gpu-7 }
attributes:
- { name: topologyManagerPolicy, value: single-numa-node }
topologyPolicies: [SingleNUMANodeContainerLevel]
zones:
- name: node-1
  type: Node
  costs: [{ name: node-0, value: 21 }, { name: node-1, value: 10 }]
  resources:
  - { name: cpu, capacity: "16", allocatable: "15" }
  - { name: memory, capacity: 128Gi, allocatable: 120Gi }
  - { name: nvidia.com/gpu, capacity: "2" }
- name: node-0
  type: Node
  costs: [{ name: node-0, value: 10 }, { name: node-1, value: 20 }]
  resources:
  - { name: memory, capacity: "68590714880" }
  - { name: hugepages-1Gi, capacity: 32Gi }
  - { name: hugepages-2Mi, capacity: 0 }
  - { name: nvidia.com/gpu, capacity: 1 }
- name: socket-0
  type: Socket
  resources: [{ name: memory, capacity: 1Gi }]
`;

test("zones are nodes with their memory, huge pages, distances and GPUs", () => {
  const topology = readNodeResourceTopology(zones, "zones.yaml");
  expect(topology.name).toBe("gpu-7");
  expect(topology.nodes.map(({ id, memoryBytes, cpus }) => [id, memoryBytes, cpus])).toEqual([
    [0, 68590714880, null],
    [1, 128 * GiB, null],
  ]);
  expect(topology.nodes[0]?.hugepages).toEqual([
    { sizeBytes: 2 * MiB, total: 0, free: null },
    { sizeBytes: GiB, total: 32, free: null },
  ]);
  expect(topology.distances).toEqual([
    [10, 20],
    [21, 10],
  ]);
  expect(
    topology.pci.map(({ address, node, vendor }) => [isStandIn(address), node, vendor]),
  ).toEqual([
    [true, 0, "10de"],
    [true, 1, "10de"],
    [true, 1, "10de"],
  ]);
  expect(topology.cores).toEqual([]);
});

test("incomplete distances are left out", () => {
  const cut = zones.replace("{ name: node-0, value: 10 }, ", "");
  expect(readNodeResourceTopology(cut, "zones.yaml").distances).toBeNull();
});

test("CPUs are read from Koordinator's annotation", () => {
  const detail = [0, 1, 2, 3].map((id) => ({ id, core: id % 2, socket: 0, node: id % 2 }));
  const annotations = { "node.koordinator.sh/cpu-topology": JSON.stringify({ detail }) };
  const object = {
    apiVersion: "topology.node.k8s.io/v1alpha1",
    kind: "NodeResourceTopology",
    metadata: { name: "n", annotations },
    zones: [0, 1].map((id) => ({ name: `node-${id}`, type: "Node", resources: [] })),
  };
  const { cores, nodes } = readKubernetes(JSON.stringify(object), "n.json");
  expect(cores.map(({ cpus, node }) => [cpus, node])).toEqual([
    ["0,2", 0],
    ["1,3", 1],
  ]);
  expect(nodes.map(({ cpus }) => cpus)).toEqual(["0,2", "1,3"]);
});

const sliceOf = (driver: string, devices: readonly unknown[], nodeName = "gpu-7"): string =>
  JSON.stringify({
    apiVersion: "resource.k8s.io/v1",
    kind: "ResourceSlice",
    metadata: { name: driver },
    spec: { driver, nodeName, pool: { name: nodeName }, devices },
  });

const gpu = {
  name: "gpu-0",
  attributes: {
    type: { string: "gpu" },
    productName: { string: "NVIDIA H100 80GB HBM3" },
    uuid: { string: "GPU-00000000-0000-0000-0000-000000000000" },
    "resource.kubernetes.io/pciBusID": { string: "0000:1B:00.0" },
    "resource.kubernetes.io/pcieRoot": { string: "pci0000:15" },
  },
  capacity: { memory: { value: "80Gi" } },
};

test("slices give GPUs and NICs with the attributes that their drivers publish", () => {
  const nic = {
    name: "nic",
    attributes: {
      "dra.net/ifName": { string: "ens1" },
      "dra.net/numaNode": { int: 1 },
      "dra.net/pciAddress": { string: "0000:1c:00.0" },
      "dra.net/rdma": { bool: false },
      "resource.kubernetes.io/pcieRoot": { string: "pci0000:15" },
    },
  };
  const mig = { name: "mig", attributes: { type: { string: "mig" } } };
  const text = `{"kind":"List","apiVersion":"v1","items":[${sliceOf("gpu.nvidia.com", [gpu, mig])},${sliceOf("dra.net", [nic])}]}`;
  const topology = readResourceSlice(text, "slices.json");
  expect(topology.accelerators).toEqual([
    {
      address: "0000:1b:00.0",
      model: "H100 80GB HBM3",
      uuid: "GPU-00000000-0000-0000-0000-000000000000",
      moduleId: null,
      memoryBytes: 80 * GiB,
      ...unknownParts,
    },
  ]);
  expect(topology.nics).toEqual([{ address: "0000:1c:00.0", name: "ens1", rdma: false }]);
  expect(topology.pci.map(({ root, node }) => [root, node])).toEqual([
    ["pci0000:15", null],
    ["pci0000:15", 1],
  ]);
});

test("existing MIG devices give the instances of a GPU", () => {
  const of = (name: string, attributes: Readonly<Record<string, string>>): unknown => ({
    name,
    attributes: Object.fromEntries(
      Object.entries({ type: "mig", productName: "NVIDIA H100 80GB HBM3", ...attributes }).map(
        ([key, string]) => [key, { string }],
      ),
    ),
    capacity: { memory: { value: "9856Mi" } },
  });
  const parentUUID = "GPU-00000000-0000-0000-0000-000000000000";
  const devices = [
    gpu,
    of("gpu-0-mig-1g10gb-0", { profile: "1g.10gb", uuid: "MIG-a", parentUUID }),
    of("gpu-0-mig-1g10gb-1", { profile: "1g.10gb", uuid: "MIG-b", parentUUID }),
    // What it could be cut into has no UUID, and what names no GPU is a part of none.
    of("gpu-0-mig-3g40gb", { profile: "3g.40gb", parentUUID }),
    of("lost", { profile: "3g.40gb", uuid: "MIG-c" }),
    // A GPU that is cut is not offered itself.
    of("gpu-1-mig", { profile: "7g.80gb", uuid: "MIG-d", parentUUID: "GPU-1" }),
    of("gpu-2-mig", { profile: "7g.80gb", uuid: "MIG-e", pciBusID: "0000:4b:00.0" }),
  ];
  const { accelerators } = readResourceSlice(sliceOf("gpu.nvidia.com", devices), "mig.json");
  const part = (profile: string, uuid: string): unknown => {
    return { profile, uuid, memoryBytes: 9856 * MiB };
  };
  expect(accelerators).toMatchObject([
    { migEnabled: true, instances: [part("1g.10gb", "MIG-a"), part("1g.10gb", "MIG-b")] },
    { address: "0000:4b:00.0", uuid: null, instances: [part("7g.80gb", "MIG-e")] },
    { model: "H100 80GB HBM3", uuid: "GPU-1", memoryBytes: null, instances: [{ uuid: "MIG-d" }] },
  ]);
  expect(accelerators.map(({ profile }) => profile)).toEqual([null, null, null]);
});

test("older versions, other drivers and GPUs without addresses", () => {
  const basic = { name: "gpu-0", basic: { ...gpu, capacity: { memory: "40Gi" } } };
  const old = sliceOf("gpu.nvidia.com", [basic]).replace("/v1", "/v1alpha3");
  expect(readResourceSlice(old, "old.json").accelerators[0]?.memoryBytes).toBe(40 * GiB);
  const example = { name: "gpu-0", attributes: { model: { string: "LATEST" }, index: { int: 0 } } };
  const { accelerators } = readResourceSlice(sliceOf("gpu.example.com", [example]), "x.json");
  expect(accelerators.map(({ address, model }) => [isStandIn(address), model])).toEqual([
    [true, "LATEST"],
  ]);
});

test("CPUs that a driver lists one by one become cores", () => {
  const cpu = (id: number): unknown => ({
    name: `cpudev${id}`,
    attributes: {
      "dra.cpu/cpuID": { int: id },
      "dra.cpu/coreID": { int: id % 4 },
      "dra.cpu/socketID": { int: (id % 4) >> 1 },
      "dra.cpu/numaNodeID": { int: (id % 4) >> 1 },
      "dra.cpu/cacheL3ID": { int: 0 },
    },
  });
  const text = sliceOf("dra.cpu", [...Array(8).keys()].map(cpu));
  const { cores, nodes } = readResourceSlice(text, "cpus.json");
  expect(cores.map((core) => [core.cpus, core.package, core.l3, core.node])).toEqual([
    ["0,4", 0, 0, 0],
    ["1,5", 0, 0, 0],
    ["2,6", 1, 1, 1],
    ["3,7", 1, 1, 1],
  ]);
  expect(nodes.map(({ cpus }) => cpus)).toEqual(["0-1,4-5", "2-3,6-7"]);
});

test("other objects, and objects of several nodes, are refused with a code", async () => {
  const refused: [string, Parameters<typeof codedError>[0]][] = [
    ["", "document-invalid"],
    ["kind: Pod\napiVersion: v1\n", "document-invalid"],
    ["apiVersion: x\nkind: CustomResourceDefinition\n", "document-invalid"],
    [zones.replaceAll("type: Node", "type: Die"), "document-invalid"],
    [zones.replace("name: node-0\n", "name: left\n"), "document-invalid"],
    [zones.replace("name: node-0\n", "name: node-1\n"), "document-invalid"],
    [`${zones}---\n${zones}`, "document-invalid"],
    [zones.replace("capacity: 1 }", "capacity: 1000000 }"), "document-invalid"],
    [`[${sliceOf("a", [gpu])}]`, "document-invalid"],
    [
      `{"kind":"List","apiVersion":"v1","items":[${sliceOf("a", [gpu], "x")},${sliceOf("a", [gpu], "y")}]}`,
      "document-invalid",
    ],
    [sliceOf("a", []), "document-invalid"],
    ["{", "json-malformed"],
    ["[".repeat(1e6), "json-malformed"],
    [`{"kind":"List","items":{"__proto__":null}}`, "document-invalid"],
    ["a: [", "yaml-malformed"],
    [`a: ${"[".repeat(1000)}`, "yaml-malformed"],
    ["a: &a [x]\nb: [*a,*a]\n", "yaml-malformed"],
    ["a: 1\n".repeat(kubernetesLimits.yamlLength), "file-too-large"],
  ];
  for (const [text, code] of refused) await codedError(code, () => readKubernetes(text, "x"));
  const crd = await codedError("document-invalid", () =>
    readKubernetes("apiVersion: x\nkind: CustomResourceDefinition\n", "x"),
  );
  expect(crd.message).toBe("holds CustomResourceDefinition");
});

test("texts at the limit are answered soon", async () => {
  for (const piece of ["a: ", "? ", "*a\n", "a: 1\n", '"']) {
    const text = piece.repeat(kubernetesLimits.yamlLength).slice(0, kubernetesLimits.yamlLength);
    const before = process.cpuUsage();
    expect(() => readKubernetes(text, "x")).toThrow();
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(3000);
  }
});

test("any changed text is a machine or a coded error", async () => {
  const slice = sliceOf("gpu.nvidia.com", [gpu]);
  fc.assert(
    fc.property(
      fc.constantFrom(zones, slice),
      fc.nat(),
      fc.nat(40),
      fc.string({ maxLength: 6 }),
      (text, at, length, replacement) => {
        const start = at % text.length;
        const mutated = text.slice(0, start) + replacement + text.slice(start + length);
        try {
          readKubernetes(mutated, "x");
        } catch (error) {
          expect(error).toHaveProperty("code");
        }
      },
    ),
  );
});

describe.skipIf(corpus("kubernetes") === null)("published objects", () => {
  const folder = corpus("kubernetes") ?? "";
  const read = (name: string): Topology =>
    readKubernetes(readFileSync(join(folder, name), "utf8"), name);
  const files = folder === "" ? [] : readdirSync(folder).filter((name) => name.endsWith(".yaml"));

  test("all are read, except the definition of the kind", () => {
    const refused = files.filter((name) => {
      try {
        return read(name).name === "";
      } catch {
        return true;
      }
    });
    expect(files.length).toBeGreaterThan(8);
    expect(refused).toEqual(["nrt-api-crd.yaml"]);
  });

  test("the slices of one node's drivers are one machine", () => {
    const name = "dra-oci_oke-BM.GPU.GB200-v3.4-resourceslice-";
    const { topology, findings } = mergeTopologies([
      read(`${name}gpu.yaml`),
      read(`${name}dranet.yaml`),
    ]);
    expect(findings).toEqual([]);
    expect([topology.accelerators.length, topology.nics.length]).toEqual([4, 8]);
    expect(topology.nics.every(({ rdma }) => rdma === true)).toBe(true);
    const nodes = topology.nics.map(
      ({ address }) => topology.pci.find((one) => one.address === address)?.node,
    );
    expect(nodes).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
  });
});
