import type { Evidence, ShapeCpu, ShapeEvidence } from "../../../src/evidence/evidence.ts";
import type { GuestReport } from "../../../src/evidence/guest-report.ts";
import { wideVm } from "../wide.ts";
import type { Alteration } from "./alteration.ts";

/** What the guest is shown. Those of several nodes are of a VM as wide as its machine. */
export const guestAlterations: readonly Alteration[] = [
  {
    code: "guest-clocksource-slow",
    what: "the guest tells the time by an emulated HPET",
    alter: (evidence) => reported(evidence, () => ({ clocksource: "hpet" })),
  },
  {
    code: "nccl-over-sockets",
    what: "NCCL's log speaks of sockets",
    alter: (evidence) => reported(evidence, () => ({ ncclNetwork: "Socket" })),
  },
  {
    code: "guest-confidential",
    what: "its memory is encrypted by TDX",
    alter: (evidence) => shaped(evidence, { confidential: "tdx" }),
  },
  {
    code: "port-shared",
    what: "two accelerators are behind one port of the guest",
    alterTwin: wideVm,
    alter: () => {
      const vm = wideVm();
      const shared = (shape: ShapeEvidence): ShapeEvidence => ({
        ...shape,
        devices: (shape.devices ?? []).map((device, _, all) => {
          return { ...device, above: all[0]?.above ?? [] };
        }),
      });
      return { ...vm, shapes: vm.shapes.map(shared) };
    },
  },
  {
    code: "vnuma-missing",
    what: "a VM on four nodes is shown one",
    alterTwin: wideVm,
    alter: () =>
      reported(shaped(wideVm(), { cells: [] }), ({ devices }) => ({
        nodes: [{ id: 0, cpus: "0-31", memoryBytes: 32 * 2 ** 30, distances: [10] }],
        devices: (devices ?? []).map((device) => ({ ...device, node: null })),
      })),
  },
  {
    code: "vnuma-untrue",
    what: "two guest nodes have each other's memory",
    alterTwin: wideVm,
    alter: () => {
      const vm = wideVm();
      const exchanged = [1, 0, 2, 3];
      return {
        ...vm,
        memory: (vm.memory ?? []).map((mapping, i) => {
          const node = exchanged[i] ?? i;
          return {
            ...mapping,
            policy: { mode: "bind", nodes: `${node}` },
            onNodes: mapping.onNodes.map(({ bytes }) => ({ node, bytes })),
          };
        }),
      };
    },
  },
  {
    code: "guest-device-node",
    what: "an accelerator is on node -1 in a guest of four nodes",
    alterTwin: wideVm,
    alter: () =>
      reported(wideVm(), ({ devices }) => ({
        devices: (devices ?? []).map((device, i) => (i === 0 ? { ...device, node: null } : device)),
      })),
  },
  {
    code: "guest-distances-flat",
    what: "all nodes are 20 apart in the guest, and 12 or 32 on the host",
    alterTwin: wideVm,
    alter: () =>
      reported(wideVm(), ({ nodes }) => ({
        nodes: (nodes ?? []).map((node) => ({
          ...node,
          distances: [0, 1, 2, 3].map((to) => (to === node.id ? 10 : 20)),
        })),
      })),
  },
  {
    code: "smt-hidden",
    what: "two vCPUs of each core are shown as cores",
    alter: (evidence) =>
      reported(processor(evidence, { cores: 8, threads: 1 }), ({ cpu }) => ({
        cpu: cpu === null ? null : { ...cpu, coresPerSocket: 8, threadsPerCore: 1 },
      })),
  },
  {
    code: "smt-invented",
    what: "siblings in the guest are on two cores",
    alter: (evidence) => ({
      ...evidence,
      threads: (evidence.threads ?? []).map((thread) => {
        const { role } = thread;
        if (role?.kind !== "vcpu") return thread;
        // vCPUs 0 to 3 on the first threads of cores 1 to 4, 4 to 7 on their second ones.
        const cpu = 1 + (role.id % 4) + Math.floor(role.id / 4) * 16;
        return { ...thread, allowedCpus: `${cpu}`, lastCpu: cpu };
      }),
    }),
  },
  {
    code: "cpu-model-masks",
    what: "the model is kvm64",
    alter: (evidence) =>
      reported(processor(evidence, { model: "kvm64" }), ({ cpu }) => ({
        cpu: cpu === null ? null : { ...cpu, model: "Common KVM processor", flags: [] },
      })),
  },
  {
    code: "port-link-untrue",
    what: "QEMU's root port says 16 GT/s above a GPU of 32",
    alter: (evidence) =>
      reported(evidence, ({ ports }) => ({
        ports: (ports ?? []).map((port) => ({
          ...port,
          link: { speedGTs: 16, width: 16, maxSpeedGTs: 16, maxWidth: 32 },
        })),
      })),
  },
  {
    code: "mmio-window-small",
    what: "the kernel gave up the GPU's BAR of 128 GiB",
    alter: (evidence) =>
      reported(evidence, ({ devices }) => ({
        devices: (devices ?? []).map((device) => ({
          ...device,
          bars: (device.bars ?? []).filter(({ bytes }) => bytes < 2 ** 30),
        })),
      })),
  },
  {
    code: "nccl-file-missing",
    what: "no topology file, and a switch that the guest does not see",
    alter: (evidence) => reported(evidence, () => ({ nccl: null })),
  },
  {
    code: "nccl-file-not-in-force",
    what: "the file that is named does not exist",
    alter: (evidence) =>
      reported(evidence, ({ nccl }) => ({
        nccl: nccl === null ? null : { ...nccl, sha256: null, inForce: false, slowestLink: null },
      })),
  },
  {
    code: "nccl-file-slow",
    what: "the file says 2.5 GT/s x1",
    alter: (evidence) =>
      reported(evidence, ({ nccl }) => ({
        nccl: nccl === null ? null : { ...nccl, slowestLink: { speedGTs: 2.5, width: 1 } },
      })),
  },
  {
    code: "gpu-direct-off",
    what: "NCCL's log says that GPU Direct RDMA is disabled by distance",
    alter: (evidence) =>
      reported(evidence, () => ({
        gpuDirect: {
          enabled: false,
          why: "GPU Direct RDMA Disabled for GPU 2000 / HCA 0 (distance 7 > 4)",
        },
      })),
  },
  {
    code: "gpu-direct-driver",
    what: "NCCL's log says that GPU Direct RDMA is disabled for the NIC",
    alter: (evidence) =>
      reported(evidence, () => ({
        gpuDirect: { enabled: false, why: "GPU Direct RDMA Disabled for HCA 0 'mlx5_0'" },
      })),
  },
  {
    code: "guest-acs",
    what: "the guest's ports redirect",
    alter: (evidence) =>
      reported(evidence, ({ ports }) => ({
        ports: (ports ?? []).map((port) => ({ ...port, acsRedirect: true })),
      })),
  },
];

/** The evidence with another report of the guest. */
export function reported(
  evidence: Evidence,
  change: (report: GuestReport) => Partial<GuestReport>,
): Evidence {
  const { guest } = evidence;
  return guest === null ? evidence : { ...evidence, guest: { ...guest, ...change(guest) } };
}

/** The evidence with its VM put together otherwise. */
export function shaped(evidence: Evidence, change: Partial<Evidence["shapes"][number]>): Evidence {
  return { ...evidence, shapes: evidence.shapes.map((shape) => ({ ...shape, ...change })) };
}

/** The evidence with another processor for the guest. */
export function processor(evidence: Evidence, change: Partial<ShapeCpu>): Evidence {
  const shapes = evidence.shapes.map((shape) => ({
    ...shape,
    cpu: shape.cpu === null ? null : { ...shape.cpu, ...change },
  }));
  return { ...evidence, shapes };
}
