import type { Evidence, MemoryMapping, ThreadEvidence } from "../../evidence/evidence.ts";
import type { MachineEvidence } from "../../evidence/machine-evidence.ts";
import type { Topology } from "../../topology/topology.ts";
import { type Home, homeOf } from "./home.ts";
import { type Price, pricer } from "./price.ts";
import { sketchOf } from "./sketch.ts";
import { byNode, type ByNode } from "./spread.ts";

/** Evidence with what causes ask of it again and again. */
export interface Subject {
  readonly evidence: Evidence;
  readonly machine: MachineEvidence | null;
  /** As it was read, or else what the rest of the evidence shows of it. */
  readonly topology: Topology | null;
  /**
   * The memory that is the subject's own. Pages of mapped files are left out: they belong to all
   * who read the file, and where they lie is no fault of anybody's.
   */
  readonly memory: readonly MemoryMapping[] | null;
  /** Its own memory by node, in bytes. */
  readonly memoryByNode: ByNode | null;
  /**
   * The threads that do its work: the vCPUs of a VM, all threads of anything else. Null where none
   * of a VM's threads is known for a vCPU's.
   */
  readonly workers: readonly ThreadEvidence[] | null;
  /**
   * The other threads of a VM: its emulator's, iothreads, vhost. A thread of a VM whose role is
   * unknown is neither a worker nor a helper.
   */
  readonly helpers: readonly ThreadEvidence[] | null;
  /** The nodes that it belongs on; null where too little is known to say. */
  readonly home: Home | null;
  readonly price: Price;
}

/** Works out once what all causes ask of a subject. */
export function subjectOf(evidence: Evidence): Subject {
  const { machine } = evidence;
  const topology = machine?.topology ?? sketchOf(evidence);
  const own = evidence.memory === null ? null : evidence.memory.filter(isOwn);
  const memoryByNode = own === null ? null : byNode(own);
  const { workers, helpers } = divided(evidence);
  const home = homeOf({ evidence, topology, memoryByNode, workers });
  return {
    evidence,
    machine,
    topology,
    memory: own,
    memoryByNode,
    workers,
    helpers,
    home,
    price: pricer(topology, home, evidence),
  };
}

const isOwn = ({ kind }: MemoryMapping): boolean => kind !== "file";

function divided({ of, threads }: Evidence): Pick<Subject, "workers" | "helpers"> {
  if (threads === null) return { workers: null, helpers: null };
  if (of !== "vm") return { workers: threads, helpers: [] };
  const workers = threads.filter(({ role }) => role?.kind === "vcpu");
  if (workers.length === 0) return { workers: null, helpers: null };
  const helpers = threads.filter(({ role }) => role !== null && role.kind !== "vcpu");
  return { workers, helpers };
}
