import type { Variables } from "./visible/variables.ts";

/** Which of the processes that were started on this machine for one job this is. */
export interface LocalRank {
  /** Its text where that is no number. */
  readonly rank: number | string;
  /** How many there are; null where nobody told. */
  readonly count: number | null;
  /** The variable that told: `LOCAL_RANK`. */
  readonly from: string;
}

/**
 * A launcher's variables, in the order in which they are believed: launchers are started by each
 * other, and the innermost knows best. torchrun below Slurm has `SLURM_LOCALID=0` in each worker.
 *
 * They are torchrun's; those of Open MPI and PRRTE, of Intel MPI and MPICH, of MVAPICH2 and its
 * successor MVAPICH, of HPE's MPT, of Cray's MPICH and of PALS (PBS), of jsrun (LSF), Flux and
 * Slurm. PMI_RANK and PMIX_RANK are no local ranks: they count over all machines of a job.
 */
const launchers: readonly {
  readonly rank: string;
  readonly counts: readonly string[];
  /** Set only where the launcher started this very process; null where the rank itself says so. */
  readonly started: string | null;
}[] = [
  { rank: "LOCAL_RANK", counts: ["LOCAL_WORLD_SIZE"], started: null },
  {
    rank: "OMPI_COMM_WORLD_LOCAL_RANK",
    counts: ["OMPI_COMM_WORLD_LOCAL_SIZE"],
    started: null,
  },
  { rank: "MPI_LOCALRANKID", counts: ["MPI_LOCALNRANKS"], started: null },
  { rank: "MV2_COMM_WORLD_LOCAL_RANK", counts: ["MV2_COMM_WORLD_LOCAL_SIZE"], started: null },
  { rank: "MVP_COMM_WORLD_LOCAL_RANK", counts: ["MVP_COMM_WORLD_LOCAL_SIZE"], started: null },
  { rank: "MPT_LRANK", counts: [], started: null },
  { rank: "PMI_LOCAL_RANK", counts: ["PMI_LOCAL_SIZE"], started: null },
  { rank: "PALS_LOCAL_RANKID", counts: ["PALS_LOCAL_SIZE"], started: null },
  { rank: "JSM_NAMESPACE_LOCAL_RANK", counts: ["JSM_NAMESPACE_LOCAL_SIZE"], started: null },
  { rank: "FLUX_TASK_LOCAL_ID", counts: [], started: null },
  // A batch script has SLURM_LOCALID too, without being a task of a step.
  {
    rank: "SLURM_LOCALID",
    counts: ["SLURM_STEP_TASKS_PER_NODE"],
    started: "SLURM_STEP_TASKS_PER_NODE",
  },
];

/** The names of all variables that tell a local rank, for messages. */
export const rankVariables: readonly string[] = launchers.map(({ rank }) => rank);

/**
 * Finds the local rank in a launcher's variables; null where none has one. The first variable that
 * says something counts: where that is no number, the others may be of a launcher further out.
 */
export function localRank(variables: Variables): LocalRank | null {
  for (const { rank: from, counts, started } of launchers) {
    const text = variables[from]?.trim() ?? "";
    // A program of one process has -1 in some frameworks, or nothing.
    if (text === "" || /^-\d+$/.test(text)) continue;
    if (started !== null && variables[started] === undefined) continue;
    const rank = numberIn(text);
    if (rank === null) return { rank: text.slice(0, textMax), count: null, from };
    const told = [
      ...counts.map((name) => countIn(variables[name])),
      fluxCount(variables, from),
    ].find((one) => one !== null);
    const count = told === undefined || told <= rank ? null : told;
    return { rank, count, from };
  }
  return null;
}

/** Messages repeat it. */
const textMax = 40;

/**
 * Flux tells the tasks of the whole job, which are those of this machine where it is the only one.
 */
function fluxCount(variables: Variables, from: string): number | null {
  if (from !== "FLUX_TASK_LOCAL_ID" || numberIn(variables["FLUX_JOB_NNODES"]) !== 1) return null;
  return numberIn(variables["FLUX_JOB_SIZE"]);
}

function numberIn(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text.trim()) ? Number(text) : null;
}

/** A number, or Slurm's form for several machines where all have as many: `8(x4)`. */
function countIn(text: string | undefined): number | null {
  return numberIn(text?.replace(/\(x\d+\)$/, ""));
}
