import { localRank } from "@evenkeel/core/binding/local-rank.ts";
import type { Variables } from "@evenkeel/core/binding/visible/variables.ts";
import { equals, isSubset, size } from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import { parseStatus } from "../procfs/parse-task.ts";
import type { Tree } from "../tree/tree.ts";

/**
 * What to switch off where a launcher has bound this process before it became itself: Slurm and
 * Open MPI give each rank a few CPUs in the order of ranks, and `exec` never leaves these. Its
 * parent is the launcher then, which has more. Null where nobody has narrowed it, or no launcher
 * started it: who writes `taskset` in front means it.
 *
 * @param parent the number of the parent process.
 */
export function narrowedByLauncher(
  tree: Tree,
  variables: Variables,
  parent: number,
): string | null {
  const rank = localRank(variables);
  if (rank === null) return null;
  const [own, its] = ["self", `${parent}`].map((pid) => {
    return parseStatus(tree.readText(`/proc/${pid}/status`) ?? "").allowedCpus;
  });
  if (own == null || its == null) return null;
  const [given, whole] = [setOf(own), setOf(its)];
  if (!isSubset(given, whole) || equals(given, whole)) return null;
  // Slurm keeps a task to the CPUs of its job, whatever --cpu-bind says, and slurmstepd to none.
  const isJob = size(given) === Number(variables["SLURM_CPUS_ON_NODE"]);
  if (rank.from === "SLURM_LOCALID" && isJob) return null;
  return (
    `its launcher left it CPUs ${own} of ${its}, whatever its GPU: ` +
    "mpirun --bind-to none, srun --cpu-bind=none and the like switch that off"
  );
}
