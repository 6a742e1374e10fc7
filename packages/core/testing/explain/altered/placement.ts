import type {
  DeviceEvidence,
  Evidence,
  HugeMemory,
  MemoryMapping,
  ShapeEvidence,
  ThreadEvidence,
} from "../../../src/evidence/evidence.ts";
import type { Neighbour, NodeMemory } from "../../../src/evidence/machine-evidence.ts";
import { GiB, MiB } from "../../../src/unit/bytes.ts";
import { onMachine } from "../clean.ts";
import { mapping, onTopology, program, thread } from "../program.ts";
import type { Alteration } from "./alteration.ts";

/** 6 of 16 GiB on the other node. */
const divided = [
  { node: 0, bytes: 10 * GiB },
  { node: 1, bytes: 6 * GiB },
];

/** Bound by `exec` to the node where it is. */
function bound(evidence: Evidence): Evidence {
  const binding = {
    cpus: "0-7,16-23",
    memory: "strict",
    memoryNodes: "0",
    mode: "node",
    accelerators: [],
  } as const;
  return {
    ...evidence,
    process: evidence.process === null ? null : { ...evidence.process, binding },
  };
}

/** What is placed: memory, vCPUs, and the threads that serve them. */
export const placementAlterations: readonly Alteration[] = [
  {
    code: "cpu-emulated",
    what: "QEMU runs it without KVM",
    alter: (evidence) => ({
      ...evidence,
      threads: (evidence.threads ?? []).map((one) => ({
        ...one,
        name: one.name?.replace("/KVM", "/TCG") ?? null,
      })),
    }),
  },
  {
    code: "binding-left",
    what: "a thread may run on all CPUs, against its binding",
    alter: (evidence) =>
      threaded(bound(evidence), ({ role }) =>
        role?.kind === "vcpu" && role.id === 0 ? { allowedCpus: "0-31" } : {},
      ),
  },
  {
    code: "binding-left",
    what: "6 of 16 GiB on the other node, against its binding",
    alter: (evidence) => mapped(bound(evidence), { onNodes: divided }),
  },
  {
    code: "memory-swapped",
    what: "3 GiB of its memory are on the host's disk",
    alter: (evidence) => ({
      ...evidence,
      process: evidence.process === null ? null : { ...evidence.process, swappedBytes: 3 * GiB },
    }),
  },
  {
    code: "threads-crowded",
    what: "its vCPUs are pinned in pairs to the first threads of their cores",
    alter: (evidence) =>
      threaded(evidence, ({ role, allowedCpus }) =>
        role?.kind === "vcpu" ? { allowedCpus: `${Number(allowedCpus) % 16}` } : {},
      ),
  },
  {
    code: "memory-off-node",
    what: "6 of 16 GiB on the other node, against its policy",
    alter: (evidence) => mapped(evidence, { onNodes: divided }),
  },
  {
    code: "memory-unbound",
    what: "no policy, and 6 of 16 GiB on the other node",
    alter: (evidence) =>
      mapped(evidence, { policy: { mode: "default", nodes: "" }, onNodes: divided }),
  },
  {
    code: "memory-interleaved",
    what: "half of the memory on each node, interleaved",
    alter: (evidence) =>
      mapped(evidence, {
        policy: { mode: "interleave", nodes: "0-1" },
        onNodes: [0, 1].map((node) => ({ node, bytes: 8 * GiB })),
      }),
  },
  {
    code: "memory-interleaved",
    what: "half of the memory on each node, interleaved by weight",
    alter: (evidence) =>
      mapped(evidence, {
        policy: { mode: "weighted-interleave", nodes: "0-1" },
        onNodes: [0, 1].map((node) => ({ node, bytes: 8 * GiB })),
      }),
  },
  {
    code: "memory-bound-elsewhere",
    what: "all memory on the other node, as its policy says",
    alter: (evidence) =>
      mapped(evidence, {
        policy: { mode: "bind", nodes: "1" },
        onNodes: [{ node: 1, bytes: 16 * GiB }],
      }),
  },
  {
    code: "memory-bound-elsewhere",
    what: "all memory on the other node, as its cpuset says",
    alter: (evidence) =>
      mapped(
        threaded(evidence, () => ({ allowedNodes: "1" })),
        { policy: { mode: "default", nodes: "" }, onNodes: [{ node: 1, bytes: 16 * GiB }] },
      ),
  },
  {
    code: "node-full",
    what: "6 of 16 GiB on the other node, and 1 GiB left on its own",
    alter: (evidence) => full(mapped(evidence, { ...inBasePages, ...preferred })),
  },
  {
    code: "node-full",
    what: "6 of 16 GiB on the other node without a policy, 1 GiB left, and vCPUs kept at home",
    alter: (evidence) =>
      full(mapped(evidence, { ...inBasePages, policy: { mode: "default", nodes: "" } })),
  },
  {
    code: "hugepages-short",
    what: "6 of 16 huge pages from the other node, and none left on its own",
    alter: (evidence) =>
      onTopology(mapped(evidence, preferred), ({ nodes }) => ({
        nodes: nodes.map((node) => ({
          ...node,
          hugepages: (node.hugepages ?? []).map((pool) => ({ ...pool, free: 0 })),
        })),
      })),
  },
  {
    code: "vcpus-float",
    what: "3 of 8 vCPUs may run anywhere",
    alter: (evidence) =>
      threaded(evidence, ({ role }) =>
        role?.kind === "vcpu" && role.id < 3 ? { allowedCpus: "0-31" } : {},
      ),
  },
  {
    code: "vcpus-off-node",
    what: "2 of 8 vCPUs are pinned to the other node",
    alter: (evidence) =>
      threaded(evidence, ({ role }) =>
        role?.kind === "vcpu" && role.id < 2 ? { allowedCpus: "14,30", lastCpu: 14 } : {},
      ),
  },
  {
    code: "core-class-slow",
    what: "its cores are of the slower class",
    alter: (evidence) =>
      onMachine(
        onTopology(evidence, ({ cores }) => ({
          cores: cores.map((core) => ({ ...core, class: core.id < 6 ? 1 : 0 })),
        })),
        ({ cpus }) => ({
          cpus: (cpus ?? []).flatMap((own) => [
            { ...own, cpus: "0-5,16-21", maxKHz: null, hardwareMaxKHz: 2_600_000 },
            { ...own, cpus: "6-15,22-31" },
          ]),
        }),
      ),
  },
  {
    code: "smt-sibling-shared",
    what: "a neighbour is pinned to the second thread of a core",
    alter: (evidence) => beside(evidence, { vcpus: [{ count: 1, cpus: "17" }] }),
  },
  {
    code: "l3-shared",
    what: "a busy neighbour is pinned below one of its caches",
    alter: (evidence) => beside(evidence, { vcpus: [{ count: 2, cpus: "6-7,22-23" }] }),
  },
  {
    code: "helpers-on-worker-cores",
    what: "the emulator may run on the core of a vCPU",
    alter: (evidence) =>
      threaded(evidence, ({ role }) =>
        role?.kind === "emulator" ? { allowedCpus: "1", lastCpu: 1 } : {},
      ),
  },
  {
    code: "io-threads-far",
    what: "the iothread is pinned to the other node",
    alter: (evidence) =>
      threaded(evidence, ({ role }) =>
        role?.kind === "iothread" ? { allowedCpus: "8", lastCpu: 8 } : {},
      ),
  },
  {
    code: "interrupts-far",
    what: "the accelerator's interrupt goes to the other node",
    alter: (evidence) =>
      withDevices(evidence, ({ interrupts }, i) => ({
        interrupts: (interrupts ?? []).map((one) =>
          i === 0 ? { ...one, allowedCpus: "8-15,24-31", effectiveCpus: "9" } : one,
        ),
      })),
  },
  {
    code: "page-size-small",
    what: "base pages, where its twin has pages of 1 GiB",
    alter: (evidence) => huge(mapped(evidence, inBasePages), 15 * GiB),
  },
  {
    code: "thp-off",
    what: "base pages, and transparent huge pages are off",
    alter: (evidence) => ({
      ...huge(mapped(evidence, inBasePages), 0),
      kernel: { ...evidence.kernel, transparentHugepages: "never" },
    }),
  },
  {
    code: "thp-off",
    what: "memory of memfd in base pages, and transparent huge pages are off for it",
    alter: (evidence) => {
      const line = "7f0000000000 bind:0 file=(removed) dirty=4194304 N0=4194304";
      return huge(mapped(evidence, { ...inBasePages, line }), 0, 200 * MiB);
    },
  },
  {
    code: "thp-split",
    what: "2 of 16 GiB in transparent huge pages, which are on",
    alter: (evidence) => huge(mapped(evidence, inBasePages), 2 * GiB),
  },
  {
    code: "balloon-inflated",
    what: "a balloon holds 4 of 16 GiB",
    alter: (evidence) =>
      shaped(evidence, { balloon: { actualBytes: 12 * GiB, maxBytes: 16 * GiB } }),
  },
  {
    code: "neighbour-load",
    what: "a neighbour keeps 6 of the node's 16 CPUs busy",
    alter: (evidence) => beside(evidence, { vcpus: [{ count: 8, cpus: "0-7,16-23" }] }),
  },
  {
    code: "link-shared",
    what: "a neighbour has a device below the switch of its accelerator",
    alter: (evidence) => besideOnSwitch(evidence),
  },
  {
    code: "cpu-waiting",
    what: "vCPUs waited for a CPU for a sixth of the time",
    alter: (evidence) =>
      threaded(evidence, ({ role }) => (role?.kind === "vcpu" ? { waitedNs: 12_000_000_000 } : {})),
  },
  {
    code: "bound-too-tight",
    what: "a process of 40 GiB bound to one node, and its twin uses both",
    alter: (evidence) => process(evidence, [{ node: 0, bytes: 40 * GiB }], "0-7,16-23", 16),
    alterTwin: (twin) =>
      process(
        twin,
        [0, 1].map((node) => ({ node, bytes: 20 * GiB })),
        "0-31",
        32,
      ),
  },
  {
    code: "request-differs",
    what: "6 vCPUs, where its twin has 8",
    alter: (evidence) => {
      const vcpuThreads = (evidence.threads ?? []).filter(
        ({ role }) => role?.kind !== "vcpu" || role.id < 6,
      );
      return {
        ...evidence,
        threads: vcpuThreads,
        shapes: evidence.shapes.map((shape) => ({
          ...shape,
          cells: (shape.cells ?? []).map((cell) => ({ ...cell, cpus: "0-5" })),
          cpu: shape.cpu === null ? null : { ...shape.cpu, vcpus: 6, cores: 3 },
        })),
        guest:
          evidence.guest === null
            ? null
            : {
                ...evidence.guest,
                nodes: (evidence.guest.nodes ?? []).map((node) => ({ ...node, cpus: "0-5" })),
                cpu:
                  evidence.guest.cpu === null ? null : { ...evidence.guest.cpu, coresPerSocket: 3 },
              },
      };
    },
  },
];

const preferred = { policy: { mode: "prefer", nodes: "0" }, onNodes: divided };

const inBasePages = {
  pageBytes: 4096,
  line: "7f0000000000 bind:0 anon=4194304 dirty=4194304 N0=4194304 kernelpagesize_kB=4",
};

/** The evidence with its guest memory changed. */
function mapped(evidence: Evidence, change: Partial<MemoryMapping>): Evidence {
  return {
    ...evidence,
    memory: (evidence.memory ?? []).map((one) => ({ ...one, ...change })),
  };
}

/** The evidence with its threads changed one by one. */
function threaded(
  evidence: Evidence,
  change: (thread: ThreadEvidence) => Partial<ThreadEvidence>,
): Evidence {
  const threads = (evidence.threads ?? []).map((one) => ({ ...one, ...change(one) }));
  return { ...evidence, threads };
}

function withDevices(
  evidence: Evidence,
  change: (device: DeviceEvidence, i: number) => Partial<DeviceEvidence>,
): Evidence {
  const devices = evidence.devices.map((device, i) => ({ ...device, ...change(device, i) }));
  return { ...evidence, devices };
}

function shaped(evidence: Evidence, change: Partial<ShapeEvidence>): Evidence {
  return { ...evidence, shapes: evidence.shapes.map((shape) => ({ ...shape, ...change })) };
}

/** The evidence with some of the guest's memory in transparent huge pages. */
function huge(
  evidence: Evidence,
  anonymousHugeBytes: number,
  anonymousBytes: number = 16 * GiB + 200 * MiB,
): Evidence {
  const hugeMemory: HugeMemory = {
    residentBytes: 16 * GiB + 256 * MiB,
    anonymousBytes,
    anonymousHugeBytes,
    sharedHugeBytes: 0,
  };
  const { process: of } = evidence;
  return of === null ? evidence : { ...evidence, process: { ...of, hugeMemory } };
}

/** A node without room, which memory fell off. */
function full(evidence: Evidence): Evidence {
  const nodes = (machine: readonly NodeMemory[] | null): readonly NodeMemory[] =>
    (machine ?? []).map((node) =>
      node.id === 0
        ? { ...node, freeBytes: GiB, cacheBytes: 100 * MiB, foreignPages: 1_572_864 }
        : node,
    );
  const moved = mapped(evidence, { onNodes: divided });
  return onMachine(moved, (machine) => ({ nodes: nodes(machine.nodes) }));
}

/** The evidence with one more VM on the machine. */
function beside(evidence: Evidence, change: Partial<Neighbour>): Evidence {
  const more: Neighbour = {
    name: "llm-c",
    pid: 4900,
    isVm: true,
    vcpus: [],
    memory: [],
    devices: [],
    busyCpus: change.vcpus?.[0]?.count === 8 ? 6 : 1,
    ...change,
  };
  return onMachine(evidence, ({ neighbours }) => ({ neighbours: [...(neighbours ?? []), more] }));
}

/** The evidence with one more VM, whose device is below the switch of the accelerator. */
function besideOnSwitch(evidence: Evidence): Evidence {
  const [device, port] = ["0000:1a:00.0", "0000:17:02.0"];
  const more = onTopology(evidence, ({ pci, nics }) => {
    const nic = pci.find(({ address }) => address === nics[0]?.address);
    const above = pci.find(({ address }) => address === nic?.parent);
    return {
      pci: [
        ...pci,
        ...(above === undefined ? [] : [{ ...above, address: port }]),
        ...(nic === undefined ? [] : [{ ...nic, address: device, parent: port }]),
      ],
    };
  });
  return beside(more, { devices: [device] });
}

/** A process with private memory and busy threads, in place of the VM. */
function process(
  evidence: Evidence,
  onNodes: MemoryMapping["onNodes"],
  allowedCpus: string,
  threads: number,
): Evidence {
  const { name, devices, machine } = evidence;
  const policy = { mode: onNodes.length > 1 ? "interleave" : "bind", nodes: "0" };
  return program({
    name,
    devices,
    machine,
    memory: [mapping({ policy, onNodes })],
    threads: Array.from({ length: threads }, (_, i) =>
      thread(5000 + i, { allowedCpus, lastCpu: i }),
    ),
  });
}
