import { freeGpus, gpusOf, type HostShape, type HostState } from "../fleet/host.ts";
import { accepts, gpuMilliOf, type Task, WHOLE_GPU } from "../fleet/task.ts";
import { fragmentationOf } from "../policy/fragmentation.ts";
import type { Policy } from "../policy/policy.ts";
import { randomFor } from "../random.ts";
import { type Books, type Entry, openBooks } from "./books.ts";
import { departures } from "./departures.ts";
import type { Outcome } from "./outcome.ts";
import type { World } from "./world.ts";

export interface SimulateOptions {
  /** Whether fragmentation is measured, which costs about as much as placing by it does. */
  readonly fragmentation?: boolean;
}

/**
 * Runs a world's arrivals under a policy. Every policy gets the same arrivals for the same seed, in
 * the same order, and knows of the future no more than the mix of requests. What is refused does
 * not come again, and nothing is moved. The same seed gives the same outcome.
 */
export function simulate(
  world: World,
  policy: Policy,
  seed: number,
  { fragmentation = false }: SimulateOptions = {},
): Outcome {
  const books = openBooks(world.hosts, policy.knowsNodes);
  const placer = policy.start({
    hosts: books.seen,
    demand: world.demand,
    random: randomFor(seed, `policy ${policy.name}`),
  });
  const leaving = departures<Entry>();
  const fragments = fragmentation ? meanFragments(world, books) : null;
  // A fleet without GPUs has none allocated.
  const capacity = Math.max(1, gpuCapacity(world.hosts));
  const most = Math.max(0, ...world.hosts.map(gpusOf));
  const wholeHost = { arrived: 0, refused: 0, refusedWhileFree: 0 };
  const curve: number[] = [];
  let [allocated, arrived, placed, kept] = [0, 0, 0, 0];
  const passTo = (at: number): void => {
    while (curve.length <= world.end * 100 && curve.length / 100 <= at) {
      settle(curve.length / 100);
      curve.push(allocated / capacity);
      fragments?.sample(curve.length - 1);
    }
  };
  const settle = (at: number): void => {
    for (const entry of leaving.until(at)) {
      books.remove(entry);
      allocated -= gpuMilliOf(entry.task);
    }
  };
  for (const { task, at, leaves } of world.arrivals(seed)) {
    passTo(at);
    settle(at);
    arrived++;
    const isWhole = task.gpus > 0 && task.gpus === most;
    if (isWhole) wholeHost.arrived++;
    const choice = placer.choose(task);
    if (choice === null) {
      if (!isWhole) continue;
      wholeHost.refused++;
      if (freeGpusFor(task, books.real) >= task.gpus) wholeHost.refusedWhileFree++;
      continue;
    }
    const entry = books.place(task, choice);
    placed++;
    allocated += gpuMilliOf(task);
    if (entry.inSignature) kept++;
    if (leaves !== null) leaving.add(leaves, entry);
  }
  passTo(world.end);
  const settled = curve.slice(Math.round(world.settled * 100));
  return {
    seed,
    arrived,
    placed,
    finalShare: allocated / capacity,
    meanShare: settled.reduce((sum, share) => sum + share, 0) / Math.max(1, settled.length),
    curve,
    meanFragmentation: fragments === null ? null : fragments.mean(),
    wholeHost,
    inSignature: kept,
  };
}

/** All GPUs of a fleet, in thousandths. */
export function gpuCapacity(hosts: readonly HostShape[]): number {
  return hosts.reduce((sum, shape) => sum + gpusOf(shape) * WHOLE_GPU, 0);
}

function freeGpusFor(task: Task, hosts: readonly HostState[]): number {
  let sum = 0;
  for (const { shape, nodes } of hosts) {
    if (!accepts(task, shape.model)) continue;
    for (const node of nodes) sum += freeGpus(node);
  }
  return sum;
}

function meanFragments(
  world: World,
  { real }: Books,
): { readonly sample: (percent: number) => void; readonly mean: () => number } {
  const measure = fragmentationOf(world.demand);
  const known = new WeakMap<HostState, number>();
  const capacity = Math.max(1, gpuCapacity(world.hosts));
  let [sum, count] = [0, 0];
  return {
    sample: (percent) => {
      if (percent > 100) return;
      for (const host of real) {
        let value = known.get(host);
        if (value === undefined) known.set(host, (value = measure(host)));
        sum += value / capacity;
      }
      count++;
    },
    mean: () => sum / Math.max(1, count),
  };
}
