import { isHugepage, type Plan } from "../../src/plan/plan.ts";
import { difference, indexSet, isEmpty } from "../../src/set/index-set.ts";
import { formatList, setOf } from "../../src/set/list-format.ts";
import { at } from "../../src/unit/list.ts";
import type { Finding, Scope } from "../../src/verify/verdict/verdict.ts";
import type {
  Evidence,
  MemoryMapping,
  ShapeDevice,
  ShapeEvidence,
  ThreadEvidence,
} from "../../src/evidence/evidence.ts";

/**
 * One thing gone wrong with a VM that ran as planned: what it does to the evidence, and what must
 * be found.
 */
export interface Sabotage {
  readonly name: string;
  readonly scope?: Scope;
  /** The evidence afterwards; null where the plan has nothing of the kind. */
  readonly apply: (evidence: Evidence, plan: Plan) => Evidence | null;
  readonly code: Finding["code"];
  readonly severity: Finding["severity"];
  /** Words that the finding must have, with its numbers. */
  readonly tells: (evidence: Evidence, plan: Plan) => string;
}

/** A node and a CPU that no generated plan uses. */
const elsewhere = { node: 900, cpu: 60_000 } as const;

function withMapping(
  evidence: Evidence,
  change: (mapping: MemoryMapping) => MemoryMapping,
): Evidence {
  const [first, ...others] = evidence.memory ?? [];
  return first === undefined ? evidence : { ...evidence, memory: [change(first), ...others] };
}

function withThread(
  evidence: Evidence,
  kind: "vcpu" | "emulator" | "iothread",
  change: (thread: ThreadEvidence) => ThreadEvidence,
): Evidence {
  const threads = evidence.threads ?? [];
  const place = threads.findIndex(({ role }) => role?.kind === kind);
  return {
    ...evidence,
    threads: threads.map((thread, i) => (i === place ? change(thread) : thread)),
  };
}

const wider =
  (cpu: number) =>
  (thread: ThreadEvidence): ThreadEvidence => ({
    ...thread,
    allowedCpus: formatList(setOf(`${thread.allowedCpus},${cpu}`)),
  });

function withShapes(evidence: Evidence, change: (shape: ShapeEvidence) => ShapeEvidence): Evidence {
  return { ...evidence, shapes: evidence.shapes.map(change) };
}

function withDevice(
  evidence: Evidence,
  change: (device: Evidence["devices"][number]) => Evidence["devices"][number],
): Evidence | null {
  const [first, ...others] = evidence.devices;
  return first === undefined ? null : { ...evidence, devices: [change(first), ...others] };
}

const whenDevices = (evidence: Evidence, then: Evidence): Evidence | null =>
  evidence.devices.length > 0 ? then : null;

/** The first device elsewhere in the guest. */
function withPlace(
  evidence: Evidence,
  { devices: [first] }: Plan,
  place: Partial<ShapeDevice>,
): Evidence | null {
  const moved = (device: ShapeDevice): ShapeDevice =>
    device.hostAddress === first?.address ? { ...device, ...place } : device;
  const shapes = withShapes(evidence, (shape) => ({
    ...shape,
    devices: shape.devices?.map(moved) ?? null,
  }));
  return whenDevices(evidence, shapes);
}

/** The first dedicated vCPU's CPU. */
function dedicated({ cells }: Plan): number | null {
  for (const vcpu of cells.flatMap(({ vcpus }) => vcpus)) if ("cpu" in vcpu) return vcpu.cpu;
  return null;
}

const firstPages = (evidence: Evidence): number | undefined =>
  evidence.memory?.[0]?.onNodes.find(({ bytes }) => bytes > 0)?.bytes;

/** A cpuset without the first vCPU's first CPU; the kernel narrows all threads that had it. */
function withoutCpu(evidence: Evidence): Evidence {
  const vcpu = evidence.threads?.find(({ role }) => role?.kind === "vcpu");
  const lost = indexSet([Number.parseInt(vcpu?.allowedCpus ?? "0", 10)]);
  const cgroups = evidence.cgroups.map((cgroup) => ({
    ...cgroup,
    cpus: formatList(difference(setOf(cgroup.cpus ?? ""), lost)),
  }));
  const left = cgroups[0]?.cpus ?? "";
  const narrowed = (thread: ThreadEvidence): ThreadEvidence => {
    const rest = difference(setOf(thread.allowedCpus ?? ""), lost);
    return { ...thread, allowedCpus: isEmpty(rest) ? left : formatList(rest) };
  };
  return { ...evidence, cgroups, threads: evidence.threads?.map(narrowed) ?? null };
}

function withoutNode(evidence: Evidence, { cells }: Plan): Evidence {
  const lost = indexSet([Number.parseInt(cells[0]?.memoryNodes ?? "0", 10)]);
  const less = (list: string | null): string => formatList(difference(setOf(list ?? ""), lost));
  return {
    ...evidence,
    cgroups: evidence.cgroups.map((cgroup) => ({ ...cgroup, nodes: less(cgroup.nodes) })),
    threads:
      evidence.threads?.map((thread) => ({ ...thread, allowedNodes: less(thread.allowedNodes) })) ??
      null,
  };
}

const error = { severity: "error" } as const;

export const sabotages: readonly Sabotage[] = [
  {
    ...error,
    name: "pages of a cell migrated to another node",
    code: "memory-off-node",
    apply: (evidence) =>
      withMapping(evidence, (mapping) => ({
        ...mapping,
        onNodes: mapping.onNodes.map((part) =>
          part.node === mapping.onNodes.find(({ bytes }) => bytes > 0)?.node
            ? { ...part, node: elsewhere.node }
            : part,
        ),
      })),
    tells: (evidence) => `on node ${elsewhere.node} (${firstPages(evidence)} bytes)`,
  },
  {
    ...error,
    name: "a page that is not there",
    code: "memory-unallocated",
    apply: (evidence, { cells }) =>
      withMapping(evidence, (mapping) => ({
        ...mapping,
        onNodes: mapping.onNodes.map((part) =>
          part === mapping.onNodes.find(({ bytes }) => bytes > 0)
            ? { ...part, bytes: part.bytes - at(cells, 0).pageBytes }
            : part,
        ),
      })),
    tells: (_, { cells }) => `(${at(cells, 0).pageBytes} bytes)`,
  },
  {
    ...error,
    name: "a memory policy dropped",
    code: "memory-policy",
    apply: (evidence) =>
      withMapping(evidence, (mapping) => ({ ...mapping, policy: { mode: "default", nodes: "" } })),
    tells: () => "default",
  },
  {
    ...error,
    name: "4 KiB pages instead of huge",
    code: "page-size",
    apply: (evidence, { cells }) =>
      isHugepage(at(cells, 0).pageBytes)
        ? withMapping(evidence, (mapping) => ({ ...mapping, pageBytes: 4096 }))
        : null,
    tells: (evidence) => `(${evidence.memory?.[0]?.bytes} bytes) in 4 KiB pages`,
  },
  {
    ...error,
    name: "a vCPU's affinity widened",
    code: "vcpu-affinity",
    apply: (evidence) => withThread(evidence, "vcpu", wider(elsewhere.cpu)),
    tells: () => `,${elsewhere.cpu}`,
  },
  {
    ...error,
    name: "an emulator thread on a vCPU's core",
    code: "vcpu-cpu-shared",
    apply: (evidence, plan) => {
      const cpu = dedicated(plan);
      return cpu === null ? null : withThread(evidence, "emulator", wider(cpu));
    },
    tells: (_, plan) => `CPUs ${dedicated(plan)} are of vCPUs' cores`,
  },
  {
    ...error,
    name: "an emulator thread on the sibling of a vCPU's CPU",
    code: "vcpu-cpu-shared",
    apply: (evidence, plan) => {
      const cpu = dedicated(plan);
      if (cpu === null) return null;
      const sibling = { ...evidence, cores: [`${cpu},${elsewhere.cpu}`] };
      return withThread(sibling, "emulator", wider(elsewhere.cpu));
    },
    tells: () => `CPUs ${elsewhere.cpu} are of vCPUs' cores`,
  },
  {
    ...error,
    name: "an emulator thread elsewhere",
    code: "emulator-affinity",
    apply: (evidence) => withThread(evidence, "emulator", wider(elsewhere.cpu)),
    tells: () => `,${elsewhere.cpu}`,
  },
  {
    ...error,
    name: "an iothread elsewhere",
    code: "iothread-affinity",
    apply: (evidence) => withThread(evidence, "iothread", wider(elsewhere.cpu)),
    tells: () => `,${elsewhere.cpu}`,
  },
  {
    ...error,
    name: "a cpuset without a vCPU's CPU",
    code: "cpuset-shrunk",
    apply: withoutCpu,
    tells: (evidence) =>
      `; ${Number.parseInt(evidence.threads?.find(({ role }) => role?.kind === "vcpu")?.allowedCpus ?? "", 10)} is missing`,
  },
  {
    ...error,
    name: "a cpuset without a cell's node",
    code: "cpuset-shrunk",
    apply: withoutNode,
    tells: (_, { cells }) => `; ${Number.parseInt(cells[0]?.memoryNodes ?? "", 10)} is missing`,
  },
  {
    ...error,
    name: "a device gone from the host",
    code: "device-missing",
    apply: (evidence) => withDevice(evidence, (device) => ({ ...device, present: false })),
    tells: () => "no such function",
  },
  {
    ...error,
    name: "a device that QEMU does not have open",
    code: "device-missing",
    apply: (evidence) =>
      evidence.process === null
        ? null
        : whenDevices(evidence, { ...evidence, process: { ...evidence.process, vfioFiles: [] } }),
    tells: () => "none of these open: /dev/vfio/0",
  },
  {
    ...error,
    name: "a device bound to another driver",
    code: "device-driver",
    apply: (evidence) => withDevice(evidence, (device) => ({ ...device, driver: "nvidia" })),
    tells: () => "bound to nvidia",
  },
  {
    ...error,
    name: "a part of an IOMMU group with the host",
    code: "iommu-group-incomplete",
    apply: (evidence) =>
      withDevice(evidence, (device) => ({
        ...device,
        groupMembers: [
          ...(device.groupMembers ?? []),
          { address: "0000:ff:1f.0", driver: "nvme", bridge: false },
        ],
      })),
    tells: () => "0000:ff:1f.0 is driven by nvme",
  },
  {
    ...error,
    name: "a device straight on the root bus",
    code: "device-node",
    apply: (evidence, plan) => withPlace(evidence, plan, { above: ["pcie.0"], cell: null }),
    tells: () => "no node (-1 in the guest), behind pcie.0",
  },
  {
    ...error,
    name: "a device behind another cell's expander",
    code: "device-node",
    apply: (evidence, plan) => withPlace(evidence, plan, { cell: 99 }),
    tells: () => "guest node 99",
  },
  {
    ...error,
    name: "vNUMA removed",
    code: "vnuma-missing",
    apply: (evidence, { cells, devices }) =>
      cells.length > 1 || devices.length > 0
        ? withShapes(evidence, (shape) => ({ ...shape, cells: [] }))
        : null,
    tells: () => "none",
  },
  {
    ...error,
    name: "a vCPU in no node",
    code: "vnuma-cells",
    apply: (evidence) =>
      withShapes(evidence, (shape) => ({
        ...shape,
        cells: shape.cells?.map((cell, i) => (i === 0 ? { ...cell, cpus: "" } : cell)) ?? null,
      })),
    tells: () => "vCPUs none",
  },
  {
    ...error,
    name: "other distances",
    code: "vnuma-distances",
    apply: (evidence, { cells, distances }) =>
      cells.length < 2 || distances === null
        ? null
        : withShapes(evidence, (shape) => ({
            ...shape,
            cells: shape.cells?.map((cell) => ({ ...cell, distances: null })) ?? null,
          })),
    tells: () => "10 to itself and 20",
  },
  {
    severity: "warning",
    name: "no contract",
    code: "contract-missing",
    apply: (evidence) => withShapes(evidence, (shape) => ({ ...shape, contract: false })),
    tells: () => "not given",
  },
  {
    severity: "warning",
    name: "libvirt's pins of another plan",
    code: "pins-differ",
    apply: (evidence) =>
      withShapes(evidence, (shape) => ({
        ...shape,
        pins: shape.pins === null ? null : { ...shape.pins, emulator: `${elsewhere.cpu}` },
      })),
    tells: () => `the emulator on CPUs ${elsewhere.cpu}`,
  },
  {
    severity: "warning",
    name: "a link of half its lanes",
    code: "link-slow",
    apply: (evidence) =>
      evidence.devices[0]?.link === null
        ? null
        : withDevice(evidence, (device) => ({
            ...device,
            link: device.link === null ? null : { ...device.link, width: 4 },
          })),
    tells: () => "x4",
  },
  {
    severity: "warning",
    name: "interrupts on another node",
    code: "irq-affinity",
    apply: (evidence) =>
      withDevice(evidence, (device) => ({
        ...device,
        interrupts: [
          {
            number: 33,
            allowedCpus: "0-3",
            effectiveCpus: `${elsewhere.cpu}`,
            raisedCount: 1,
            sharedWith: [],
          },
        ],
      })),
    tells: () => `1 of 1 on CPUs ${elsewhere.cpu}`,
  },
  {
    severity: "warning",
    name: "NUMA balancing on",
    code: "autonuma-on",
    apply: (evidence) => ({ ...evidence, kernel: { ...evidence.kernel, numaBalancing: 1 } }),
    tells: () => "is 1",
  },
  {
    severity: "warning",
    name: "same-page merging on",
    code: "ksm-on",
    apply: (evidence) => ({ ...evidence, kernel: { ...evidence.kernel, ksmRun: 1 } }),
    tells: () => "is 1",
  },
  ...inTheGuest(),
];

function inTheGuest(): readonly Sabotage[] {
  const reported = (
    evidence: Evidence,
    change: (report: NonNullable<Evidence["guest"]>) => Evidence["guest"],
  ): Evidence => ({
    ...evidence,
    guest: evidence.guest === null ? null : change(evidence.guest),
  });
  return [
    {
      ...error,
      scope: "guest",
      name: "one node in the guest",
      code: "vnuma-missing",
      apply: (evidence, { cells }) =>
        cells.length < 2
          ? null
          : reported(evidence, (report) => ({
              ...report,
              nodes: report.nodes?.slice(0, 1) ?? null,
            })),
      tells: () => "one: all memory",
    },
    {
      ...error,
      scope: "guest",
      name: "a device on no node in the guest",
      code: "device-node",
      apply: (evidence, { devices }) =>
        devices[0] === undefined || (evidence.guest?.devices?.[0]?.node ?? null) === null
          ? null
          : reported(evidence, (report) => ({
              ...report,
              devices:
                report.devices?.map((one, i) => (i === 0 ? { ...one, node: null } : one)) ?? null,
            })),
      tells: () => "no node (-1)",
    },
    {
      ...error,
      scope: "guest",
      name: "a device that the guest does not have",
      code: "device-missing",
      apply: (evidence, { devices }) =>
        devices.length === 0
          ? null
          : reported(evidence, (report) => ({
              ...report,
              devices: report.devices?.slice(1) ?? null,
            })),
      tells: () => "the guest has no such function",
    },
    {
      ...error,
      scope: "guest",
      name: "no contract in the guest",
      code: "contract-missing",
      apply: (evidence) => reported(evidence, (report) => ({ ...report, contract: null })),
      tells: () => "the guest found none",
    },
    {
      severity: "info",
      scope: "guest",
      name: "another plan's contract in the guest",
      code: "contract-other",
      apply: (evidence) =>
        reported(evidence, (report) => ({
          ...report,
          contract: { where: "/contract", sha256: "0".repeat(64) },
        })),
      tells: () => `sha256 ${"0".repeat(64)}`,
    },
    {
      severity: "info",
      scope: "guest",
      name: "huge pages in the guest that are larger than the host's",
      code: "guest-hugepages",
      apply: (evidence) =>
        evidence.guest?.hugepages.length === 0
          ? null
          : reported(evidence, (report) => ({
              ...report,
              hugepages: report.hugepages.map((pool) => ({
                ...pool,
                sizeBytes: 2 * pool.sizeBytes,
              })),
            })),
      tells: () => "8 pages of ",
    },
    {
      severity: "info",
      scope: "guest",
      name: "a node in the guest without huge pages",
      code: "guest-hugepages",
      apply: (evidence, { cells }) =>
        cells.length < 2 || evidence.guest?.hugepages.length === 0
          ? null
          : reported(evidence, (report) => ({ ...report, hugepages: report.hugepages.slice(1) })),
      tells: () => "none",
    },
    {
      severity: "info",
      scope: "guest",
      name: "another NCCL file in force",
      code: "nccl-file",
      apply: (evidence) =>
        evidence.guest?.nccl === null
          ? null
          : reported(evidence, (report) => ({
              ...report,
              nccl: {
                file: "/tmp/own.xml",
                sha256: "0".repeat(64),
                from: "NCCL_TOPO_FILE",
                inForce: true,
                slowestLink: null,
              },
            })),
      tells: () => "/tmp/own.xml by NCCL_TOPO_FILE",
    },
  ];
}
