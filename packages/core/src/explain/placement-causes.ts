import { balloonInflated } from "./cause/placement/balloon-inflated.ts";
import { bindingLeft } from "./cause/placement/binding-left.ts";
import { boundTooTight } from "./cause/placement/bound-too-tight.ts";
import { coreClassSlow } from "./cause/placement/core-class-slow.ts";
import { cpuWaiting } from "./cause/placement/cpu-waiting.ts";
import { helpersOnWorkerCores } from "./cause/placement/helpers-on-worker-cores.ts";
import { hugepagesShort } from "./cause/placement/hugepages-short.ts";
import { interruptsFar } from "./cause/placement/interrupts-far.ts";
import { ioThreadsFar } from "./cause/placement/io-threads-far.ts";
import { l3Shared } from "./cause/placement/l3-shared.ts";
import { linkShared } from "./cause/placement/link-shared.ts";
import { memoryBoundElsewhere } from "./cause/placement/memory-bound-elsewhere.ts";
import { memoryInterleaved } from "./cause/placement/memory-interleaved.ts";
import { memoryOffNode } from "./cause/placement/memory-off-node.ts";
import { memoryUnbound } from "./cause/placement/memory-unbound.ts";
import { neighbourLoad } from "./cause/placement/neighbour-load.ts";
import { nodeFull } from "./cause/placement/node-full.ts";
import { pageSizeSmall } from "./cause/placement/page-size-small.ts";
import { requestDiffers } from "./cause/placement/request-differs.ts";
import { smtSiblingShared } from "./cause/placement/smt-sibling-shared.ts";
import { thpOff } from "./cause/placement/thp-off.ts";
import { thpSplit } from "./cause/placement/thp-split.ts";
import { vcpusFloat } from "./cause/placement/vcpus-float.ts";
import { vcpusOffNode } from "./cause/placement/vcpus-off-node.ts";
import { memorySwapped } from "./cause/placement/memory-swapped.ts";
import { threadsCrowded } from "./cause/placement/threads-crowded.ts";
import { cpuEmulated } from "./cause/placement/cpu-emulated.ts";
import type { Cause } from "./subject/cause.ts";

/**
 * Whether KVM runs it at all, and what is placed: memory, the threads that do the work and those
 * that serve them, who else is there, and in the end whether the two were asked for alike.
 */
export const placementCauses: readonly Cause[] = [
  cpuEmulated,
  bindingLeft,
  nodeFull,
  hugepagesShort,
  memoryInterleaved,
  memoryBoundElsewhere,
  memoryUnbound,
  memoryOffNode,
  vcpusOffNode,
  vcpusFloat,
  threadsCrowded,
  coreClassSlow,
  smtSiblingShared,
  helpersOnWorkerCores,
  ioThreadsFar,
  interruptsFar,
  balloonInflated,
  thpOff,
  thpSplit,
  pageSizeSmall,
  memorySwapped,
  cpuWaiting,
  l3Shared,
  neighbourLoad,
  linkShared,
  boundTooTight,
  requestDiffers,
];
