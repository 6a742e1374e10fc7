import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { bound } from "./alteration.ts";

/** One fact of what was planted, put in order: what rested on it is told no more. */
export interface RecordMended {
  /** What is told no more, and what is told then. */
  readonly gone: string;
  readonly left: readonly string[];
  readonly what: string;
  readonly of: string;
  /** The guilty one of the two. */
  readonly side: "a" | "b";
  readonly path: string;
  readonly value: unknown;
}

export const recordsMended: readonly RecordMended[] = [
  {
    gone: "memory-bound-elsewhere",
    left: [],
    what: "the pages lie at home, whatever the policy says",
    of: bound,
    side: "b",
    path: "memory.0.onNodes",
    value: [{ node: 0, bytes: 64 * MiB }],
  },
  {
    gone: "memory-unbound",
    left: ["vcpus-float"],
    what: "the pages lie at home, without a policy",
    of: "memory first touched on the other node, and vCPUs that float",
    side: "b",
    path: "memory.0.onNodes",
    value: [{ node: 0, bytes: 64 * MiB }],
  },
  {
    gone: "memory-interleaved",
    left: ["helpers-on-worker-cores"],
    what: "the pages lie at home, whatever the policy says",
    of: "memory interleaved, and the emulator on a vCPU's core",
    side: "b",
    path: "memory.0.onNodes",
    value: [{ node: 0, bytes: 64 * MiB }],
  },
  {
    gone: "vcpus-off-node",
    left: [],
    what: "the vCPU is back on its node",
    of: "a vCPU moved to the other node after evenkeel run, of the one that is given first",
    side: "a",
    path: "threads.4.allowedCpus",
    value: "3",
  },
  {
    gone: "node-full",
    left: ["memory-off-node"],
    what: "the node has room",
    of: "memory that fell over, as its node was full",
    side: "b",
    path: "machine.nodes.0.freeBytes",
    value: 1024 * MiB,
  },
  {
    gone: "page-size-small",
    left: [],
    what: "the memory is in huge pages",
    of: "base pages, where nothing makes them huge",
    side: "b",
    path: "memory.0.pageBytes",
    value: 2 * MiB,
  },
  {
    gone: "interrupts-far",
    left: [],
    what: "the interrupts go to its node",
    of: "interrupts on the other node",
    side: "b",
    path: "devices.0.interrupts.0",
    value: { number: 10, allowedCpus: "6-11", effectiveCpus: "7" },
  },
  {
    gone: "interrupts-far",
    left: [],
    what: "its interrupt was never raised",
    of: "interrupts on the other node",
    side: "b",
    path: "devices.0.interrupts.0",
    value: { number: 11, allowedCpus: "0-5", effectiveCpus: "0", raisedCount: 0 },
  },
  {
    gone: "cpu-quota",
    left: ["cpu-waiting"],
    what: "the quota was never used up",
    of: "a quota of CPU time",
    side: "b",
    path: "cgroups.0.limits.throttled",
    value: { periods: 443, throttledPeriods: 0, throttledUs: 0 },
  },
  {
    gone: "cpu-weight-low",
    left: [],
    what: "the weight is the usual one",
    of: "a low weight",
    side: "b",
    path: "cgroups.0.limits.cpuWeight",
    value: 100,
  },
  {
    gone: "autonuma-on",
    left: [],
    what: "NUMA balancing is off",
    of: "NUMA balancing over memory without a policy",
    side: "b",
    path: "kernel.numaBalancing",
    value: 0,
  },
  {
    gone: "ksm-on",
    left: [],
    what: "no page is merged",
    of: "merged pages",
    side: "b",
    path: "process.mergedPages",
    value: 0,
  },
  {
    gone: "smt-sibling-shared",
    left: [],
    what: "the neighbour is on another core",
    of: "a neighbour on the second thread of a core",
    side: "b",
    path: "machine.neighbours.1.vcpus.0.cpus",
    value: "8",
  },
];
