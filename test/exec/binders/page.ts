import { type BinderName, binderNames } from "./case.ts";
import type { Mark } from "./judge.ts";
import { surroundings, type Trial } from "./trial.ts";

type Counts = Readonly<Record<Mark, number>>;

/** How many trials have which mark. */
export function countsOf(trials: readonly Trial[]): Counts {
  const of = (mark: Mark): number => trials.filter((trial) => trial.mark === mark).length;
  return { right: of("right"), wrong: of("wrong"), alone: of("alone") };
}

const ofBinder = (trials: readonly Trial[], name: BinderName): Counts =>
  countsOf(trials.filter(({ binder }) => binder.name === name));

function cell({ right, wrong, alone }: Counts): string {
  return right + wrong + alone === 0
    ? "-"
    : `${right} / ${wrong === 0 ? 0 : `**${wrong}**`} / ${alone}`;
}

/** A row of cells, one a binder. */
function row(head: string, trials: readonly Trial[]): string {
  return `| ${[head, ...binderNames.map((name) => cell(ofBinder(trials, name)))].join(" | ")} |`;
}

/** Machines down, binders across. */
export function tableOf(machines: ReadonlyMap<string, readonly Trial[]>): readonly string[] {
  return [
    ...header,
    ...[...machines].map(([name, trials]) => row(name, trials)),
    row("all", [...machines.values()].flat()),
  ];
}

const header = [
  `| | ${binderNames.join(" | ")} |`,
  `|---|${binderNames.map(() => "---|").join("")}`,
];

/** The page that compares binders on the machines of the catalog. */
export function bindersPage(machines: ReadonlyMap<string, readonly Trial[]>): string {
  const all = [...machines.values()].flat();
  return `${[
    "# Binders compared",
    "",
    "Where `evenkeel exec` binds workers, beside the published rules of the binders that people use,",
    "on every machine of the catalog. The rules are written down from their sources in",
    "[`test/exec/binders`](../test/exec/binders), which tries them and makes this page.",
    "",
    "Each number counts workers: jobs of 1 to 8 ranks, which see their GPUs in order, reversed,",
    "rotated, every second one, or all there are; in every mode that a binder has. A cell has the",
    "workers that were bound **right / wrong / left as they were or not started**.",
    "",
    "Right is the node that the kernel tells for the GPU, in mode `socket` its package, and where the",
    "worker may use no CPU of it, the nearest that it may use; memory, where it is bound, likewise; and",
    "in mode `exclusive`, cores that no other worker of the moment has. Where nobody tells the node, any",
    "binding is a guess, and wrong.",
    "",
    ...tableOf(machines),
    "",
    "The same by what the jobs met:",
    "",
    ...header,
    ...surroundings.map((where) =>
      row(
        where,
        all.filter((trial) => trial.where === where),
      ),
    ),
    "",
    "## Why they are wrong",
    "",
    "- **torchrun** (`--numa-binding`) reads the node of each GPU, and takes one that is not told for",
    "  node 0. It binds no memory. `exclusive` divides a node among the GPUs that the job sees, so two",
    "  jobs on one node get the same cores. `socket` asks every node for a CPU, and ends with an error",
    "  where one has none: memory of GPUs or of CXL, or a node outside the cpuset.",
    "- **bindpcie** never looks at PCIe: the node is the rank over the number of GPUs a node, whatever",
    "  GPUs the job sees, and the second thread of a core is the CPU as many further as there are",
    "  cores. It is right where nodes, GPUs and CPUs are numbered alike.",
    "- **accelerate** takes the rank for the number by which NVML counts GPUs, so it is wrong as soon as",
    "  a job sees its GPUs otherwise than all and in order. It binds no memory.",
    "- bindpcie and accelerate need NVIDIA's tools; with other GPUs they do not start the worker.",
    "",
    "Sources: [torchrun](https://github.com/pytorch/pytorch/blob/main/torch/numa/binding.py),",
    "[bindpcie](https://github.com/NVIDIA/mlperf-common/blob/main/client/bindpcie),",
    "[accelerate](https://github.com/huggingface/accelerate/blob/main/src/accelerate/utils/environment.py),",
    "read in November 2026.",
  ].join("\n")}\n`;
}
