import { cellsOf } from "../fleet/cells.ts";
import type { HostShape, NodeShape } from "../fleet/host.ts";
import { type TaskDemand, type Task, WHOLE_GPU } from "../fleet/task.ts";

/** A flavor in parts of a host, and how often it is asked for beside the others. */
interface Wish {
  readonly gpus: number;
  /** Cores and memory, in parts of what comes with as many GPUs. */
  readonly cpus: number;
  readonly weight: number;
}

/**
 * What is asked of a fleet of one type of machine: VMs of one to all GPUs with a little less than
 * their share of cores and memory; odd sizes, which leave odd gaps; VMs that want more cores than
 * come with their GPU, which strand others; and VMs without GPUs, as large as one with one. Sizes in
 * powers of two with ample cores would be no test: any packing gets those nearly right.
 */
const wishes: readonly Wish[] = [
  { gpus: 0, cpus: 0.9, weight: 8 },
  { gpus: 1, cpus: 0.9, weight: 34 },
  { gpus: 1, cpus: 1.8, weight: 8 },
  { gpus: 2, cpus: 0.9, weight: 22 },
  { gpus: 3, cpus: 0.9, weight: 6 },
  { gpus: 4, cpus: 0.9, weight: 14 },
  { gpus: 8, cpus: 0.9, weight: 6 },
];

/**
 * The flavors that such a host can take as promised, with their shares of requests. Empty where it
 * has no GPUs.
 */
export function catalogDemand(shape: HostShape): readonly TaskDemand[] {
  const owning = shape.nodes.filter(({ gpus }) => gpus > 0);
  if (owning.length === 0) return [];
  const least = (of: (node: NodeShape) => number): number =>
    Math.floor(Math.min(...owning.map((node) => of(node) / node.gpus)));
  const [cpuMilli, memoryMib] = [least((node) => node.cpuMilli), least((node) => node.memoryMib)];
  const flavors = wishes.flatMap((wish) => {
    const count = Math.max(1, wish.gpus);
    const task: Task = {
      name: nameOf(wish),
      cpuMilli: 1000 * count * Math.max(1, Math.floor((cpuMilli * wish.cpus) / 1000)),
      memoryMib: 1024 * count * Math.max(1, Math.floor((memoryMib * wish.cpus) / 1024)),
      gpus: wish.gpus,
      gpuMilli: wish.gpus === 0 ? 0 : WHOLE_GPU,
      models: null,
    };
    return cellsOf(shape, task) !== null ? [{ task, weight: wish.weight }] : [];
  });
  const all = flavors.reduce((total, { weight }) => total + weight, 0);
  return flavors.map(({ task, weight }) => ({ task, share: weight / all }));
}

function nameOf({ gpus, cpus }: Wish): string {
  if (gpus === 0) return "no GPU";
  return `${gpus} GPU${gpus === 1 ? "" : "s"}${cpus > 1 ? ", many cores" : ""}`;
}
