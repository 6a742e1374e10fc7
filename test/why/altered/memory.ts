import { MiB } from "@evenkeel/core/unit/bytes.ts";
import {
  withAll,
  withBalloon,
  withBasePages,
  withFullNode,
  withLargeMemory,
  withPreference,
  withoutPolicy,
} from "../lab-given.ts";
import { bound, byQemu, type RecordAlteration } from "./alteration.ts";

/** Half of 64 MiB on each node. */
const divided = [0, 1].map((node) => ({ node, bytes: 32 * MiB }));

/** Where the pages of a VM are, and of what size. */
export const memoryAlterations: readonly RecordAlteration[] = [
  {
    code: "memory-off-node",
    what: "half of the pages lie on the other node, against the policy",
    of: byQemu,
    path: "memory.0.onNodes",
    value: divided,
  },
  {
    code: "node-full",
    what: "half of the pages lie on the other node, of memory that prefers its full one",
    of: byQemu,
    given: withAll(withBasePages, withPreference, withFullNode),
    path: "memory.0.onNodes",
    value: divided,
  },
  {
    code: "hugepages-short",
    what: "half of the huge pages lie on the other node, as its own has none left",
    of: byQemu,
    given: withAll(withPreference, withFullNode),
    path: "memory.0.onNodes",
    value: divided,
  },
  {
    code: "memory-unbound",
    what: "memory on the other node has no policy",
    of: bound,
    path: "memory.0.policy",
    value: { mode: "default", nodes: "" },
    twin: null,
    otherwise: "memory-bound-elsewhere",
  },
  {
    code: "memory-interleaved",
    what: "memory on the other node is interleaved",
    of: bound,
    path: "memory.0.policy",
    value: { mode: "interleave", nodes: "0-1" },
    twin: null,
    otherwise: "memory-bound-elsewhere",
  },
  {
    code: "memory-bound-elsewhere",
    what: "the cpuset allows memory without a policy on the other node only",
    of: bound,
    given: withoutPolicy,
    path: "threads.0.allowedNodes",
    value: "1",
    twin: null,
    otherwise: "memory-unbound",
  },
  {
    code: "page-size-small",
    what: "the memory is in base pages",
    of: byQemu,
    path: "memory.0.pageBytes",
    value: 4096,
  },
  {
    code: "thp-split",
    what: "none of its memory is in transparent huge pages",
    of: byQemu,
    given: withLargeMemory,
    path: "process.hugeMemory.anonymousHugeBytes",
    value: 0,
  },
  {
    code: "thp-off",
    what: "transparent huge pages are off",
    of: byQemu,
    given: withLargeMemory,
    path: "kernel.transparentHugepages",
    value: "never",
  },
  {
    code: "balloon-inflated",
    what: "a balloon holds half of the memory",
    of: byQemu,
    given: withBalloon,
    path: "shapes.1.balloon.actualBytes",
    value: 32 * MiB,
  },
];
