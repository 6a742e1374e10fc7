import type { Evidence, MemoryMapping } from "../../../src/evidence/evidence.ts";
import { GiB } from "../../../src/unit/bytes.ts";
import type { Alteration } from "./alteration.ts";

/** What is placed: memory, vCPUs, and the threads that serve them. */
export const placementAlterations: readonly Alteration[] = [
  {
    code: "memory-off-node",
    what: "6 of 16 GiB on the other node, as its policy says",
    alter: (evidence) =>
      mapped(evidence, {
        policy: { mode: "bind", nodes: "0-1" },
        onNodes: [
          { node: 0, bytes: 10 * GiB },
          { node: 1, bytes: 6 * GiB },
        ],
      }),
  },
  {
    code: "memory-unbound",
    what: "no policy, and 6 of 16 GiB on the other node",
    alter: (evidence) =>
      mapped(evidence, {
        policy: { mode: "default", nodes: "" },
        onNodes: [
          { node: 0, bytes: 10 * GiB },
          { node: 1, bytes: 6 * GiB },
        ],
      }),
  },
];

/** The evidence with its guest memory changed. */
function mapped(evidence: Evidence, change: Partial<MemoryMapping>): Evidence {
  return {
    ...evidence,
    memory: (evidence.memory ?? []).map((mapping) => ({ ...mapping, ...change })),
  };
}
