import { hostname } from "node:os";
import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { type LiveOptions, readLiveEvidence } from "@evenkeel/host/evidence/read-live.ts";
import { directoryTree, liveTree } from "@evenkeel/host/tree/directory-tree.ts";

/** What is so now of a plan's VM: on this machine, or on the one whose files are below a directory. */
export function readEvidence(
  plan: Plan,
  options: Omit<LiveOptions, "host" | "takenAt">,
  root?: string,
): Promise<Evidence> {
  return readLiveEvidence(root === undefined ? liveTree() : directoryTree(root), plan, {
    ...options,
    host: root === undefined ? hostname() : plan.host,
    takenAt: new Date().toISOString(),
  });
}
