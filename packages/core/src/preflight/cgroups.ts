import { difference, isEmpty, unionAll } from "../set/index-set.ts";
import { formatList, setOf } from "../set/list-format.ts";
import type { CgroupFacts } from "./facts.ts";
import type { PreflightCheck } from "./start.ts";
import type { PreflightCode, PreflightProblem } from "./problem.ts";
import { plannedCpus } from "./cpus.ts";

/**
 * A cgroup's cpuset confines whatever is below it, silently: a thread that is pinned outside runs
 * where the cpuset says (https://docs.kernel.org/admin-guide/cgroup-v2.html, "Cpuset").
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
      remedy: `echo ${all} > ${folder}/${file}`,
    },
  ];
}
