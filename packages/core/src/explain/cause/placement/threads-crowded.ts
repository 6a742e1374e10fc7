import type { ThreadEvidence } from "../../../evidence/evidence.ts";
import { advice } from "../../../remedy/remedy.ts";
import { type IndexSet, isDisjoint, size, unionAll } from "../../../set/index-set.ts";
import { setOf } from "../../../set/list-format.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import {
  type Accusation,
  accused,
  acquitted,
  type Cause,
  irrelevant,
  untold,
} from "../../subject/cause.ts";
import { coresOf } from "../../subject/guest-view.ts";
import type { Subject } from "../../subject/subject.ts";
import { devicesOf } from "../../subject/yardstick.ts";
import { cpuLines, workersWord, whyNoWorkers } from "./workers.ts";

/** As many threads on one CPU are no longer one that works and its helpers. */
const manyOnOne = 4;

/**
 * More vCPUs or threads than CPUs that they may use: they take turns. A launcher that
 * binds a whole task to one core does it (Slurm's single CPU for a task:
 * github.com/Lightning-AI/pytorch-lightning/issues/18650; mpirun's --bind-to core:
 * github.com/covidestim/covidestim/issues/3), as does a range of CPUs that is smaller than the VM.
 *
 * Two threads of one core are two CPUs, and do less than two cores. Most VMs are made so, and it
 * counts only where the twin has a core for each vCPU: a node that is just large enough by its
 * threads costs more than the distance to another (github.com/xapi-project/xen-api/pull/6763).
 *
 * Programs have more threads than CPUs by right, so theirs count where the twin has twice as many
 * CPUs, or where one that has an accelerator has one CPU for all.
 */
export const threadsCrowded: Cause = {
  code: "threads-crowded",
  layer: "host",
  looksFor: "vCPUs or threads may use fewer CPUs together than they need to run at once",
  observable: "threads[].allowedCpus, of all together",
  readFrom: "/proc/PID/task/*/status (Cpus_allowed_list)",
  acquittedBy: "a CPU for each vCPU; of a process, as many CPUs as the twin has",
  followsFrom: ["isolated-crowd", "vcpus-off-node"],
  judge: (subject, twin) => {
    const { evidence, workers } = subject;
    if (evidence.of === "machine") return irrelevant;
    if (workers === null || workers.length === 0) return untold(whyNoWorkers(evidence));
    const cpus = cpusOf(workers);
    if (cpus === null) return untold("the CPUs of its threads were not read");
    const word = workersWord(subject);
    const said = `its ${workers.length} ${word} may use ${size(cpus)} ${size(cpus) === 1 ? "CPU" : "CPUs"}`;
    if (size(cpus) >= workers.length) {
      const cores = coresWithin(subject, cpus);
      const others = evidence.of === "vm" ? coresOfTwin(twin, workers.length) : null;
      if (cores === null || others === null || cores >= workers.length) return acquitted(said);
      return accused(
        accusation(
          subject,
          `${said}, on ${cores} cores,`,
          "a core for each vCPU, as the other has",
        ),
      );
    }
    if (evidence.of === "vm") return accused(accusation(subject, said, "a CPU for each vCPU"));
    const twins = cpusOfTwin(twin);
    if (twins !== null && twins >= 2 * size(cpus)) {
      return accused(accusation(subject, `${said}, those of the other ${twins}`, `${twins} CPUs`));
    }
    if (size(cpus) > 1 || workers.length < manyOnOne || !hasAccelerator(subject)) {
      return acquitted(`${said}, as programs do`);
    }
    return accused(accusation(subject, said, "CPUs for all that it does at once"));
  },
};

function accusation(subject: Subject, found: string, expected: string): Accusation {
  const isVm = subject.evidence.of === "vm";
  return {
    about: workersWord(subject),
    expected,
    found: `${found} together`,
    evidence: cpuLines(subject.workers ?? []),
    seen: isVm ? "directly" : "inferred",
    cost: unknownCost,
    remedy: isVm
      ? advice("live", "Give it as many CPUs as it has vCPUs: virsh vcpupin, or taskset.")
      : advice(
          "restart",
          "Start it with more CPUs: srun --cpus-per-task, mpirun --bind-to none or numa, a " +
            "larger cpuset, or taskset -apc for what runs.",
        ),
  };
}

function hasAccelerator({ evidence, topology }: Subject): boolean {
  return topology !== null && devicesOf(evidence, topology).accelerators.length > 0;
}

/** All CPUs that some threads may use; null where it is unknown of one. */
function cpusOf(threads: readonly ThreadEvidence[]): IndexSet | null {
  const known = threads.flatMap(({ allowedCpus }) => allowedCpus ?? []);
  return known.length < threads.length ? null : unionAll([...new Set(known)].map(setOf));
}

/** How many cores have any of some CPUs; null where the cores are not known. */
function coresWithin(subject: Subject, cpus: IndexSet): number | null {
  return coresOf(subject)?.filter((core) => !isDisjoint(setOf(core), cpus)).length ?? null;
}

/** The cores of a twin that has as many vCPUs and a core for each; null for any other. */
function coresOfTwin(twin: Subject | null, vcpus: number): number | null {
  const workers = twin?.workers ?? [];
  const cpus = cpusOf(workers);
  if (twin === null || workers.length !== vcpus || cpus === null) return null;
  const cores = coresWithin(twin, cpus);
  return cores !== null && cores >= vcpus ? cores : null;
}

function cpusOfTwin(twin: Subject | null): number | null {
  if (twin === null || twin.evidence.of === "vm" || (twin.workers ?? []).length === 0) return null;
  const cpus = cpusOf(twin.workers ?? []);
  return cpus === null ? null : size(cpus);
}
