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
import { readKubernetes } from "./read-node-resources.ts";

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
  const topology = readKubernetes(zones, "zones.yaml");
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
  expect(readKubernetes(cut, "zones.yaml").distances).toBeNull();
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
  const topology = readKubernetes(text, "slices.json");
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
  expect(topology.nics).toEqual([
    { address: "0000:1c:00.0", name: "ens1", rdma: false, ports: null },
  ]);
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
  const { accelerators } = readKubernetes(sliceOf("gpu.nvidia.com", devices), "mig.json");
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
  expect(readKubernetes(old, "old.json").accelerators[0]?.memoryBytes).toBe(40 * GiB);
  const example = { name: "gpu-0", attributes: { model: { string: "LATEST" }, index: { int: 0 } } };
  const { accelerators } = readKubernetes(sliceOf("gpu.example.com", [example]), "x.json");
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
  const { cores, nodes } = readKubernetes(text, "cpus.json");
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

type Values = Readonly<Record<string, unknown>>;

const device = (name: string, attributes: Values, capacity: Values = {}): Values => ({
  name,
  attributes: Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [key, typedValue(value)]),
  ),
  capacity: Object.fromEntries(Object.entries(capacity).map(([key, value]) => [key, { value }])),
});

function typedValue(value: unknown): unknown {
  if (Array.isArray(value)) return { [typeof value[0] === "number" ? "ints" : "strings"]: value };
  const name = typeof value === "number" ? "int" : typeof value === "boolean" ? "bool" : "string";
  return { [name]: value };
}

/** What is read, and what is noted. */
function noted(text: string): { readonly topology: Topology; readonly notes: readonly string[] } {
  const notes: string[] = [];
  return { topology: readKubernetes(text, "x", (sentence) => notes.push(sentence)), notes };
}

test("AMD's driver: addresses, names, ids, partitions, and what it would make of a GPU", () => {
  const whole = device(
    "gpu-56-184",
    {
      type: "amdgpu",
      pciAddr: "0003:00:04.0",
      productName: "AMD_Instinct_MI300X_OAM",
      partitionProfile: "spx_nps1",
      deviceID: "8462659767828489944",
      "gpu.amd.com/numaNode": 1,
      "resource.kubernetes.io/pcieRoot": "pci0003:00",
    },
    { memory: "196592Mi", computeUnits: "304" },
  );
  const part = (n: number): unknown =>
    device(
      `gpu-${n}-130`,
      {
        type: "amdgpu-partition",
        deviceID: "0x74a1",
        partitionProfile: "cpx_nps4",
        "resource.kubernetes.io/pciBusID": "0000:19:00.0",
      },
      { memory: "0" },
    );
  const offered = device("gpu-2-cpx-nps4", {
    type: "amdgpu-partition",
    computePartition: "cpx",
    memoryPartition: "nps4",
    pciAddr: "0000:29:00.0",
  });
  const vfio = device("vf", { type: "vfio", pciAddr: "0003:00:04.0", vendorID: "0x1002" });
  const { topology, notes } = noted(
    sliceOf("gpu.amd.com", [whole, part(0), part(1), offered, vfio]),
  );
  expect(
    topology.pci.map(({ address, root, node, device: id }) => [address, root, node, id]),
  ).toEqual([
    ["0000:19:00.0", expect.stringContaining("pciffffff00"), null, "74a1"],
    ["0003:00:04.0", "pci0003:00", 1, null],
  ]);
  expect(topology.accelerators).toMatchObject([
    {
      address: "0000:19:00.0",
      model: "Instinct MI300X",
      migEnabled: null,
      memoryBytes: null,
      instances: [
        { profile: "cpx_nps4", memoryBytes: null },
        { profile: "cpx_nps4", memoryBytes: null },
      ],
    },
    {
      address: "0003:00:04.0",
      model: "Instinct MI300X OAM",
      memoryBytes: 196592 * MiB,
      profile: null,
    },
  ]);
  expect(notes).toEqual([
    "the output of kubectl in x also has partitionProfile, deviceID, computeUnits, " +
      "what GPUs could be divided into: not used",
  ]);
});

test("NVIDIA's driver: vGPUs, module numbers, fabric partitions, nodes as a list", () => {
  const gpuOf = (slot: number, attributes: Values): unknown =>
    device(`gpu-${slot}`, {
      type: "gpu",
      productName: "NVIDIA H200",
      "resource.kubernetes.io/pciBusID": `0000:${slot}b:00.0`,
      gpuModuleID: slot,
      "resource.kubernetes.io/numaNode": [0],
      ...attributes,
    });
  const { topology, notes } = noted(
    sliceOf("gpu.nvidia.com", [
      gpuOf(1, { partition1: 7, partition2: 3, partition4: 1 }),
      gpuOf(2, { partition1: 8, partition2: 3, partition4: 1, numaNode: [1] }),
      gpuOf(3, { partition1: 9, "resource.kubernetes.io/numaNode": [0, 1] }),
    ]),
  );
  expect(topology.accelerators.map(({ moduleId }) => moduleId)).toEqual([1, 2, 3]);
  expect(topology.pci.map(({ node }) => node)).toEqual([0, 0, null]);
  expect(topology.partitions).toEqual([
    { id: 3, accelerators: ["0000:1b:00.0", "0000:2b:00.0"], active: null },
    { id: 7, accelerators: ["0000:1b:00.0"], active: null },
    { id: 8, accelerators: ["0000:2b:00.0"], active: null },
    { id: 9, accelerators: ["0000:3b:00.0"], active: null },
  ]);
  expect(notes).toEqual([
    "the output of kubectl in x is not whole: it lacks 2 of the 4 GPUs of fabric partition 1",
    "the output of kubectl in x also has numaNode: not used",
  ]);
});

test("vGPUs of one type are there, of several types they are what could be made", () => {
  const vgpu = (profile: string, memory: string): unknown => ({
    ...device(`vgpu-${profile}`, {
      type: "vgpu",
      profile,
      productName: "NVIDIA L40S",
      uuid: "GPU-1",
      "resource.kubernetes.io/pciBusID": "0000:65:00.0",
    }),
    consumesCounters: [{ counterSet: "gpu-0", counters: { framebuffer: { value: memory } } }],
  });
  const one = noted(sliceOf("gpu.nvidia.com", [vgpu("NVIDIA L40S-12Q", "12Gi")])).topology;
  expect(one.accelerators).toMatchObject([
    {
      address: "0000:65:00.0",
      model: "L40S",
      uuid: "GPU-1",
      memoryBytes: null,
      migEnabled: null,
      instances: [{ profile: "NVIDIA L40S-12Q", uuid: null, memoryBytes: 12 * GiB }],
    },
  ]);
  const { topology, notes } = noted(
    sliceOf("gpu.nvidia.com", [vgpu("L40S-12Q", "12Gi"), vgpu("L40S-24Q", "24Gi")]),
  );
  expect(topology.accelerators).toMatchObject([{ instances: [] }]);
  expect(notes.join()).toMatch(/vGPUs that could be made \(L40S-12Q\), .*L40S-24Q/);
  // vGPUs may be made of MIG instances: with one of these the GPU is in MIG mode.
  const mig = device("mig-0", {
    type: "mig",
    profile: "1g.6gb",
    uuid: "MIG-0",
    parentUUID: "GPU-1",
  });
  const both = sliceOf("gpu.nvidia.com", [mig, vgpu("L40S-12Q", "12Gi"), vgpu("L40S-24Q", "24Gi")]);
  expect(noted(both).topology.accelerators).toMatchObject([
    { migEnabled: true, instances: [{ profile: "1g.6gb", uuid: "MIG-0" }] },
  ]);
});

test("Intel's drivers: the name of a device has its address and its id", () => {
  const { topology } = noted(
    sliceOf("gpu.intel.com", [
      {
        name: "0000-03-00-0-0x56a0",
        basic: { attributes: { family: { string: "Arc" }, model: { string: "A770" } } },
      },
      device(
        "0000-0f-00-0-0x0bda",
        { model: "Unknown", pciAddress: "0000:0f:00.0", pciId: "0x0bda", pciRoot: "0c" },
        { memory: "0" },
      ),
    ]),
  );
  expect(
    topology.pci.map(({ address, vendor, device: id, root }) => [address, vendor, id, root]),
  ).toEqual([
    ["0000:03:00.0", "8086", "56a0", expect.stringContaining("pciffffff00")],
    ["0000:0f:00.0", "8086", "0bda", "pci0000:0c"],
  ]);
  expect(topology.accelerators.map(({ model, memoryBytes }) => [model, memoryBytes])).toEqual([
    ["Arc A770", null],
    ["Data Center GPU Max 1100", null],
  ]);
  const gaudi = noted(sliceOf("gaudi.intel.com", [device("0000-19-00-0-0x1020", { serial: "x" })]));
  expect(gaudi.topology.accelerators).toMatchObject([{ address: "0000:19:00.0", model: "Gaudi2" }]);
});

test("CPUs that are grouped by node tell nodes and host bridges, and no CPU", async () => {
  const group = (node: number, roots: readonly string[]): unknown =>
    device(
      `cpudevnuma00${node}`,
      {
        "dra.cpu/numCPUs": 31,
        "dra.cpu/smtEnabled": true,
        "resource.kubernetes.io/numaNode": node,
        "dra.net/numaNode": node,
        "resource.kubernetes.io/pcieRoot": roots,
      },
      { "dra.cpu/cpu": "31" },
    );
  const { topology, notes } = noted(
    `[${sliceOf("dra.cpu", [group(0, ["pci0000:00", "pci0000:15"]), group(1, ["pci0000:40", "pci0000:00"])])},${sliceOf("gpu.nvidia.com", [gpu])}]`.replace(
      /^\[([^]*)\]$/,
      `{"kind":"List","apiVersion":"v1","items":[$1]}`,
    ),
  );
  expect(topology.nodes.map(({ id, cpus, hugepages }) => [id, cpus, hugepages])).toEqual([
    [0, null, null],
    [1, null, null],
  ]);
  // The GPU's own driver knows no node; its host bridge is next to node 0's CPUs alone.
  expect(topology.pci.map(({ address, node }) => [address, node])).toEqual([["0000:1b:00.0", 0]]);
  expect(notes).toEqual([
    "the output of kubectl in x is not whole: it lacks the numbers of CPUs",
    "the output of kubectl in x also has smtEnabled, cpu: not used",
  ]);
  const sockets = sliceOf("dra.cpu", [
    device("s0", { "dra.cpu/numCPUs": 8, "dra.cpu/socketID": 0 }),
  ]);
  const error = await codedError("document-invalid", () => readKubernetes(sockets, "x"));
  expect(error.message).toBe("tells of no NUMA node, no CPU's number and no PCI device");
});

test("memory by node, in pages of each size", () => {
  const memory = (node: number, pageSize: string, hugeTLB: boolean, size: string): unknown =>
    device(`m-${pageSize}`, { "dra.memory/numaNode": node, pageSize, hugeTLB }, { size });
  const { topology } = noted(
    sliceOf("dra.memory", [
      memory(0, "4k", false, "128Gi"),
      memory(0, "2m", true, "1024"),
      memory(0, "1g", true, "32Gi"),
      memory(1, "4k", false, "64Gi"),
    ]),
  );
  expect(topology.nodes.map(({ memoryBytes, hugepages }) => [memoryBytes, hugepages])).toEqual([
    [
      128 * GiB,
      [
        { sizeBytes: 2 * MiB, total: 1024, free: null },
        { sizeBytes: GiB, total: 32, free: null },
      ],
    ],
    [64 * GiB, null],
  ]);
});

test("slices of v1alpha2, old generations of a pool, and slices that are missing", () => {
  const alpha2 = {
    apiVersion: "resource.k8s.io/v1alpha2",
    kind: "ResourceSlice",
    nodeName: "n",
    driverName: "gpu.nvidia.com",
    namedResources: {
      instances: [
        {
          name: "gpu-0",
          attributes: [
            { name: "product-name", string: "x" },
            { name: "productName", string: "NVIDIA A100" },
            { name: "memory", quantity: "40Gi" },
          ],
        },
      ],
    },
  };
  expect(readKubernetes(JSON.stringify(alpha2), "x").accelerators).toMatchObject([
    { model: "A100", memoryBytes: 40 * GiB },
  ]);
  const pool = (generation: number, devices: readonly unknown[]): string =>
    sliceOf("gpu.nvidia.com", devices).replace(
      `{"name":"gpu-7"}`,
      `{"name":"gpu-7","generation":${generation},"resourceSliceCount":2}`,
    );
  const two = `{"kind":"List","apiVersion":"v1","items":[${pool(1, [gpu, device("gpu-1", { type: "gpu" })])},${pool(2, [gpu])}]}`;
  const { topology, notes } = noted(two);
  expect(topology.accelerators.length).toBe(1);
  expect(notes).toEqual([
    "the output of kubectl in x is not whole: it lacks 1 of 2 slices of gpu.nvidia.com",
  ]);
});

test("a text whose end is cut off is read as far as it goes", () => {
  const list = `{"kind":"List","apiVersion":"v1","items":[${sliceOf("gpu.nvidia.com", [gpu, { ...gpu, name: "gpu-1" }])}]}`;
  const cut = noted(list.slice(0, list.lastIndexOf(`"uuid"`)));
  // The second GPU is cut before its address.
  expect(
    cut.topology.accelerators.map(({ address, model }) => [isStandIn(address), model]),
  ).toEqual([
    [false, "H100 80GB HBM3"],
    [true, "H100 80GB HBM3"],
  ]);
  expect(cut.notes).toEqual([
    "the output of kubectl in x is not whole: it lacks the end of the text",
  ]);
  const half = noted(zones.slice(0, zones.indexOf("{ name: hugepages-2Mi") + 12));
  expect(half.topology.nodes.map(({ id, memoryBytes }) => [id, memoryBytes])).toEqual([
    [0, 68590714880],
    [1, 128 * GiB],
  ]);
  expect(half.notes[0]).toBe(
    "the output of kubectl in x is not whole: it lacks the end of the text",
  );
  expect(() => readKubernetes(zones.replace("costs: [", "costs: "), "x")).toThrow(/is not YAML/);
});

test("what a NodeResourceTopology says beside its nodes is one note", () => {
  expect(noted(zones).notes).toEqual([
    "the output of kubectl in x also has the number of CPUs of each node, zones of type Socket, " +
      "the kubelet's policies: not used",
  ]);
});

test("a Node and its NodeFeature have GPUs by number, model and PCI id, on no known node", () => {
  const node = `apiVersion: v1
kind: Node
metadata:
  name: gpu-7
  labels:
    kubernetes.io/arch: arm64
    nvidia.com/gpu.count: "2"
    nvidia.com/gpu.machine: NVIDIA-DGX-Spark
    nvidia.com/gpu.memory: "81559"
    nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3
status: { capacity: { cpu: "224", nvidia.com/gpu: "2" } }
`;
  const feature = (count: number): string => `apiVersion: nfd.k8s-sigs.io/v1alpha1
kind: NodeFeature
metadata: { name: gpu-7, labels: { nfd.node.kubernetes.io/node-name: gpu-7 } }
spec:
  features:
    attributes: { memory.numa: { elements: { is_numa: "x", node_count: "${count}" } } }
    instances:
      pci.device:
        elements:
        - attributes: { class: "0302", vendor: 10de, device: "2330" }
        - attributes: { class: "0302", vendor: 10de, device: "2330" }
        - attributes: { class: "0207", vendor: 15b3, device: "1021" }
`;
  const alone = noted(node);
  expect(alone.topology.machine).toMatchObject({
    architecture: "aarch64",
    product: "NVIDIA DGX Spark",
  });
  expect(alone.topology.accelerators.map(({ model, memoryBytes }) => [model, memoryBytes])).toEqual(
    [
      ["H100 80GB HBM3", 81559 * MiB],
      ["H100 80GB HBM3", 81559 * MiB],
    ],
  );
  expect(alone.topology.nodes).toEqual([]);
  const both = noted(`${node}---\n${feature(2)}`);
  expect(both.topology.pci.map(({ vendor, device: id, node: on }) => [vendor, id, on])).toEqual([
    ["10de", "2330", null],
    ["10de", "2330", null],
    ["15b3", "1021", null],
  ]);
  expect([both.topology.accelerators.length, both.topology.nics.length]).toEqual([2, 1]);
  expect(both.notes[0]).toBe(
    "the output of kubectl in x is not whole: it lacks the addresses and NUMA nodes of devices, " +
      "the numbers of its 2 NUMA nodes",
  );
  // The only node of a machine has number 0.
  expect(noted(feature(1)).topology.nodes.map(({ id }) => id)).toEqual([0]);
});

test("a Node without devices is read for its one NUMA node or its architecture", async () => {
  const feature = (rest: string): string =>
    `apiVersion: nfd.k8s-sigs.io/v1alpha1\nkind: NodeFeature\nmetadata: { name: a }\nspec:\n  ${rest}\n`;
  const counted = (count: number): string =>
    feature(`features: { attributes: { memory.numa: { elements: { node_count: "${count}" } } } }`);
  const one = noted(counted(1));
  expect(one.topology.nodes).toMatchObject([{ id: 0, cpus: null, memoryBytes: null }]);
  expect(one.topology.machine.architecture).toBeNull();
  const arm = noted(feature("labels: { kubernetes.io/arch: arm64 }"));
  expect(arm.topology.machine.architecture).toBe("aarch64");
  expect(arm.topology.nodes).toEqual([]);
  for (const text of [counted(2), feature("labels: { zone: b }")]) {
    const error = await codedError("document-invalid", () => noted(text));
    expect(error.message).toBe("tells of no device");
  }
});

describe.skipIf(corpus("field") === null)("slices that people pasted", () => {
  const read = (name: string): Topology =>
    readKubernetes(readFileSync(join(corpus("field") ?? "", name), "utf8"), name);

  test("a GPU of AMD's is at its own address", () => {
    const { accelerators, pci } = read("11a-resourceslice-amd-mi300x.yaml");
    expect(accelerators).toMatchObject([{ address: "0003:00:04.0", memoryBytes: 196592 * MiB }]);
    expect(pci[0]?.root).toBe("pci0003:00");
  });

  test("two GPUs are on node 0, of which nobody tells CPUs or memory", () => {
    const { nodes, pci } = read("11b-resourceslice-cpu-gpu-strings.yaml");
    expect(nodes).toMatchObject([{ id: 0, cpus: null, memoryBytes: null, hugepages: null }]);
    expect(pci.map(({ address, node }) => [address, node])).toEqual([
      ["0000:1b:00.0", 0],
      ["0000:3d:00.0", 0],
    ]);
  });

  test("a vGPU of 12 GiB is part of its GPU, and a node in a list is a node", () => {
    expect(read("29d-nvidia-dra-vgpu.yaml").accelerators).toMatchObject([
      { model: "L40S", instances: [{ profile: "NVIDIA L40S-12Q", memoryBytes: 12 * GiB }] },
    ]);
    const { accelerators, pci } = read("29e-nvidia-dra-numa-ints.yaml");
    expect(accelerators).toMatchObject([{ moduleId: 1, memoryBytes: 40 * GiB }]);
    expect(pci.map(({ node }) => node)).toEqual([0]);
  });
});
