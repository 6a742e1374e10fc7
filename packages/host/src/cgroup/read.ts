import type { CgroupEvidence } from "@evenkeel/core/evidence/evidence.ts";
import { joined, parentOf } from "../tree/resolve.ts";
import type { Tree } from "../tree/tree.ts";
import { type CgroupPath, parseCpuset, parseMembership } from "./parse.ts";

/** The folder of a cpuset hierarchy, and the names of its files for the effective sets. */
interface CpusetHierarchy {
  readonly folder: string;
  readonly effectiveCpus: string;
  readonly effectiveNodes: string;
}

/** Version 1 has a hierarchy for each controller. */
const own: CpusetHierarchy = {
  folder: "/sys/fs/cgroup/cpuset",
  effectiveCpus: "cpuset.effective_cpus",
  effectiveNodes: "cpuset.effective_mems",
};

/** Version 2 has all controllers in one hierarchy. */
const unified: CpusetHierarchy = {
  folder: "/sys/fs/cgroup",
  effectiveCpus: "cpuset.cpus.effective",
  effectiveNodes: "cpuset.mems.effective",
};

export const cpusetHierarchies: readonly CpusetHierarchy[] = [unified, own];

/** What a cgroup's cpuset allows. */
export type Cpuset = Omit<CgroupEvidence, "limits">;

/** The folder of a cgroup. */
export function cgroupFolder({ folder }: CpusetHierarchy, path: string): string {
  return path === "/" ? folder : joined(folder, path.slice(1));
}

/** The cgroup of a thread in the hierarchy with cpusets, or null. */
export function cgroupOf(tree: Tree, task: string): CgroupPath | null {
  return parseMembership(tree.readText(`${task}/cgroup`) ?? "").cpuset;
}

/**
 * What a cgroup's cpuset allows. In version 2 a cgroup has these files only where its parent
 * enables the controller; otherwise the nearest ancestor that has them decides. The root of version
 * 2 has only the effective sets.
 */
export function readCgroup(tree: Tree, { version, path }: CgroupPath): Cpuset | null {
  const hierarchy = version === 1 ? own : unified;
  for (let at = path; ; at = parentOf(at)) {
    const where = cgroupFolder(hierarchy, at);
    const set = (name: string): string | null => parseCpuset(tree.readText(`${where}/${name}`));
    const found: Cpuset = {
      path,
      where,
      cpus: set("cpuset.cpus"),
      effectiveCpus: set(hierarchy.effectiveCpus),
      nodes: set("cpuset.mems"),
      effectiveNodes: set(hierarchy.effectiveNodes),
    };
    const anySet = found.cpus ?? found.effectiveCpus ?? found.nodes ?? found.effectiveNodes;
    if (anySet !== null) return found;
    if (at === "/") return null;
  }
}
