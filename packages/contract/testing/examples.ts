import type { Binding } from "@evenkeel/core/binding/binding.ts";
import type { Calibration, Measured } from "@evenkeel/core/calibration/calibration.ts";
import { emptyCalibration } from "@evenkeel/core/calibration/empty.ts";
import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import { asPlanned } from "@evenkeel/core/testing/evidence/as-planned.ts";
import { type Capacity, fleetCapacity } from "@evenkeel/core/fleet/capacity-document.ts";
import { forecastOf } from "@evenkeel/core/forecast/forecast.ts";
import { invariant } from "@evenkeel/core/invariant.ts";
import { place } from "@evenkeel/core/fleet/place.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import type { Refusal } from "@evenkeel/core/plan/refusal.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { resolveRequest } from "@evenkeel/core/request/resolve.ts";
import type { Flavor, VirtualMachine } from "@evenkeel/core/request/virtual-machine.ts";
import type { WorkloadProfile } from "@evenkeel/core/request/workload-profile.ts";
import { topologyDigest } from "@evenkeel/core/topology/digest.ts";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { verify } from "@evenkeel/core/verify/verify.ts";
import type { Document } from "../src/document.ts";
import type { FleetDocument } from "../src/fleet.ts";
import type { HostPolicyDocument } from "../src/host-policy.ts";

/** Examples of documents for tests, made by the core from this topology. */
export const exampleTopology: Topology = syntheticTopology(
  "package:2 core:4 thread:2 memory:64Gi hugepages:48x1Gi distances:10/21 root*2[gpu:h100-sxm nic:cx7]",
  "small",
);

const exampleFlavor: Flavor = {
  apiVersion: "evenkeel/v1",
  kind: "Flavor",
  metadata: { name: "h100.1" },
  spec: { accelerators: { count: 1, model: "H100" }, vcpus: 4, memory: "16Gi", hugepages: "1Gi" },
  signature: null,
};

const exampleVirtualMachine: VirtualMachine = {
  apiVersion: "evenkeel/v1",
  kind: "VirtualMachine",
  metadata: { name: "llm-a", tenant: "acme" },
  spec: { flavor: "h100.1", nics: { count: 1, rdma: true }, workload: "training" },
};

const exampleProfile: WorkloadProfile = {
  apiVersion: "evenkeel/v1",
  kind: "WorkloadProfile",
  metadata: { name: "video-search" },
  spec: {
    computeNs: 12_000_000,
    perAccelerator: { hostToDevice: "512Mi", peer: "1Gi" },
    perVcpu: { memory: "24Mi", writeShare: 0.3, randomShare: 0.2 },
    perNic: { network: "64Mi" },
  },
};

const exampleHostPolicy: HostPolicyDocument = {
  apiVersion: "evenkeel/v1",
  kind: "HostPolicy",
  reserved: { coresPerNode: 1, cpus: null, memoryPerNode: "4Gi" },
  accelerators: ["10de:*:0302"],
  nics: null,
};

function answer(vm: VirtualMachine): Plan | Refusal {
  const host = { topology: exampleTopology, taken: [], policy: defaultHostPolicy };
  return place([host], resolveRequest(vm, [exampleFlavor]));
}

const placed = answer(exampleVirtualMachine);
invariant(placed.kind === "Plan", "the example fits on the example host");
export const examplePlan: Plan = placed;

const refused = answer({ ...exampleVirtualMachine, spec: { flavor: "h100.1", memory: "1Ti" } });
invariant(refused.kind === "Refusal", "a terabyte does not fit on the example host");
const exampleRefusal: Refusal = refused;

const exampleRequest = resolveRequest(exampleVirtualMachine, [exampleFlavor]);
const exampleCapacity: Capacity = fleetCapacity(
  [{ topology: exampleTopology, taken: [examplePlan], policy: defaultHostPolicy }],
  [exampleRequest],
  [{ flavor: exampleRequest, slots: 1 }],
);

const exampleEvidence: Evidence = asPlanned(examplePlan);
const exampleReport = exampleEvidence.guest;
invariant(exampleReport !== null, "a guest that runs as planned reports");

const exampleFleet: FleetDocument = {
  apiVersion: "evenkeel/v1",
  kind: "Fleet",
  defaults: { policy: "policy.yaml", taken: ["plans"] },
  hosts: [
    { name: "gpu-01", sources: ["ssh:gpu-01", "nvidia-smi:topo.txt"], taken: ["gpu-01-*.json"] },
    { name: "gpu-02", sources: ["sysfs:gpu-02.tar"], policy: { reserved: { coresPerNode: 2 } } },
  ],
};

const exampleBinding: Binding = {
  apiVersion: "evenkeel/v1",
  kind: "Binding",
  mode: "node",
  accelerators: [{ address: "0000:16:00.0", model: "H100 SXM5 80GB", node: 0 }],
  cpus: "0-7",
  memoryNodes: "0",
  memory: "strict",
  threads: 4,
  nics: null,
  reasons: ["GPU 0000:16:00.0 is on node 0"],
  unknowns: [],
};

const around = (median: number): Measured => ({
  median,
  least: median * 0.98,
  most: median * 1.05,
  samples: 9,
});

const exampleCalibration: Calibration = {
  ...emptyCalibration("evenkeel", "dependent reads, a line each"),
  host: "small",
  topologyDigest: topologyDigest(exampleTopology),
  measuredAt: "2026-01-31T12:00:00.000Z",
  memory: [0, 1].map((target) => ({
    initiator: 0,
    target,
    readLatencyNs: around(80 + 60 * target),
    oneCore: null,
    allCores: {
      readBytesPerSecond: around(113e9 - 79e9 * target),
      writeBytesPerSecond: null,
      copyBytesPerSecond: null,
    },
    pageBytes: 2 ** 30,
    witness: { cpus: "0-7", pages: [{ node: target, count: 4 }] },
  })),
  total: [{ traffic: "reads", threads: 8, bytesPerSecond: around(226e9) }],
  loaded: [{ initiator: 0, target: 0, points: [{ bytesPerSecond: 2.2e9, latencyNs: 82.2 }] }],
  copies: [
    {
      node: 0,
      accelerator: "0000:16:00.0",
      index: 0,
      hostToDeviceBytesPerSecond: around(26e9),
      deviceToHostBytesPerSecond: null,
      togetherHostToDeviceBytesPerSecond: null,
      togetherDeviceToHostBytesPerSecond: null,
    },
  ],
  peers: [
    {
      from: "0000:16:00.0",
      fromIndex: 0,
      to: null,
      toIndex: 1,
      bytesPerSecond: around(270e9),
      bothWaysBytesPerSecond: null,
      latencyNs: null,
    },
  ],
  warnings: ["this machine was busy"],
};

/** One document of every kind but GuestContract. */
export const exampleDocuments: readonly Document[] = [
  exampleTopology,
  exampleFlavor,
  exampleProfile,
  exampleVirtualMachine,
  exampleHostPolicy,
  exampleFleet,
  examplePlan,
  forecastOf({ topology: exampleTopology, taken: [], policy: defaultHostPolicy }, examplePlan),
  exampleRefusal,
  exampleCapacity,
  exampleEvidence,
  exampleReport,
  exampleBinding,
  exampleCalibration,
  verify(examplePlan, {
    ...exampleEvidence,
    process: null,
    kernel: { ...exampleEvidence.kernel, numaBalancing: 1 },
  }),
];
