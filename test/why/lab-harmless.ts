import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import type { Neighbour } from "@evenkeel/core/evidence/machine-evidence.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { formatList, setOf } from "@evenkeel/core/set/list-format.ts";
import { indexSet, indices } from "@evenkeel/core/set/index-set.ts";
import { withBoards } from "./lab-boards.ts";
import {
  type Given,
  withAll,
  withBasePages,
  withClocks,
  withoutPolicy,
  withGuest,
  withLimits,
} from "./lab-given.ts";
import { type Paths, altered } from "./pair-record.ts";
import { asEvidence } from "./lab-pairs.ts";

/** A change of a pair's second record that says nothing of how fast it is. */
export interface HarmlessChange {
  readonly what: string;
  /** The name of the recorded pair, in which both are in order. */
  readonly of: string;
  /** What both records are given first. */
  readonly given?: Given;
  readonly change: Given;
  /** The same taken further, on top of it, and the cause that it then is. */
  readonly further?: { readonly change: Given; readonly code: string };
}

const byQemu = "two in order by QEMU";
const byVirsh = "two in order by virsh, without accelerators";
const inBasePages = "two in order, in base pages without accelerators";
const byRun = "two in order by evenkeel run";

/** Other values at some paths of the record. */
const at =
  (paths: Paths): Given =>
  (record) =>
    asEvidence(altered(record, paths), "changed");

const neighbour: Neighbour = {
  name: "other",
  pid: 9000,
  isVm: true,
  vcpus: [
    { count: 1, cpus: "9" },
    { count: 1, cpus: "10" },
  ],
  memory: [{ node: 1, bytes: 512 * MiB, pageBytes: 4096 }],
  devices: ["0000:31:00.0"],
  busyCpus: 0,
};

/** The record with one more VM or process on the machine. */
const beside =
  (more: Partial<Neighbour>): Given =>
  (record) => {
    const { machine } = record;
    if (machine === null) return record;
    const neighbours = [...(machine.neighbours ?? []), { ...neighbour, ...more }];
    return { ...record, machine: { ...machine, neighbours } };
  };

/** The record with all numbers of processes and threads higher. */
function renumbered(record: Evidence): Evidence {
  const more = (text: string): string =>
    text.replaceAll(/\/proc\/(\d+)|\/task\/(\d+)/g, (all, pid = "", tid = "") =>
      all.replace(/\d+/, `${Number(pid + tid) + 70_000}`),
    );
  const { process } = record;
  return {
    ...record,
    process: process && { ...process, pid: process.pid + 70_000, where: more(process.where) },
    threads: (record.threads ?? []).map((thread) => ({
      ...thread,
      tid: thread.tid + 70_000,
      where: more(thread.where),
    })),
    memory: (record.memory ?? []).map((one) => ({ ...one, where: more(one.where) })),
    shapes: record.shapes.map((shape) => ({ ...shape, where: more(shape.where) })),
  };
}

/** The record with its lists in the opposite order, wherever their order says nothing. */
function backwards(record: Evidence): Evidence {
  const { machine } = record;
  const topology = machine?.topology ?? null;
  return {
    ...record,
    threads: (record.threads ?? []).toReversed(),
    cgroups: record.cgroups.toReversed(),
    shapes: record.shapes.toReversed(),
    cores: (record.cores ?? []).toReversed(),
    machine: machine && {
      ...machine,
      settings: {
        ...machine.settings,
        bootOptions: (machine.settings.bootOptions ?? []).toReversed(),
        vulnerabilities: (machine.settings.vulnerabilities ?? []).toReversed(),
        cpuFlags: (machine.settings.cpuFlags ?? []).toReversed(),
      },
      nodes: (machine.nodes ?? []).toReversed(),
      neighbours: (machine.neighbours ?? []).toReversed(),
      topology: topology && {
        ...topology,
        cores: topology.cores.toReversed(),
        pci: topology.pci.toReversed(),
        accelerators: topology.accelerators.toReversed(),
      },
    },
  };
}

const mirroredCpus = (list: string): string =>
  formatList(indexSet(indices(setOf(list)).map((cpu) => (cpu + 6) % 12)));

/** The record as if the VM and its accelerator were on the other node, which is equal. */
function mirrored(record: Evidence): Evidence {
  const node1 = "0000:32:00.0";
  const topology = record.machine?.topology ?? null;
  return {
    ...record,
    threads: (record.threads ?? []).map((thread) => ({
      ...thread,
      allowedCpus: thread.allowedCpus === null ? null : mirroredCpus(thread.allowedCpus),
      lastCpu: thread.lastCpu === null ? null : (thread.lastCpu + 6) % 12,
    })),
    memory: (record.memory ?? []).map((one) => ({
      ...one,
      policy: { mode: "bind", nodes: "1" },
      onNodes: one.onNodes.map(({ bytes }) => ({ node: 1, bytes })),
    })),
    devices: record.devices.map((device) => ({
      ...device,
      address: node1,
      node: 1,
      interrupts: (device.interrupts ?? []).map((one) => ({
        ...one,
        allowedCpus: "6-11",
        effectiveCpus: "7",
      })),
    })),
    shapes: record.shapes.map((shape) => ({
      ...shape,
      devices: (shape.devices ?? []).map((device) => ({ ...device, hostAddress: node1 })),
    })),
    machine: record.machine && {
      ...record.machine,
      topology: topology && {
        ...topology,
        pci: topology.pci.map((one) =>
          one.address === node1
            ? { ...one, interrupts: { allowedCpus: "6-11", effectiveCpus: "7" } }
            : one,
        ),
      },
    },
  };
}

/** The record with its memory of 64 MiB on both nodes. */
const spread = (onNode0: number): Given =>
  at({
    "memory.0.onNodes": [
      { node: 0, bytes: onNode0 },
      { node: 1, bytes: 64 * MiB - onNode0 },
    ],
  });

export const harmlessChanges: readonly HarmlessChange[] = [
  { what: "other PIDs and TIDs", of: byVirsh, change: renumbered },
  {
    what: "another name, another UUID and another host of the same make",
    of: byVirsh,
    change: (record) => ({
      ...record,
      name: "llm-b",
      host: "lab-2",
      takenAt: "2026-12-24T00:00:00.000Z",
      process: record.process && {
        ...record.process,
        name: "llm-b",
        uuid: "00000000-1111-2222-3333-444444444444",
      },
    }),
  },
  { what: "lists in the opposite order", of: byQemu, change: backwards },
  { what: "the other node of two equal ones", of: byQemu, change: mirrored },
  {
    what: "libraries in the page cache of the other node",
    of: byQemu,
    change: (record) => ({
      ...record,
      memory: [
        ...(record.memory ?? []),
        {
          kind: "file",
          start: "7f0000000000",
          bytes: 512 * MiB,
          backend: null,
          cell: null,
          policy: { mode: "default", nodes: "" },
          pageBytes: 4096,
          onNodes: [{ node: 1, bytes: 512 * MiB }],
          where: "/proc/1/numa_maps",
          line: "7f0000000000 default file mapped=131072 N1=131072 kernelpagesize_kB=4",
        },
      ],
    }),
  },
  {
    what: "one hundredth of its pages on the other node",
    of: inBasePages,
    change: spread(160 * 4096),
    further: {
      code: "memory-off-node",
      change: spread(24 * MiB),
    },
  },
  {
    what: "an idle neighbour on the other node",
    of: byQemu,
    change: beside({}),
    further: { code: "smt-sibling-shared", change: beside({ vcpus: [{ count: 1, cpus: "4" }] }) },
  },
  {
    what: "a busy neighbour on the other node",
    of: byQemu,
    change: beside({ busyCpus: 2 }),
    further: {
      code: "neighbour-load",
      change: beside({ vcpus: [{ count: 1, cpus: "5" }], busyCpus: 2 }),
    },
  },
  {
    what: "an idle neighbour that may run anywhere",
    of: byRun,
    change: beside({ vcpus: [{ count: 4, cpus: "0-11" }], devices: [] }),
  },
  {
    what: "a program beside it that does next to nothing",
    of: byQemu,
    change: beside({ name: "sshd", isVm: false, vcpus: [], devices: [], busyCpus: 0.1 }),
    further: {
      code: "neighbour-load",
      change: at({
        "machine.neighbours.1.vcpus": [{ count: 2, cpus: "0-5" }],
        "machine.neighbours.1.busyCpus": 3,
      }),
    },
  },
  {
    what: "memory that prefers the node where all of it is",
    of: byQemu,
    change: at({ "memory.0.policy": { mode: "prefer", nodes: "0" } }),
  },
  {
    what: "NUMA balancing, which leaves bound huge pages alone",
    of: byQemu,
    change: at({ "kernel.numaBalancing": 1 }),
    further: { code: "autonuma-on", change: withAll(withoutPolicy, withBasePages) },
  },
  {
    what: "ksmd on, and no page merged",
    of: byQemu,
    change: at({ "kernel.ksmRun": 1 }),
    further: { code: "ksm-on", change: at({ "process.mergedPages": 4000 }) },
  },
  {
    what: "no transparent huge pages, beside huge pages of its own",
    of: byQemu,
    change: at({ "kernel.transparentHugepages": "never" }),
  },
  { what: "irqbalance on", of: byQemu, change: at({ "machine.settings.irqbalance": true }) },
  {
    what: "less memory free, and fewer huge pages of the other node",
    of: byQemu,
    change: at({
      "machine.nodes.0.freeBytes": 300 * MiB,
      "machine.nodes.1.freeBytes": 200 * MiB,
      "machine.nodes.1.foreignPages": 4711,
      "machine.topology.nodes.1.hugepages.0.free": 3,
    }),
  },
  {
    what: "a quota and a limit on memory that were never reached, and a usual weight",
    of: byVirsh,
    change: (record) => at({ "cgroups.1.limits.cpuWeight": 79 })(withLimits(record)),
    further: { code: "memory-limited", change: at({ "cgroups.1.limits.memoryReclaims": 4000 }) },
  },
  {
    what: "vCPUs that have run for hours and waited now and then",
    of: byQemu,
    change: at({
      "threads.3.ranNs": 9e12,
      "threads.3.waitedNs": 5e9,
      "threads.4.ranNs": 8e12,
      "threads.4.waitedNs": 4e9,
    }),
    further: { code: "cpu-waiting", change: at({ "threads.4.waitedNs": 4e12 }) },
  },
  {
    what: "the emulator may use a second spare CPU of its node",
    of: byQemu,
    change: at({ "threads.0.allowedCpus": "0,5", "threads.0.lastCpu": 5 }),
    further: { code: "helpers-on-worker-cores", change: at({ "threads.0.allowedCpus": "0,4" }) },
  },
  {
    what: "its interrupts go to another CPU of its node",
    of: byQemu,
    change: at({
      "devices.0.interrupts.0.allowedCpus": "5",
      "devices.0.interrupts.0.effectiveCpus": "5",
    }),
    further: {
      code: "interrupts-far",
      change: at({
        "devices.0.interrupts.0.allowedCpus": "0-11",
        "devices.0.interrupts.0.effectiveCpus": "7",
      }),
    },
  },
  {
    what: "idle states were entered more often",
    of: byQemu,
    given: withClocks,
    change: at({ "machine.cpus.0.idleStates.0.entered": 7_000_000_000 }),
    further: {
      code: "deep-idle-states",
      change: at({ "machine.cpus.0.idleStates.1.disabled": false }),
    },
  },
  {
    what: "an accelerator with nothing to do: low clocks, low power, cool",
    of: byQemu,
    given: withGuest,
    change: at({
      "guest.accelerators.0.performanceState": "P8",
      "guest.accelerators.0.coreClock.nowMHz": 345,
      "guest.accelerators.0.memoryClock.nowMHz": 405,
      "guest.accelerators.0.power.drawWatts": 61,
      "guest.accelerators.0.temperatureC": 31,
      "guest.accelerators.0.utilizationPercent": 0,
      "guest.accelerators.0.throttleReasons": ["Idle"],
    }),
    further: {
      code: "clocks-low",
      change: at({
        "guest.accelerators.0.utilizationPercent": 97,
        "guest.accelerators.0.performanceState": "P0",
        "guest.accelerators.0.throttleReasons": [],
      }),
    },
  },
  {
    what: "an idle link at its lowest speed, with all of its lanes",
    of: byQemu,
    given: withBoards,
    change: at({ "devices.0.link.speedGTs": 2.5 }),
    further: { code: "link-slow", change: at({ "devices.0.link.width": 8 }) },
  },
  {
    what: "rows of memory that were replaced long ago",
    of: byQemu,
    given: withGuest,
    change: at({ "guest.accelerators.0.retired": { count: 6, pending: false } }),
    further: {
      code: "memory-retired",
      change: at({ "guest.accelerators.0.retired.pending": true }),
    },
  },
  {
    what: "another driver and another kernel in the guest",
    of: byQemu,
    given: withGuest,
    change: at({
      "guest.kernel": "6.8.0-45-generic",
      "guest.accelerators.0.driverVersion": "570.124.06",
    }),
  },
];
