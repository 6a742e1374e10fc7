import { invariant } from "@evenkeel/core/invariant.ts";
import { emptyHost, type HostShape, type HostState, pooledShape } from "../fleet/host.ts";
import type { Task } from "../fleet/task.ts";
import { after, type Way } from "../fleet/allocations.ts";
import { ordinaryWay } from "../numa/ordinary-host.ts";
import { inSignature } from "../numa/signature.ts";
import type { Choice } from "../policy/policy.ts";

/** A placement as it is entered: what was taken of the host as the policy sees it, and as it is. */
export interface Entry {
  readonly task: Task;
  /** The host, and what is taken of it as the policy sees it. */
  readonly choice: Choice;
  readonly real: Way;
  readonly inSignature: boolean;
}

/**
 * The books of a simulated fleet. A policy that knows nodes sees the hosts as they are; to one that
 * does not each is a pool, and the host itself decides where what is taken from it lies. Both are
 * kept, and no entry takes what is not there: whoever chose it has a bug.
 */
export interface Books {
  /** What the policy sees: states are replaced here. */
  readonly seen: readonly HostState[];
  readonly real: readonly HostState[];
  readonly place: (task: Task, choice: Choice) => Entry;
  readonly remove: (entry: Entry) => void;
}

export function openBooks(shapes: readonly HostShape[], knowsNodes: boolean): Books {
  const pools = new Map<HostShape, HostShape>();
  const pooled = (shape: HostShape): HostShape => {
    let pool = pools.get(shape);
    if (pool === undefined) pools.set(shape, (pool = pooledShape(shape)));
    return pool;
  };
  const real = shapes.map(emptyHost);
  const seen = knowsNodes
    ? real
    : shapes
        .map((shape, i) => (shape.nodes.length === 1 ? real[i] : emptyHost(pooled(shape))))
        .filter((host) => host !== undefined);
  const enter = (hosts: HostState[], host: number, way: Way, sign: -1 | 1): void => {
    const before = hosts[host];
    invariant(before !== undefined, "a placement names a host of the fleet");
    const next = after(before, way, sign);
    invariant(isWithin(next, way), "nothing is taken that is not there");
    hosts[host] = next;
  };
  const both = (entry: Entry, sign: -1 | 1): void => {
    const { host, way } = entry.choice;
    enter(real, host, entry.real, sign);
    if (seen === real) return;
    const pool = seen[host];
    const one = real[host];
    if (pool !== undefined && one !== undefined && pool.shape === one.shape) seen[host] = one;
    else enter(seen, host, way, sign);
  };
  return {
    seen,
    real,
    place: (task, choice) => {
      const { host, way } = choice;
      const state = real[host];
      invariant(state !== undefined, "a policy names a host of the fleet");
      invariant(isAsked(seen[host], task, way), "what is taken is what was asked for");
      const lies = seen === real || state.nodes.length === 1 ? way : ordinaryWay(state, task, way);
      const kept = inSignature(state.shape, task, lies);
      const entry = { task, choice, real: lies, inSignature: kept };
      both(entry, -1);
      return entry;
    },
    remove: (entry) => both(entry, 1),
  };
}

/** Whether a way takes of a host's nodes what the task asks for, no more and no less. */
function isAsked(host: HostState | undefined, task: Task, way: Way): boolean {
  const sum = (of: (part: Way[number]) => number): number =>
    way.reduce((total, part) => total + of(part), 0);
  return (
    new Set(way.map(({ node }) => node)).size === way.length &&
    sum(({ cpuMilli }) => cpuMilli) === task.cpuMilli &&
    sum(({ memoryMib }) => memoryMib) === task.memoryMib &&
    sum(({ gpus }) => new Set(gpus).size) === task.gpus &&
    way.every(({ node, gpus, gpuMilli }) => {
      const own = host?.nodes[node]?.gpuMilli;
      if (own === undefined || gpuMilli !== task.gpuMilli) return false;
      return gpus.every((gpu) => gpu >= 0 && gpu < own.length);
    })
  );
}

/** Whether every node that a way touched holds between nothing and all that it has. */
function isWithin({ shape, nodes }: HostState, way: Way): boolean {
  return way.every(({ node }) => {
    const [state, most] = [nodes[node], shape.nodes[node]];
    if (state === undefined || most === undefined) return false;
    const { cpuMilli, memoryMib, gpuMilli } = state;
    if (cpuMilli < 0 || cpuMilli > most.cpuMilli) return false;
    if (memoryMib < 0 || memoryMib > most.memoryMib) return false;
    return gpuMilli.length === most.gpus && gpuMilli.every((left) => left >= 0 && left <= 1000);
  });
}
