import { advice, type Remedy, writeFile } from "../remedy/remedy.ts";
import { difference, isEmpty, unionAll } from "../set/index-set.ts";
import { formatList, setOf } from "../set/list-format.ts";
import type { CgroupFacts } from "./facts.ts";
import type { PreflightCheck } from "./start.ts";
import type { PreflightCode, PreflightProblem } from "./problem.ts";
import { plannedCpus } from "./cpus.ts";

/**
 * The cpusets above the VM. A cpuset silently confines everything below it: a thread pinned
 * elsewhere runs inside it all the same (https://docs.kernel.org/admin-guide/cgroup-v2.html,
 * "Cpuset").
 */
export const checkCgroups: PreflightCheck = ({ plan }, { cgroups }) => {
  const cpus = plannedCpus(plan);
  const nodes = unionAll(plan.cells.map(({ memoryNodes }) => setOf(memoryNodes)));
  return cgroups.flatMap((cgroup) => [
    ...lacking(cgroup, "cgroup-cpus", "CPUs", cpus, cgroup.cpus, "cpuset.cpus"),
    ...lacking(cgroup, "cgroup-nodes", "memory nodes", nodes, cgroup.nodes, "cpuset.mems"),
  ]);
};

function lacking(
  { path, folder }: CgroupFacts,
  code: PreflightCode,
  what: string,
  needed: ReturnType<typeof setOf>,
  allowed: string | null,
  file: string,
): PreflightProblem[] {
  if (allowed === null) return [];
  const missing = difference(needed, setOf(allowed));
  if (isEmpty(missing)) return [];
  const all = formatList(unionAll([setOf(allowed), needed]));
  return [
    {
      code,
      severity: "error",
      subject: `cgroup ${path}`,
      needs: `${what} ${formatList(needed)}`,
      has: `${what} ${allowed}`,
      remedy: widened(path, what, `${folder}/${file}`, { from: allowed, to: all }),
    },
  ];
}

/** The root cgroup has everything that is online, and no list that could be written. */
function widened(
  path: string,
  what: string,
  file: string,
  { from, to }: { readonly from: string; readonly to: string },
): Remedy {
  if (path === "/") return advice("live", `Bring the missing ${what} online.`);
  return {
    text: `Give the cgroup ${path} the ${what} ${to}.`,
    argv: [writeFile(file, to)],
    when: "live",
    // The kernel moves pages off the nodes that a cpuset loses, so there is no way back for nodes.
    undo: file.endsWith("cpuset.cpus") ? [writeFile(file, from)] : null,
  };
}
