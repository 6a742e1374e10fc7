import type { Evidence, MemoryMapping, ThreadEvidence } from "../../src/evidence/evidence.ts";
import type { Topology } from "../../src/topology/topology.ts";
import { GiB } from "../../src/unit/bytes.ts";
import { cleanVm, onMachine } from "./clean.ts";

/** A process that is no VM, on node 0 of the clean machine beside the accelerator there. */
export function program(change: Partial<Evidence> = {}): Evidence {
  return {
    ...cleanVm(0),
    of: "process",
    name: "process 5000",
    process: {
      pid: 5000,
      where: "/proc/5000",
      name: null,
      uuid: null,
      threadCount: 2,
      vfioFiles: [],
      hugeMemory: null,
      mergedPages: null,
      startTicks: null,
      swappedBytes: 0,
      binding: null,
    },
    threads: [thread(5000), thread(5001)],
    memory: [mapping({})],
    cgroups: [],
    shapes: [],
    guest: null,
    ...change,
  };
}

/** 16 GiB of private memory in base pages on node 0, without a policy. */
export function mapping(change: Partial<MemoryMapping>): MemoryMapping {
  return {
    kind: "anonymous",
    start: "7f0000000000",
    bytes: 16 * GiB,
    backend: null,
    cell: null,
    policy: { mode: "default", nodes: "" },
    pageBytes: 4096,
    onNodes: [{ node: 0, bytes: 16 * GiB }],
    where: "/proc/5000/numa_maps",
    line: "7f0000000000 default anon=4194304 N0=4194304 kernelpagesize_kB=4",
    ...change,
  };
}

/** A busy thread on node 0. */
export function thread(tid: number, change: Partial<ThreadEvidence> = {}): ThreadEvidence {
  return {
    tid,
    where: `/proc/5000/task/${tid}`,
    name: "python3",
    role: null,
    allowedCpus: "0-7,16-23",
    allowedNodes: "0-1",
    lastCpu: 1,
    cgroup: null,
    ranNs: 60_000_000_000,
    waitedNs: 0,
    ...change,
  };
}

/** The evidence on a machine of another make. */
export function onTopology(
  evidence: Evidence,
  change: (topology: Topology) => Partial<Topology>,
): Evidence {
  return onMachine(evidence, ({ topology }) => ({
    topology: topology === null ? null : { ...topology, ...change(topology) },
  }));
}
