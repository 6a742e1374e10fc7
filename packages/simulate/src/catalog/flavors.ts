import { cellsOf } from "../fleet/cells.ts";
import type { HostShape, NodeShape } from "../fleet/host.ts";
import { type TaskShare, type Task, WHOLE_GPU } from "../fleet/task.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";

/** A flavor relative to the size of a host. */
interface RelativeFlavor {
  readonly gpus: number;
  /**
   * Cores and memory, relative to the host's even share for as many GPUs (for one GPU where none).
   */
  readonly cpus: number;
  /** How often it is asked for, relative to the other flavors. */
  readonly weight: number;
}

/**
 * The workload of a fleet of one type of machine: VMs of one to eight GPUs with a little less than
 * their even share of cores and memory; odd sizes, which leave odd gaps; VMs with more cores than
 * their GPU's share, which strand other GPUs; and VMs without GPUs, as large as a VM with one.
 * Sizes in powers of two with ample cores would test nothing: any packing gets those nearly right.
 */
const relativeFlavors: readonly RelativeFlavor[] = [
  { gpus: 0, cpus: 0.9, weight: 8 },
  { gpus: 1, cpus: 0.9, weight: 34 },
  { gpus: 1, cpus: 1.8, weight: 8 },
  { gpus: 2, cpus: 0.9, weight: 22 },
  { gpus: 3, cpus: 0.9, weight: 6 },
  { gpus: 4, cpus: 0.9, weight: 14 },
  { gpus: 8, cpus: 0.9, weight: 6 },
];

/**
 * The flavors that this type of host can hold in their signatures, with their shares of requests.
 * Empty where the host has no GPUs.
 */
export function catalogDemand(shape: HostShape): readonly TaskShare[] {
  const withGpus = shape.nodes.filter(({ gpus }) => gpus > 0);
  if (withGpus.length === 0) return [];
  const least = (of: (node: NodeShape) => number): number =>
    Math.floor(Math.min(...withGpus.map((node) => of(node) / node.gpus)));
  const [cpuMilli, memoryMib] = [least((node) => node.cpuMilli), least((node) => node.memoryMib)];
  const flavors = relativeFlavors.flatMap((flavor) => {
    const count = Math.max(1, flavor.gpus);
    const task: Task = {
      name: nameOf(flavor),
      cpuMilli: 1000 * count * Math.max(1, Math.floor((cpuMilli * flavor.cpus) / 1000)),
      memoryMib: 1024 * count * Math.max(1, Math.floor((memoryMib * flavor.cpus) / 1024)),
      gpus: flavor.gpus,
      gpuMilli: flavor.gpus === 0 ? 0 : WHOLE_GPU,
      models: null,
    };
    return cellsOf(shape, task) !== null ? [{ task, weight: flavor.weight }] : [];
  });
  const all = sumOf(flavors, ({ weight }) => weight);
  return flavors.map(({ task, weight }) => ({ task, share: weight / all }));
}

function nameOf({ gpus, cpus }: RelativeFlavor): string {
  if (gpus === 0) return "no GPU";
  return `${gpus} GPU${gpus === 1 ? "" : "s"}${cpus > 1 ? ", many cores" : ""}`;
}
