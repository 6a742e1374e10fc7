import { expect, test } from "vitest";
import { localRank, rankVariables } from "./local-rank.ts";

/** The local rank in the variables of launchers, as each of them sets them. */

test.each([
  [
    "torchrun",
    { LOCAL_RANK: "3", RANK: "11", LOCAL_WORLD_SIZE: "8" },
    { rank: 3, count: 8, from: "LOCAL_RANK" },
  ],
  [
    "Open MPI",
    { OMPI_COMM_WORLD_LOCAL_RANK: "1", OMPI_COMM_WORLD_LOCAL_SIZE: "4", OMPI_COMM_WORLD_RANK: "5" },
    { rank: 1, count: 4, from: "OMPI_COMM_WORLD_LOCAL_RANK" },
  ],
  [
    "MPICH and Intel MPI",
    { MPI_LOCALRANKID: "2", MPI_LOCALNRANKS: "4", PMI_RANK: "6" },
    { rank: 2, count: 4, from: "MPI_LOCALRANKID" },
  ],
  [
    "a Slurm step",
    { SLURM_LOCALID: "5", SLURM_PROCID: "13", SLURM_STEP_TASKS_PER_NODE: "8(x2)" },
    { rank: 5, count: 8, from: "SLURM_LOCALID" },
  ],
  [
    "torchrun below Slurm",
    { SLURM_LOCALID: "0", SLURM_STEP_TASKS_PER_NODE: "1", LOCAL_RANK: "6", LOCAL_WORLD_SIZE: "8" },
    { rank: 6, count: 8, from: "LOCAL_RANK" },
  ],
  [
    "a launcher that tells no count",
    { LOCAL_RANK: "2" },
    { rank: 2, count: null, from: "LOCAL_RANK" },
  ],
  [
    "machines with unequal numbers of tasks",
    { SLURM_LOCALID: "1", SLURM_STEP_TASKS_PER_NODE: "8(x2),4", SLURM_TASKS_PER_NODE: "2(x3)" },
    { rank: 1, count: null, from: "SLURM_LOCALID" },
  ],
  [
    "jsrun",
    { JSM_NAMESPACE_LOCAL_RANK: "3", JSM_NAMESPACE_LOCAL_SIZE: "6", JSM_NAMESPACE_RANK: "9" },
    { rank: 3, count: 6, from: "JSM_NAMESPACE_LOCAL_RANK" },
  ],
  [
    "MVAPICH",
    { MVP_COMM_WORLD_LOCAL_RANK: "1", MVP_COMM_WORLD_LOCAL_SIZE: "2" },
    { rank: 1, count: 2, from: "MVP_COMM_WORLD_LOCAL_RANK" },
  ],
  ["HPE's MPT", { MPT_LRANK: "7" }, { rank: 7, count: null, from: "MPT_LRANK" }],
  [
    "Flux on one machine",
    { FLUX_TASK_LOCAL_ID: "2", FLUX_JOB_SIZE: "4", FLUX_JOB_NNODES: "1" },
    { rank: 2, count: 4, from: "FLUX_TASK_LOCAL_ID" },
  ],
  [
    "Flux on several, which need not have as many each",
    { FLUX_TASK_LOCAL_ID: "2", FLUX_JOB_SIZE: "8", FLUX_JOB_NNODES: "2" },
    { rank: 2, count: null, from: "FLUX_TASK_LOCAL_ID" },
  ],
  [
    "Flux around another launcher",
    { PALS_LOCAL_RANKID: "1", FLUX_JOB_SIZE: "4", FLUX_JOB_NNODES: "1" },
    { rank: 1, count: null, from: "PALS_LOCAL_RANKID" },
  ],
  [
    "a count below the rank",
    { LOCAL_RANK: "4", LOCAL_WORLD_SIZE: "2" },
    { rank: 4, count: null, from: "LOCAL_RANK" },
  ],
  [
    "a word, which is not passed over for a launcher further out",
    { LOCAL_RANK: "$SLURM_LOCALID", OMPI_COMM_WORLD_LOCAL_RANK: "1" },
    { rank: "$SLURM_LOCALID", count: null, from: "LOCAL_RANK" },
  ],
  [
    "a number beyond all machines",
    { LOCAL_RANK: "999999999" },
    { rank: 999_999_999, count: null, from: "LOCAL_RANK" },
  ],
])("%s", (_, variables, expected) => {
  expect(localRank(variables)).toEqual(expected);
});

test.each([
  ["nothing", {}],
  ["a rank over all machines", { RANK: "3", PMI_RANK: "3", SLURM_PROCID: "3" }],
  ["a batch script of Slurm, which is no task", { SLURM_LOCALID: "0", SLURM_TASKS_PER_NODE: "8" }],
  ["an empty text", { LOCAL_RANK: "", SLURM_LOCALID: " " }],
  ["a negative number", { LOCAL_RANK: "-1" }],
])("%s is no local rank", (_, variables) => {
  expect(localRank(variables)).toBe(null);
});

test("messages name each variable once", () => {
  expect(new Set(rankVariables).size).toBe(rankVariables.length);
  expect(rankVariables).toContain("SLURM_LOCALID");
});
