import { expect, test } from "vitest";
import { processor, reported, shaped } from "../../testing/explain/altered/guest.ts";
import { cleanVm, onMachine } from "../../testing/explain/clean.ts";
import { wideVm } from "../../testing/explain/wide.ts";
import { type Evidence, shapeSources } from "../evidence/evidence.ts";
import type { GuestReport } from "../evidence/guest-report.ts";
import type { PciDevice, Topology } from "../topology/topology.ts";
import { diagnose } from "./diagnose.ts";
import { explain } from "./explain.ts";
import { guestCauses } from "./guest-causes.ts";
import type { Judgement } from "./subject/cause.ts";
import { subjectOf } from "./subject/subject.ts";

const clean = cleanVm(0);
const twin = cleanVm(1);

function judged(code: string, evidence: Evidence, other: Evidence | null = null): Judgement {
  const cause = guestCauses.find((one) => one.code === code);
  if (cause === undefined) throw new Error(`no cause ${code}`);
  return cause.judge(subjectOf(evidence), other === null ? null : subjectOf(other));
}

/** What a judgement says, for comparisons: `accused: …`, `acquitted: …`. */
function words(judgement: Judgement): string {
  switch (judgement.kind) {
    case "accused":
      return `accused: ${judgement.accusations.map(({ found }) => found).join("; ")}`;
    case "acquitted":
      return `acquitted: ${judgement.found}`;
    case "unknown":
      return `unknown: ${judgement.why}`;
    case "irrelevant":
      return "irrelevant";
  }
}

const withoutReport = (evidence: Evidence): Evidence => ({ ...evidence, guest: null });
const withoutShapes = (evidence: Evidence): Evidence => ({ ...evidence, shapes: [] });

/** The evidence on a machine with other PCI functions. */
function onPci(evidence: Evidence, change: (device: PciDevice) => Partial<PciDevice>): Evidence {
  return onTopology(evidence, ({ pci }) => ({
    pci: pci.map((device) => ({ ...device, ...change(device) })),
  }));
}

function onTopology(
  evidence: Evidence,
  change: (topology: Topology) => Partial<Topology>,
): Evidence {
  return onMachine(evidence, ({ topology }) => ({
    topology: topology === null ? null : { ...topology, ...change(topology) },
  }));
}

/** On a machine with this processor, of whose flags nobody told. */
const onProcessor = (evidence: Evidence, cpuModel: string | null): Evidence =>
  onMachine(
    onTopology(evidence, ({ machine }) => ({ machine: { ...machine, cpuModel } })),
    ({ settings }) => ({ settings: { ...settings, cpuFlags: null } }),
  );

const flags = (evidence: Evidence, ...own: readonly string[]): Evidence =>
  reported(evidence, ({ cpu }) => ({ cpu: cpu === null ? null : { ...cpu, flags: own } }));

const threads = (evidence: Evidence, threadsPerCore: number | null): Evidence =>
  reported(evidence, ({ cpu }) => ({ cpu: cpu === null ? null : { ...cpu, threadsPerCore } }));

/** Every vCPU may run on these CPUs. */
const floating = (evidence: Evidence, allowedCpus: string): Evidence => ({
  ...evidence,
  threads: (evidence.threads ?? []).map((thread) =>
    thread.role?.kind === "vcpu" ? { ...thread, allowedCpus } : thread,
  ),
});

/** Each vCPU on the first thread of a core of its own, one of them on a CPU that nobody read. */
function onePerCore(evidence: Evidence, unread: number | null = null): Evidence {
  return {
    ...evidence,
    threads: (evidence.threads ?? []).map((thread) => {
      if (thread.role?.kind !== "vcpu") return thread;
      const { id } = thread.role;
      return { ...thread, allowedCpus: id === unread ? null : `${id}` };
    }),
  };
}

/** Nobody knows that the thread of this vCPU is one. */
function nameless(evidence: Evidence, vcpu: number): Evidence {
  return {
    ...evidence,
    threads: (evidence.threads ?? []).map((thread) =>
      thread.role?.kind === "vcpu" && thread.role.id === vcpu ? { ...thread, role: null } : thread,
    ),
  };
}

/** The guest takes all other nodes to be equally far. */
function flatly(evidence: Evidence): Evidence {
  return reported(evidence, (report) => ({
    nodes: (report.nodes ?? []).map((node, from, all) => ({
      ...node,
      distances: all.map((_, to) => (to === from ? 10 : 20)),
    })),
  }));
}

/** Nobody told which memory is of which guest node, and none is bound. */
function nodeless(evidence: Evidence): Evidence {
  const unbound = shaped(evidence, {
    cells: (evidence.shapes[0]?.cells ?? []).map((cell) => ({ ...cell, policy: null })),
  });
  return { ...unbound, memory: (evidence.memory ?? []).map((one) => ({ ...one, cell: null })) };
}

const oneNode: Partial<GuestReport> = {
  nodes: [{ id: 0, cpus: "0-31", memoryBytes: 32 * 2 ** 30, distances: [10] }],
};

const nccl = (evidence: Evidence, change: Partial<NonNullable<GuestReport["nccl"]>>): Evidence =>
  reported(evidence, (report) => ({
    nccl: report.nccl === null ? null : { ...report.nccl, ...change },
  }));

const ports = (evidence: Evidence, maxSpeedGTs: number | null, maxWidth: number | null): Evidence =>
  reported(evidence, (report) => ({
    ports: (report.ports ?? []).map((port) => ({
      ...port,
      link: { speedGTs: 2.5, width: 1, maxSpeedGTs, maxWidth },
    })),
  }));

/** What is seen in a guest, from inside: its own machine, and its report. */
function inside(evidence: Evidence): Evidence {
  const flagged = reported(evidence, ({ cpu }) => ({
    cpu: cpu === null ? null : { ...cpu, flags: [...(cpu.flags ?? []), "hypervisor"] },
  }));
  const shown = flagged.guest?.devices ?? [];
  const known = onTopology({ ...flagged, of: "machine", shapes: [] }, ({ pci, ...topology }) => {
    const addressOf = (vendor: string | null): string =>
      shown.find((one) => one.vendor === vendor)?.address ?? "";
    return {
      pci: pci.map((one) => ({ ...one, address: addressOf(one.vendor) || one.address })),
      accelerators: topology.accelerators.map((one) => ({ ...one, address: addressOf("10de") })),
      nics: topology.nics.map((one) => ({ ...one, address: addressOf("15b3") })),
    };
  });
  return { ...known, devices: [], threads: null, memory: null };
}

test("a VM as wide as four nodes is in order, and nothing is left unlooked at", () => {
  const wide = subjectOf(wideVm());
  const { found, unchecked } = diagnose(wide, wide);
  expect(found.map(({ cause, found: what }) => `${cause.code}: ${what}`)).toEqual([]);
  expect(unchecked).toEqual([]);
});

test.each<[code: string, what: string, evidence: Evidence, said: RegExp]>([
  // Of nodes.
  [
    "vnuma-missing",
    "without a report, by the hypervisor's word",
    withoutReport(shaped(wideVm(), { cells: [] })),
    /^accused: one node, with memory and vCPUs of nodes 0, 1, 2 and 3/,
  ],
  [
    "vnuma-missing",
    "where memory is interleaved on purpose",
    {
      ...reported(shaped(wideVm(), { cells: [] }), () => oneNode),
      memory: (wideVm().memory ?? []).map((mapping) => ({
        ...mapping,
        policy: { mode: "interleave", nodes: "0-3" },
      })),
    },
    /^acquitted: its memory is interleaved/,
  ],
  [
    "port-shared",
    "where accelerators are on the root bus itself",
    {
      ...wideVm(),
      shapes: wideVm().shapes.map((shape) => ({
        ...shape,
        devices: (shape.devices ?? []).map((device) => ({ ...device, above: ["pcie.0"] })),
      })),
    },
    /^acquitted/,
  ],
  ["vnuma-missing", "of a VM that one node holds", clean, /^acquitted: one node of the host/],
  [
    "vnuma-missing",
    "where nobody told of nodes",
    withoutReport(withoutShapes(wideVm())),
    /^unknown/,
  ],
  [
    "vnuma-untrue",
    "where a GPU is shown on a node that it does not hang on",
    shaped(wideVm(), {
      devices: (wideVm().shapes[0]?.devices ?? []).map((device, i) => {
        return i === 0 ? { ...device, cell: 3 } : device;
      }),
    }),
    /^accused: \S+ is shown on guest node 3, node 3, and hangs on node 0$/,
  ],
  [
    "vnuma-untrue",
    "where a third of a guest node's memory is elsewhere",
    {
      ...wideVm(),
      memory: (wideVm().memory ?? []).map((mapping, i) => {
        const [own, other] = [
          { node: 0, bytes: 2 * 2 ** 30 },
          { node: 2, bytes: 2 ** 30 },
        ];
        return i === 0 ? { ...mapping, onNodes: [own, other] } : mapping;
      }),
    },
    /^accused: 33\.3 % of guest node 0 is not on node 0$/,
  ],
  [
    "vnuma-untrue",
    "where vCPUs run on another node than their memory",
    floating(wideVm(), "48-63"),
    /^accused: the vCPUs of guest node 0 run on other nodes than its memory, node 0; .*node 1; .*node 2$/,
  ],
  ["vnuma-untrue", "where vCPUs float over all nodes", floating(wideVm(), "0-63"), /^acquitted/],
  [
    "vnuma-untrue",
    "where the memory of no guest node is known",
    {
      ...shaped(wideVm(), {
        cells: (wideVm().shapes[0]?.cells ?? []).map((cell) => ({ ...cell, policy: null })),
      }),
      memory: (wideVm().memory ?? []).map((mapping) => ({ ...mapping, cell: null })),
    },
    /^unknown/,
  ],
  [
    "guest-device-node",
    "in a guest of one node",
    reported(clean, ({ devices }) => ({
      devices: (devices ?? []).map((device) => ({ ...device, node: null })),
    })),
    /^acquitted: the guest has one node/,
  ],
  [
    "guest-device-node",
    "of the guest's own devices, as its disk",
    reported(wideVm(), ({ devices }) => ({
      devices: [
        ...(devices ?? []),
        {
          address: "0000:00:04.0",
          vendor: "1af4",
          device: "1042",
          node: null,
          link: null,
          bars: [],
        },
      ],
    })),
    /^acquitted/,
  ],
  [
    "guest-device-node",
    "where the host does not know the node either",
    onPci(
      {
        ...reported(wideVm(), ({ devices }) => ({
          devices: (devices ?? []).map((device) => ({ ...device, node: null })),
        })),
        devices: [],
      },
      () => ({ node: null }),
    ),
    /^acquitted/,
  ],
  [
    "guest-device-node",
    "without a report, on the root bus",
    withoutReport(
      shaped(wideVm(), {
        devices: (wideVm().shapes[0]?.devices ?? []).map((device, i) =>
          i === 0 ? { ...device, cell: null, above: ["pcie.0"] } : device,
        ),
      }),
    ),
    /^accused: \S+: no node \(-1\)$/,
  ],
  [
    "guest-distances-flat",
    "where the host's nodes are equally far, too",
    onTopology(
      reported(wideVm(), (report) => ({
        nodes: (report.nodes ?? []).map((node) => ({
          ...node,
          distances: [0, 1, 2, 3].map((to) => (to === node.id ? 10 : 20)),
        })),
      })),
      () => ({
        distances: [0, 1, 2, 3].map((from) => [0, 1, 2, 3].map((to) => (from === to ? 10 : 21))),
      }),
    ),
    /^acquitted: its nodes are equally far on the host too/,
  ],
  [
    "guest-distances-flat",
    "without a report, where QEMU is given none",
    withoutReport(
      shaped(wideVm(), {
        cells: (wideVm().shapes[0]?.cells ?? []).map((cell) => ({ ...cell, distances: null })),
      }),
    ),
    /^accused: 20 between all 4 nodes$/,
  ],
  [
    "guest-distances-flat",
    "where the guest did not report them",
    reported(wideVm(), (report) => ({
      nodes: (report.nodes ?? []).map((node) => ({ ...node, distances: null })),
    })),
    /^unknown/,
  ],
  [
    "guest-distances-flat",
    "where nobody told which node stands behind which, on a machine of as many",
    nodeless(flatly(wideVm())),
    /^accused: 20 between all 4 nodes$/,
  ],
  [
    "guest-distances-flat",
    "where nobody told which node stands behind which, on a machine of more",
    onTopology(nodeless(flatly(wideVm())), ({ nodes, distances }) => ({
      nodes: [...nodes, ...nodes.slice(0, 1).map((node) => ({ ...node, id: 4, cpus: "" }))],
      distances: [...(distances ?? []).map((row) => [...row, 14]), [14, 14, 14, 14, 10]],
    })),
    /^unknown/,
  ],
  [
    "guest-device-node",
    "of a device of which nobody told what it is",
    reported(wideVm(), ({ devices }) => ({
      devices: (devices ?? []).map((device, i) => (i === 0 ? { ...device, device: null } : device)),
    })),
    /^unknown/,
  ],
  [
    "vnuma-untrue",
    "where the vCPUs of two guest nodes run on each other's",
    {
      ...wideVm(),
      threads: (wideVm().threads ?? []).map((one) => {
        if (one.role?.kind !== "vcpu" || one.role.id > 15) return one;
        return { ...one, allowedCpus: one.role.id < 8 ? "16-31" : "0-15" };
      }),
    },
    /^accused: the vCPUs of guest node 0 run on other .*; the vCPUs of guest node 1 run on other/,
  ],
  // Of threads.
  [
    "smt-hidden",
    "of vCPUs with a core each",
    onePerCore(threads(processor(clean, { threads: 1 }), 1)),
    /^acquitted: no two of its vCPUs are bound to one core/,
  ],
  [
    "smt-hidden",
    "of vCPUs of which some were not read",
    onePerCore(threads(processor(clean, { threads: 1 }), 1), 3),
    /^unknown/,
  ],
  [
    "smt-hidden",
    "of vCPUs of which one is not known for such",
    nameless(onePerCore(threads(processor(clean, { threads: 1 }), 1)), 3),
    /^unknown/,
  ],
  ["smt-invented", "of vCPUs of which one is not known for such", nameless(clean, 3), /^unknown/],
  [
    "smt-invented",
    "of vCPUs on CPUs of which nobody told the core",
    { ...clean, cores: ["8,24"] },
    /^unknown/,
  ],
  [
    "smt-hidden",
    "of vCPUs that float",
    floating(threads(processor(clean, { threads: 1 }), 1), "0-7,16-23"),
    /^acquitted: no two of its vCPUs are bound to one core/,
  ],
  [
    "smt-hidden",
    "on AMD with topoext, without a report",
    withoutReport(
      onProcessor(
        processor(clean, { features: [{ name: "topoext", on: true }] }),
        "AMD EPYC 9654 96-Core Processor",
      ),
    ),
    /^acquitted: the guest sees 2 threads/,
  ],
  [
    "smt-hidden",
    "on AMD with a model that has topoext, without a report",
    withoutReport(onProcessor(processor(clean, { model: "EPYC-Milan" }), "AMD EPYC 7713")),
    /^acquitted: the guest sees 2 threads/,
  ],
  [
    "smt-hidden",
    "on AMD of unknown name, by a flag of the guest's",
    threads(flags(processor(onProcessor(clean, null), { threads: 2 }), "sse4a", "avx"), 1),
    /^accused: .*topoext/,
  ],
  [
    "smt-hidden",
    "of vCPUs whose CPUs were not read",
    { ...threads(processor(clean, { threads: 1 }), 1), threads: null },
    /^unknown/,
  ],
  ["smt-invented", "of a guest that sees none", threads(clean, 1), /^acquitted/],
  [
    "smt-invented",
    "of vCPUs that float over the node",
    floating(clean, "0-7,16-23"),
    /^accused: vCPUs 0 and 1 are shown as one core, and run on CPUs 0-7,16-23: 8 cores$/,
  ],
  ["smt-invented", "of pairs that float in a core", floating(clean, "3,19"), /^acquitted/],
  ["smt-invented", "where threads were not read", { ...clean, threads: null }, /^unknown/],
  [
    "smt-invented",
    "on a host without threads",
    { ...clean, cores: Array.from({ length: 32 }, (_, cpu) => `${cpu}`) },
    /^accused/,
  ],
  // Of processors.
  [
    "cpu-model-masks",
    "of QEMU's own model without a report",
    withoutReport(processor(onProcessor(clean, null), { model: "qemu64" })),
    /^accused: no avx: the model is qemu64$/,
  ],
  [
    "cpu-model-masks",
    "of a Skylake on a Sapphire Rapids, by the processor's name",
    withoutReport(
      processor(onProcessor(clean, "Intel(R) Xeon(R) Platinum 8480+"), {
        model: "Skylake-Server-IBRS",
      }),
    ),
    /^accused: no amx_tile: the model is Skylake-Server-IBRS$/,
  ],
  [
    "cpu-model-masks",
    "of a Skylake on a Skylake",
    withoutReport(
      processor(onProcessor(clean, "Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz"), {
        model: "Skylake-Server-IBRS",
      }),
    ),
    /^acquitted/,
  ],
  [
    "cpu-model-masks",
    "of a Haswell on an EPYC of Zen 3, which has no AVX-512",
    flags(
      processor(onProcessor(clean, "AMD EPYC 7763 64-Core"), { model: "Haswell" }),
      "avx",
      "avx2",
    ),
    /^acquitted: avx, avx2$/,
  ],
  [
    "cpu-model-masks",
    "of a feature that is taken away",
    withoutReport(processor(clean, { features: [{ name: "avx512f", on: false }] })),
    /^accused: no avx512f: the model is host-passthrough$/,
  ],
  [
    "cpu-model-masks",
    "of a kernel too old to know AMX, with the host's processor",
    flags(clean, "avx", "avx2", "avx512f"),
    /^acquitted: the model is host-passthrough$/,
  ],
  [
    "cpu-model-masks",
    "of a model nobody knows",
    withoutReport(processor(clean, { model: "Future-Server" })),
    /^unknown/,
  ],
  [
    "cpu-model-masks",
    "on aarch64",
    onTopology(clean, ({ machine }) => ({ machine: { ...machine, architecture: "aarch64" } })),
    /^irrelevant$/,
  ],
  // Of ports.
  ["port-link-untrue", "that say more than the device", ports(clean, 64, 32), /^acquitted/],
  [
    "port-link-untrue",
    "of 16 GT/s above a GPU of 32 in a slot of 16",
    onPci(ports(clean, 16, 16), ({ class: code, link }) => ({
      link: code.startsWith("0604") && link !== null ? { ...link, maxSpeedGTs: 16 } : link,
    })),
    /^acquitted/,
  ],
  [
    "port-link-untrue",
    "of an emulated switch",
    ports(clean, 2.5, 1),
    /^accused: the port above 0000:02:00\.0 says 2\.5 GT\/s x1$/,
  ],
  [
    "port-link-untrue",
    "without a report, by QEMU's word",
    withoutReport(
      shaped(clean, {
        devices: (clean.shapes[0]?.devices ?? []).map((device) => ({ ...device, portSpeedGTs: 8 })),
      }),
    ),
    /^accused: the port above \S+ says 8 GT\/s x16$/,
  ],
  [
    "port-link-untrue",
    "of accelerators whose links nobody read",
    onPci(clean, () => ({ link: null })),
    /^unknown/,
  ],
  ["port-link-untrue", "of ports that do not tell", ports(clean, null, null), /^unknown/],
  // Of the window.
  [
    "mmio-window-small",
    "by the kernel's flag",
    reported(clean, ({ devices }) => ({
      devices: (devices ?? []).map((device) => ({
        ...device,
        bars: (device.bars ?? []).map((bar) => ({ ...bar, assigned: bar.bytes < 2 ** 30 })),
      })),
    })),
    /^accused: no room for 128 GiB of 0000:02:00\.0$/,
  ],
  [
    "mmio-window-small",
    "where the host's BARs were not read",
    onPci(clean, () => ({ barBytes: null })),
    /^unknown/,
  ],
  ["mmio-window-small", "without the host", { ...clean, machine: null }, /^unknown/],
  [
    "mmio-window-small",
    "of an earlier report",
    reported(clean, ({ devices }) => ({
      devices: (devices ?? []).map((device) => ({ ...device, bars: null })),
    })),
    /^unknown/,
  ],
  [
    "mmio-window-small",
    "where one of four GPUs alike has a smaller BAR",
    onPci(
      reported(wideVm(), ({ devices }) => ({
        devices: (devices ?? []).map((device) => ({
          ...device,
          bars: (device.bars ?? []).map((bar) => ({ ...bar, bytes: Math.min(bar.bytes, 2 ** 28) })),
        })),
      })),
      ({ address, barBytes }) => ({
        barBytes:
          address === wideVm().devices[0]?.address
            ? (barBytes ?? []).map((bytes) => Math.min(bytes, 2 ** 28))
            : barBytes,
      }),
    ),
    /^acquitted/,
  ],
  // Of NCCL.
  [
    "nccl-file-missing",
    "where the devices share no switch on the host",
    onPci(
      reported(clean, () => ({ nccl: null })),
      (device) => ({ parent: null, root: `pci${device.address.slice(0, 7)}` }),
    ),
    /^acquitted: no two of its devices share a switch/,
  ],
  [
    "nccl-file-missing",
    "on a machine whose switches nobody read",
    { ...reported(clean, () => ({ nccl: null })), machine: null },
    /^unknown/,
  ],
  [
    "nccl-file-missing",
    "where the guest is shown the switch",
    shaped(
      reported(clean, () => ({ nccl: null })),
      {
        devices: (clean.shapes[0]?.devices ?? []).map((device, i) => ({
          ...device,
          above: [`pci.${i + 4}`, "pci.3", "pci.2", "pci.1"],
        })),
      },
    ),
    /^acquitted: the guest is shown switches/,
  ],
  [
    "nccl-file-missing",
    "of one device, told by three sources",
    {
      ...reported(clean, () => ({ nccl: null })),
      shapes: shapeSources.flatMap((source) => clean.shapes.map((shape) => ({ ...shape, source }))),
    },
    /^accused/,
  ],
  ["nccl-file-missing", "of a guest that did not report", withoutReport(clean), /^unknown/],
  [
    "nccl-file-not-in-force",
    "that lies there and nothing names",
    nccl(clean, { inForce: false, sha256: "a".repeat(64), from: "/etc/evenkeel" }),
    /^accused: the file is there, and neither/,
  ],
  ["nccl-file-not-in-force", "of an earlier report", nccl(clean, { inForce: null }), /^unknown/],
  [
    "nccl-file-slow",
    "that tells the true link of a GPU on four lanes of the chipset",
    onPci(nccl(clean, { slowestLink: { speedGTs: 16, width: 4 } }), ({ link }) => ({
      link: link === null ? null : { ...link, maxSpeedGTs: 16, maxWidth: 4 },
    })),
    /^acquitted/,
  ],
  [
    "nccl-file-slow",
    "where nothing but the file is known",
    { ...nccl(clean, { slowestLink: { speedGTs: 2.5, width: 1 } }), machine: null },
    /^accused/,
  ],
  [
    "nccl-file-slow",
    "of the half, where the links are not known",
    {
      ...nccl(clean, { slowestLink: { speedGTs: 16, width: 16 } }),
      machine: null,
      devices: clean.devices.map((device) => ({ ...device, link: null })),
    },
    /^unknown/,
  ],
  [
    "nccl-file-slow",
    "of the half, by the links of its devices alone",
    { ...nccl(clean, { slowestLink: { speedGTs: 16, width: 16 } }), machine: null },
    /^accused/,
  ],
  ["nccl-file-slow", "of a file not in force", nccl(clean, { inForce: false }), /^irrelevant$/],
  [
    "gpu-direct-off",
    "by the driver, whose cause is another",
    reported(clean, () => ({
      gpuDirect: { enabled: false, why: "GPU Direct RDMA Disabled for HCA 0 'mlx5_0'" },
    })),
    /^acquitted/,
  ],
  [
    "gpu-direct-driver",
    "by the driver",
    reported(clean, () => ({
      gpuDirect: { enabled: false, why: "GPU Direct RDMA Disabled for HCA 0 'mlx5_0'" },
    })),
    /^accused: disabled: the NIC's driver cannot reach GPU memory$/,
  ],
  ["gpu-direct-off", "without a log", reported(clean, () => ({ gpuDirect: null })), /^unknown/],
  [
    "gpu-direct-off",
    "of a VM without a NIC",
    onTopology(
      reported(clean, () => ({ gpuDirect: null })),
      () => ({ nics: [] }),
    ),
    /^irrelevant$/,
  ],
  [
    "guest-acs",
    "of a port above nothing of use",
    reported(clean, (report) => ({
      ports: [
        ...(report.ports ?? []),
        { address: "0000:00:05.0", link: null, acsRedirect: true, below: ["0000:09:00.0"] },
      ],
    })),
    /^acquitted/,
  ],
  [
    "guest-acs",
    "not read for want of root",
    reported(clean, (report) => ({
      ports: (report.ports ?? []).map((port) => ({ ...port, acsRedirect: null })),
    })),
    /^unknown/,
  ],
  [
    "guest-acs",
    "of a circle of ports",
    reported(clean, (report) => ({
      ports: (report.ports ?? []).map((port) => ({
        ...port,
        below: [...port.below, port.address],
      })),
    })),
    /^acquitted/,
  ],
])("%s %s", (code, _what, evidence, said) => {
  expect(words(judged(code, evidence))).toMatch(said);
});

test("a guest's processor is held against its twin's, where both hosts are alike", () => {
  const masked = flags(
    processor(onProcessor(clean, null), { model: "Skylake-Server" }),
    "avx",
    "avx2",
    "avx512f",
  );
  const [alike, other] = [onProcessor(twin, null), onProcessor(twin, "AMD EPYC 9654")];
  expect(words(judged("cpu-model-masks", masked, alike))).toMatch(/^accused: no amx_tile/);
  expect(words(judged("cpu-model-masks", masked, other))).toMatch(/^unknown/);
  expect(words(judged("cpu-model-masks", masked))).toMatch(/^unknown/);
});

test("a guest that was given nodes and shows one was started without them", () => {
  const remedyOf = (evidence: Evidence): string => {
    const judgement = judged("vnuma-missing", evidence);
    return judgement.kind === "accused" ? (judgement.accusations[0]?.remedy.text ?? "") : "";
  };
  expect(remedyOf(reported(wideVm(), () => oneNode))).toMatch(/numa=off/);
  const one = shaped(wideVm(), { cells: (wideVm().shapes[0]?.cells ?? []).slice(0, 1) });
  expect(remedyOf(reported(one, () => oneNode))).toMatch(/^Give the guest 4 nodes/);
  const none = shaped(wideVm(), { cells: [] });
  expect(remedyOf(reported(none, () => oneNode))).toMatch(/^Give the guest 4 nodes/);
  expect(remedyOf(withoutReport(none))).toMatch(/^Give the guest 4 nodes/);
});

test("what is no guest is none of their business, and a guest is seen from inside", () => {
  const process: Evidence = { ...clean, of: "process", shapes: [], guest: null };
  const bare: Evidence = { ...clean, of: "machine", shapes: [] };
  for (const evidence of [process, bare]) {
    const kinds = guestCauses
      .filter(({ code }) => !code.startsWith("gpu-direct"))
      .map((cause) => cause.judge(subjectOf(evidence), null).kind);
    expect(new Set(kinds)).toEqual(new Set(["irrelevant"]));
  }
  const own = inside(clean);
  expect(words(judged("guest-acs", own))).toMatch(/^acquitted/);
  expect(words(judged("vnuma-missing", own))).toMatch(/^unknown/);
  expect(
    words(judged("nccl-file-slow", nccl(own, { slowestLink: { speedGTs: 2.5, width: 1 } }))),
  ).toMatch(/^accused/);
  // Idle, a GPU's link is slow, which says nothing of its port.
  expect(words(judged("port-link-untrue", ports(own, 16, 16)))).toMatch(/^accused/);
  const idle = reported(ports(own, 16, 16), ({ devices }) => ({
    devices: (devices ?? []).map((device) => ({
      ...device,
      link: device.link === null ? null : { ...device.link, speedGTs: 2.5 },
    })),
  }));
  expect(words(judged("port-link-untrue", idle))).toMatch(/^acquitted/);
});

test("what follows from a missing file is told with it, unless both miss it", () => {
  const why = "GPU Direct RDMA Disabled for GPU 2000 / HCA 0 (distance 7 > 4)";
  const without = (evidence: Evidence): Evidence => reported(evidence, () => ({ nccl: null }));
  const far = reported(without(clean), () => ({ gpuDirect: { enabled: false, why } }));
  const told = (b: Evidence): string[] =>
    explain(far, b).differences.map(
      ({ code, in: side, leadsTo }) => `${side} ${code} -> ${leadsTo.join()}`,
    );
  expect(told(twin)).toEqual(["a nccl-file-missing -> gpu-direct-off"]);
  expect(told(without(twin))).toEqual([
    "a gpu-direct-off -> ",
    "both nccl-file-missing -> gpu-direct-off",
  ]);
});

test("a public case: an injected file of 2.5 GT/s x1, and GPU Direct RDMA off", () => {
  // https://github.com/NVIDIA/nccl/issues/749: a file that was dumped below QEMU's x3130-upstream.
  const slow = reported(nccl(clean, { slowestLink: { speedGTs: 2.5, width: 1 } }), () => ({
    gpuDirect: {
      enabled: false,
      why: "GPU Direct RDMA Disabled for GPU 2000 / HCA 0 (distance 5 > 4)",
    },
  }));
  const { differences, twins } = explain(slow, twin);
  expect(twins).toBe(false);
  expect(differences.map(({ code, in: side }) => `${side} ${code}`)).toEqual([
    "a nccl-file-slow",
    "a gpu-direct-off",
  ]);
  expect(differences[0]?.remedy.text).toMatch(/link_speed and link_width/);
});

test.each([
  ["as the guest sees it", (evidence: Evidence) => threads(evidence, 1), "directly"],
  ["before anybody looked into the guest", withoutReport, "inferred"],
] as const)("a public case: threads='2' on AMD without topoext, %s", (_what, seen, how) => {
  // https://github.com/cockpit-project/cockpit-machines/issues/2381
  const host = onProcessor(clean, "AMD EPYC 7702P 64-Core Processor");
  const asked = seen(processor(host, { model: "host-passthrough", threads: 2, features: [] }));
  const judgement = judged("smt-hidden", asked);
  if (judgement.kind !== "accused") throw new Error(words(judgement));
  const [accusation] = judgement.accusations;
  expect(accusation).toMatchObject({
    expected: "2 threads per core, as asked for",
    seen: how,
  });
  expect(accusation?.found).toMatch(/^1 thread per core.*topoext/);
  expect(accusation?.remedy.text).toContain("name='topoext'");
  // Nothing is invented where nothing is shown.
  expect(judged("smt-invented", floating(asked, "0-7,16-23")).kind).toBe("acquitted");
  const intel = onProcessor(asked, "Intel(R) Xeon(R) Gold 6430");
  expect(judged("smt-hidden", withoutReport(intel)).kind).toBe("acquitted");
});
