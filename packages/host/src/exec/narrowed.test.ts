import { expect, test } from "vitest";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import { narrowedByLauncher } from "./narrowed.ts";

/** Whether a launcher has bound a process, from its own affinity and its parent's. */

const PARENT = 77;
const slurm = {
  SLURM_LOCALID: "1",
  SLURM_STEP_TASKS_PER_NODE: "2",
  SLURM_CPUS_ON_NODE: "16",
};

function told(own: string | null, parents: string | null, variables: Record<string, string>) {
  const files = Object.entries({ self: own, [PARENT]: parents }).flatMap(([pid, cpus]) =>
    cpus === null ? [] : [[`/proc/${pid}/status`, `Cpus_allowed_list:\t${cpus}\n`] as const],
  );
  return narrowedByLauncher(treeOf(Object.fromEntries(files)), variables, PARENT);
}

test("a rank with fewer CPUs than its launcher is told so", () => {
  expect(told("4-5", "0-15", slurm)).toBe(
    "its launcher left it CPUs 4-5 of 0-15, whatever its GPU: " +
      "mpirun --bind-to none, srun --cpu-bind=none and the like switch that off",
  );
});

test("what Open MPI has taken is said below Slurm too", () => {
  const below = { ...slurm, SLURM_CPUS_ON_NODE: "1", OMPI_COMM_WORLD_LOCAL_RANK: "1" };
  expect(told("4", "0-15", below)).toContain("its launcher left it CPUs 4 of 0-15");
});

test.each([
  ["as many as the launcher", "0-15", "0-15", slurm],
  ["others than the launcher", "8-15", "0-7", slurm],
  ["more than the launcher", "0-15", "0-7", slurm],
  ["no launcher", "4-5", "0-15", {}],
  ["all that its job has of the machine", "4-5", "0-15", { ...slurm, SLURM_CPUS_ON_NODE: "2" }],
  ["nobody tells its own", null, "0-15", slurm],
  ["nobody tells its parent's", "4-5", null, slurm],
])("nothing is said: %s", (_, own, parents, variables) => {
  expect(told(own, parents, variables)).toBe(null);
});
