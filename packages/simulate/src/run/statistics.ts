import { sumOf } from "@evenkeel/core/unit/sum.ts";
import { freeGpus, gpusOf, type HostShape, type HostState } from "../fleet/host.ts";
import { accepts, gpuMilliOf, type Task, WHOLE_GPU } from "../fleet/task.ts";
import { fragmentationOf } from "../policy/fragmentation.ts";
import type { Outcome } from "./outcome.ts";
import type { Scenario } from "./scenario.ts";
import type { Placement } from "./simulated-fleet.ts";

/** Figures that are collected while a scenario runs. */
export interface Statistics {
  /** A task has arrived; it was refused where the placement is null. */
  readonly arrived: (task: Task, placement: Placement | null) => void;
  /** A placed task has left. */
  readonly left: (placement: Placement) => void;
  /** Where on the axis the next sample is due; null after the last. */
  readonly nextSampleAt: () => number | null;
  /** Records the share of GPUs that is allocated now, and the share that is fragmented. */
  readonly sample: () => void;
  readonly outcome: (seed: number) => Outcome;
}

/**
 * Statistics without any arrival yet. The simulation replaces the states in `hosts` as it runs;
 * they are read at each sample and at each refusal of a whole host.
 */
export function startStatistics(
  scenario: Scenario,
  hosts: readonly HostState[],
  fragmentation: boolean,
): Statistics {
  // A fleet without GPUs has an allocated share of 0, not 0/0.
  const capacity = Math.max(1, gpuCapacity(scenario.hosts));
  const most = Math.max(0, ...scenario.hosts.map(gpusOf));
  const lastSample = Math.round(scenario.end * 100);
  const curve: number[] = [];
  const fragments: number[] = [];
  const measure = fragmentation ? fragmentsOf(scenario, hosts) : null;
  const wholeHost = { arrived: 0, refused: 0, refusedWhileFree: 0 };
  let [allocated, arrived, placed, inSignature] = [0, 0, 0, 0];
  return {
    arrived: (task, placement) => {
      arrived++;
      if (placement !== null) {
        placed++;
        allocated += gpuMilliOf(task);
        if (placement.inSignature) inSignature++;
      }
      if (task.gpus === 0 || task.gpus !== most) return;
      wholeHost.arrived++;
      if (placement !== null) return;
      wholeHost.refused++;
      if (freeGpusFor(task, hosts) >= task.gpus) wholeHost.refusedWhileFree++;
    },
    left: ({ task }) => {
      allocated -= gpuMilliOf(task);
    },
    nextSampleAt: () => (curve.length > lastSample ? null : curve.length / 100),
    sample: () => {
      if (measure !== null && curve.length <= 100) fragments.push(measure() / capacity);
      curve.push(allocated / capacity);
    },
    outcome: (seed) => ({
      seed,
      arrived,
      placed,
      finalShare: allocated / capacity,
      meanShare: meanOf(curve.slice(Math.round(scenario.settled * 100))),
      curve,
      meanFragmentation: measure === null ? null : meanOf(fragments),
      wholeHost,
      inSignature,
    }),
  };
}

/** All GPUs of a fleet, in thousandths. */
export function gpuCapacity(hosts: readonly HostShape[]): number {
  return sumOf(hosts, (shape) => gpusOf(shape) * WHOLE_GPU);
}

function freeGpusFor(task: Task, hosts: readonly HostState[]): number {
  let sum = 0;
  for (const { shape, nodes } of hosts) {
    if (!accepts(task, shape.model)) continue;
    for (const node of nodes) sum += freeGpus(node);
  }
  return sum;
}

/**
 * Measures the fragmented GPUs of the fleet; a host is measured again only after it has changed.
 */
function fragmentsOf({ demand }: Scenario, hosts: readonly HostState[]): () => number {
  const measure = fragmentationOf(demand);
  const known = new WeakMap<HostState, number>();
  return () => {
    let sum = 0;
    for (const host of hosts) {
      let value = known.get(host);
      if (value === undefined) known.set(host, (value = measure(host)));
      sum += value;
    }
    return sum;
  };
}

function meanOf(values: readonly number[]): number {
  return sumOf(values, (value) => value) / Math.max(1, values.length);
}
