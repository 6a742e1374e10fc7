import { freeGpus, gpusOf, type HostShape, type HostState } from "../fleet/host.ts";
import { accepts, gpuMilliOf, type Task, WHOLE_GPU } from "../fleet/task.ts";
import { fragmentationOf } from "../policy/fragmentation.ts";
import type { Entry } from "./simulated-fleet.ts";
import type { Outcome } from "./outcome.ts";
import type { World } from "./scenario.ts";

/** What is counted while a world runs. */
export interface Tally {
  /** After the task was placed, or refused where the entry is null. */
  readonly arrived: (task: Task, entry: Entry | null) => void;
  readonly left: (entry: Entry) => void;
  /** When the next note is due; null after the last. */
  readonly next: () => number | null;
  /** Notes what is allocated now. */
  readonly note: () => void;
  readonly outcome: (seed: number) => Outcome;
}

/** Starts counting; `hosts` are looked at as they are at each note and refusal. */
export function openTally(
  world: World,
  hosts: readonly HostState[],
  fragmentation: boolean,
): Tally {
  // A fleet without GPUs has none allocated.
  const capacity = Math.max(1, gpuCapacity(world.hosts));
  const most = Math.max(0, ...world.hosts.map(gpusOf));
  const notes = Math.round(world.end * 100);
  const curve: number[] = [];
  const fragments: number[] = [];
  const measure = fragmentation ? fragmentsOf(world, hosts) : null;
  const wholeHost = { arrived: 0, refused: 0, refusedWhileFree: 0 };
  let [allocated, arrived, placed, inSignature] = [0, 0, 0, 0];
  return {
    arrived: (task, entry) => {
      arrived++;
      if (entry !== null) {
        placed++;
        allocated += gpuMilliOf(task);
        if (entry.inSignature) inSignature++;
      }
      if (task.gpus === 0 || task.gpus !== most) return;
      wholeHost.arrived++;
      if (entry !== null) return;
      wholeHost.refused++;
      if (freeGpusFor(task, hosts) >= task.gpus) wholeHost.refusedWhileFree++;
    },
    left: ({ task }) => {
      allocated -= gpuMilliOf(task);
    },
    next: () => (curve.length > notes ? null : curve.length / 100),
    note: () => {
      if (measure !== null && curve.length <= 100) fragments.push(measure() / capacity);
      curve.push(allocated / capacity);
    },
    outcome: (seed) => ({
      seed,
      arrived,
      placed,
      finalShare: allocated / capacity,
      meanShare: meanOf(curve.slice(Math.round(world.settled * 100))),
      curve,
      meanFragmentation: measure === null ? null : meanOf(fragments),
      wholeHost,
      inSignature,
    }),
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

/** The fragments of the whole fleet as it is now; a host is measured again when it has changed. */
function fragmentsOf({ demand }: World, hosts: readonly HostState[]): () => number {
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
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
