import type { MemoryMapping, ThreadEvidence } from "../../evidence/evidence.ts";
import { has, isSubset } from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import { GiB, MiB } from "../../unit/bytes.ts";
import { sum } from "../../unit/sum.ts";
import { count, type Tally } from "../../unit/tally.ts";
import type { BindingPromise } from "../../binding/promise.ts";

/** The threads of a process, held against the CPUs that it is bound to. */
export interface ThreadsBeyond {
  /** Those that may run on other CPUs too, or only there. Fewer are the program's own choice. */
  readonly beyond: readonly ThreadEvidence[];
  readonly unread: readonly ThreadEvidence[];
}

/** Divides threads by whether they may leave some CPUs. */
export function threadsBeyond(cpus: string, threads: readonly ThreadEvidence[]): ThreadsBeyond {
  const own = setOf(cpus);
  return {
    beyond: threads.filter(
      ({ allowedCpus }) => allowedCpus !== null && !isSubset(setOf(allowedCpus), own),
    ),
    unread: threads.filter(({ allowedCpus }) => allowedCpus === null),
  };
}

/** The memory of a process, held against the nodes that it is bound to. */
export interface MemoryBeyond {
  /** Its own memory; the page cache of files belongs to all who read them. */
  readonly totalBytes: number;
  /** What lies on other nodes, by node. */
  readonly elsewhere: ReadonlyMap<number, number>;
  readonly bytes: number;
  /** Whether that is enough to matter. */
  readonly isNoticed: boolean;
  readonly mappings: readonly MemoryMapping[];
  /** Mappings whose next pages may come from other nodes, by their policy. */
  readonly unbound: readonly MemoryMapping[];
}

/**
 * The memory of a process that lies elsewhere than on some nodes.
 *
 * Under a strict policy no page does, but the kernel's sums by node do not tell copied pages of a
 * private mapping from those of its file, which lie where the first reader was. So less than 1 MiB
 * does not matter, nor up to 64 MiB of a process that has fifty times as much.
 *
 * @param apart nodes whose memory a device's driver puts there, in order: memory of GPUs.
 */
export function memoryBeyond(
  nodes: string,
  memory: readonly MemoryMapping[],
  apart: ReadonlySet<number>,
): MemoryBeyond {
  const own = memory.filter(({ kind }) => kind !== "file");
  const bound = setOf(nodes);
  const isElsewhere = (node: number): boolean => !apart.has(node) && !has(bound, node);
  const elsewhere: Tally<number> = new Map();
  let totalBytes = 0;
  for (const { onNodes } of own) {
    for (const { node, bytes } of onNodes) {
      totalBytes += bytes;
      if (bytes > 0 && isElsewhere(node)) count(elsewhere, node, bytes);
    }
  }
  const bytes = sum(elsewhere.values());
  return {
    totalBytes,
    elsewhere: new Map([...elsewhere].toSorted(([a], [b]) => a - b)),
    bytes,
    isNoticed: bytes >= largeBytes || (bytes >= smallBytes && bytes >= totalBytes * smallShare),
    mappings: own.filter(({ onNodes }) =>
      onNodes.some(({ node, bytes: there }) => there > 0 && isElsewhere(node)),
    ),
    // That of the thread's own node names none.
    unbound: own.filter(
      ({ policy }) =>
        policy !== null && (policy.mode === "default" || !isSubset(setOf(policy.nodes), bound)),
    ),
  };
}

const smallBytes = MiB;
const largeBytes = GiB / 16;
const smallShare = 0.02;

/** What a promise says of CPUs and memory: `CPUs 0-13, memory of node 0 (strict)`. */
export function promiseWords({ cpus, memory, memoryNodes }: BindingPromise): string {
  return [
    cpus === null ? "CPUs as they were" : `CPUs ${cpus}`,
    memoryNodes === null ? "memory as it was" : `memory of node ${memoryNodes} (${memory})`,
  ].join(", ");
}

/** Where threads may run that leave some CPUs: `thread 4712 (python3) on CPUs 0-27`. */
export function beyondWords(threads: readonly ThreadEvidence[]): string {
  const each = threads.slice(0, shownMost).map(({ tid, name, allowedCpus }) => {
    const called = name === null ? "" : ` (${name})`;
    return `thread ${tid}${called} on CPUs ${allowedCpus ?? ""}`;
  });
  const more = threads.length - shownMost;
  return [...each, ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

const shownMost = 8;
