import { sha256 } from "../../src/hash/sha256.ts";
import { contractOf } from "../../src/guest/contract/from-guest.ts";
import { guestFromPlan } from "../../src/guest/from-plan.ts";
import { devicePorts, type Guest } from "../../src/guest/guest.ts";
import { memoryBinding } from "../../src/guest/memory.ts";
import { type Cell, functionsOf, type Plan, type PlanDevice } from "../../src/plan/plan.ts";
import { indexSet, indices, unionAll } from "../../src/set/index-set.ts";
import { formatList, setOf } from "../../src/set/list-format.ts";
import { at } from "../../src/unit/list.ts";
import type {
  DeviceEvidence,
  Evidence,
  MemoryMapping,
  ShapeEvidence,
  ThreadEvidence,
} from "../../src/evidence/evidence.ts";
import type { GuestReport } from "../../src/evidence/guest-report.ts";

/** The evidence of a VM that runs exactly as its plan says, on a host that has all of it. */
export function asPlanned(plan: Plan): Evidence {
  const guest = guestFromPlan(plan, { architecture: "x86_64" });
  const nodes = hostNodes(plan);
  const process = {
    pid: 4711,
    where: "/proc/4711",
    name: guest.name,
    uuid: guest.uuid,
    threadCount: 0,
    hugeMemory: null,
    mergedPages: null,
    startTicks: null,
    swappedBytes: null,
    binding: null,
    vfioFiles: plan.devices.map((_, i) => `/dev/vfio/${i}`),
  };
  const threads = threadsOf(plan);
  const shape = shapeOf(plan, guest, "command-line");
  return {
    apiVersion: "evenkeel/v1",
    kind: "Evidence",
    of: "vm",
    name: plan.vm,
    host: plan.host,
    takenAt: "2026-01-31T12:00:00.000Z",
    process: { ...process, threadCount: threads.length },
    threads,
    memory: guest.cells.flatMap((cell, i) => mappingsOf(plan.cells[i], cell.memoryBytes)),
    cgroups: [
      {
        path: "/machine.slice/vm.scope",
        where: "/sys/fs/cgroup/machine.slice/vm.scope",
        cpus: formatList(unionAll(nodes.map(({ cpus }) => setOf(cpus)))),
        effectiveCpus: null,
        nodes: formatList(indexSet(nodes.map(({ id }) => id))),
        effectiveNodes: null,
        limits: null,
      },
    ],
    kernel: { ksmRun: 0, numaBalancing: 0, transparentHugepages: "madvise" },
    nodes,
    cores: null,
    devices: plan.devices.flatMap((device, i) => evidenceOf(device, i, plan)),
    shapes: [
      shape,
      { ...shapeOf(plan, guest, "monitor"), contract: null },
      { ...shape, source: "libvirt", where: "virsh dumpxml", pins: pinsOf(guest) },
    ],
    guest: guestReportAsPlanned(plan),
    machine: null,
    unreadable: [],
  };
}

/** Every node that the plan names, with the 500 CPUs that the hosts of `planOf` have in each. */
function hostNodes({ cells }: Plan): { readonly id: number; readonly cpus: string }[] {
  const named = cells.flatMap(({ hostNode, memoryNodes, vcpus }) => [
    hostNode,
    ...indices(setOf(memoryNodes)),
    ...vcpus.map((vcpu) =>
      Math.floor(("cpu" in vcpu ? vcpu.cpu : Number.parseInt(vcpu.cpus, 10)) / 500),
    ),
  ]);
  return [...new Set(named)]
    .toSorted((a, b) => a - b)
    .map((id) => ({ id, cpus: `${id * 500}-${id * 500 + 499}` }));
}

function threadsOf({ cells, emulatorCpus, iothreads }: Plan): ThreadEvidence[] {
  const nodes = "0-1023";
  const thread = (
    tid: number,
    name: string,
    role: ThreadEvidence["role"],
    allowedCpus: string,
  ): ThreadEvidence => ({
    tid,
    where: `/proc/4711/task/${tid}`,
    name,
    role,
    allowedCpus,
    allowedNodes: nodes,
    lastCpu: Number(allowedCpus.split(/[,-]/)[0]),
    cgroup: "/machine.slice/vm.scope",
    ranNs: null,
    waitedNs: null,
  });
  const vcpus = cells.flatMap((cell) => cell.vcpus);
  return [
    thread(4711, "qemu-system-x86", { kind: "emulator" }, emulatorCpus),
    ...iothreads.map(({ id, cpus }) =>
      thread(4800 + id, `IO iothread${id}`, { kind: "iothread", id }, cpus),
    ),
    ...vcpus.map((vcpu) =>
      thread(
        5000 + vcpu.id,
        `CPU ${vcpu.id}/KVM`,
        { kind: "vcpu", id: vcpu.id },
        "cpu" in vcpu ? `${vcpu.cpu}` : vcpu.cpus,
      ),
    ),
  ];
}

const kernelMode = { strict: "bind", preferred: "prefer", interleave: "interleave" } as const;

/** One mapping a cell, spread over its nodes as planned, whole pages on each. */
function mappingsOf(cell: Cell | undefined, memoryBytes: number): MemoryMapping[] {
  if (cell === undefined) return [];
  const { memoryPolicy, memoryNodes } = memoryBinding(cell);
  let rest = memoryBytes;
  const onNodes = cell.memoryOnNodes.map(({ node, bytes }, i) => {
    const share = Math.round(((bytes / cell.memoryBytes) * memoryBytes) / cell.pageBytes);
    const last = i === cell.memoryOnNodes.length - 1;
    const own = last ? rest : Math.min(rest, share * cell.pageBytes);
    rest -= own;
    return { node, bytes: own };
  });
  const mode = kernelMode[memoryPolicy];
  return [
    {
      kind: "guest",
      start: (0x7f_00_00_00_00_00 + cell.id * 2 ** 36).toString(16),
      bytes: memoryBytes,
      backend: `ram-node${cell.id}`,
      cell: cell.id,
      policy: { mode, nodes: memoryNodes },
      pageBytes: cell.pageBytes,
      onNodes,
      where: "/proc/4711/numa_maps",
      line: `7f0000000000 ${mode}:${memoryNodes} N${cell.hostNode}=1`,
    },
  ];
}

function evidenceOf(device: PlanDevice, group: number, plan: Plan): DeviceEvidence[] {
  const own = functionsOf(device);
  const hostNode = at(plan.cells, device.cell).hostNode;
  return own.map((address) => ({
    address,
    where: `/sys/bus/pci/devices/${address}`,
    present: true,
    driver: "vfio-pci",
    node: device.node,
    iommuGroup: group,
    groupMembers: own.map((member) => ({ address: member, driver: "vfio-pci", bridge: false })),
    vfioFile: null,
    link:
      device.link === null
        ? null
        : { ...device.link, speedGTs: device.link.maxSpeedGTs, width: device.link.maxWidth },
    interrupts: [
      {
        number: 100 + group,
        allowedCpus: `${hostNode * 500}`,
        effectiveCpus: `${hostNode * 500}`,
        raisedCount: 5,
        sharedWith: [],
      },
    ],
    iommuDomain: null,
    relaxedOrdering: null,
    barMaxBytes: null,
    maxReadBytes: null,
    correctedErrors: null,
  }));
}

function shapeOf(plan: Plan, guest: Guest, source: ShapeEvidence["source"]): ShapeEvidence {
  return {
    source,
    where: source === "monitor" ? "QMP at /run/vm.sock" : "/proc/4711/cmdline",
    cells: guest.cells.map((cell, i) => {
      const of = plan.cells[i];
      return {
        id: cell.id,
        cpus: cell.cpus,
        backend: `ram-node${cell.id}`,
        memoryBytes: cell.memoryBytes,
        policy:
          of === undefined
            ? null
            : { mode: kernelMode[cell.memoryPolicy], nodes: cell.memoryNodes },
        pageBytes: cell.hugepageBytes,
        distances: source === "monitor" ? null : cell.distances,
      };
    }),
    devices: guest.pci.expanders.flatMap((expander) =>
      devicePorts({ expanders: [expander] }).flatMap((port) =>
        port.functions.map((fn) => ({
          hostAddress: fn.hostAddress,
          above: [`pci.${port.index}`, `pci.${expander.index}`],
          cell: expander.cell,
          portSpeedGTs: null,
          portWidth: null,
        })),
      ),
    ),
    cpu: null,
    balloon: null,
    contract: true,
    confidential: null,
    managedSave: null,
    pins: null,
  };
}

function pinsOf({ vcpuPins, emulatorCpus, iothreadPins }: Guest): ShapeEvidence["pins"] {
  return { vcpus: vcpuPins, emulator: emulatorCpus, iothreads: iothreadPins };
}

/** What the guest would see: its contract, seen. */
function guestReportAsPlanned(plan: Plan): GuestReport {
  const contract = contractOf(guestFromPlan(plan, { architecture: "x86_64" }));
  return {
    apiVersion: "evenkeel/v1",
    kind: "GuestReport",
    where: "report.txt",
    kernel: "6.1.0",
    clocksource: null,
    nodes: contract.cells.map(({ id, vcpus, memoryBytes, distances }) => ({
      id,
      cpus: vcpus,
      memoryBytes,
      distances: distances ?? contract.cells.map((cell) => (cell.id === id ? 10 : 20)),
    })),
    devices: contract.devices.map(({ address, cell, link }) => ({
      address,
      vendor: "10de",
      device: "2330",
      node: cell,
      link,
      bars: null,
    })),
    cpu: null,
    ports: null,
    accelerators: null,
    hugepages: contract.cells.every(({ hugepageBytes }) => hugepageBytes !== null)
      ? contract.cells.map(({ id, pageBytes }) => {
          return { node: id, sizeBytes: pageBytes, total: 8, free: 8 };
        })
      : [],
    contract: {
      where: "/sys/firmware/qemu_fw_cfg",
      sha256: sha256(JSON.stringify(contract)),
    },
    nccl:
      contract.nccl === null
        ? null
        : { ...contract.nccl, from: "/etc/nccl.conf", inForce: true, slowestLink: null },
    gpuDirect: null,
    ncclNetwork: null,
    unreadable: [],
  };
}
