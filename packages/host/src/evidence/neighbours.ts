import type { Neighbour } from "@evenkeel/core/evidence/machine-evidence.ts";
import type { HeldCpus, HeldMemory } from "@evenkeel/core/plan/holding.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { basePageBytes } from "../holding/held-memory.ts";
import type { HeldHere } from "../holding/read-holdings.ts";
import { parseStatus } from "../procfs/parse-task.ts";
import type { ProcessLoad } from "../procfs/process-load.ts";
import { readProcessMemory } from "../procfs/read-process-memory.ts";
import { threadIds } from "../procfs/process-ids.ts";
import { shown } from "../text/shown.ts";
import type { Tree } from "../tree/tree.ts";
import type { RunningHere } from "./running-here.ts";
import { openDevices } from "./open-devices.ts";

/** As many of the busiest processes that run no VM are neighbours, if they keep a CPU this busy. */
const busiestMost = 16;
const leastBusyCpus = 0.25;

/** A machine has some hundred VMs. Whoever starts more, or one with more parts, gets no more in. */
const neighboursMost = 1024;
const partsMost = 4096;

/** How much of their memory is looked at by node, and how many of their threads. */
const processBytesMost = 32 * GiB;
const threadsMost = 4096;

/** How many VMs are no neighbours, because there are too many. */
export function neighboursLeftOut(held: readonly HeldHere[]): number {
  return Math.max(0, held.length - neighboursMost);
}

/** All VMs of a machine and the busiest other processes: each is a neighbour of all others. */
export function allNeighbours(
  { tree, open, found }: RunningHere,
  held: readonly HeldHere[],
  loads: readonly ProcessLoad[],
): readonly Neighbour[] {
  const loadOf = new Map(loads.map((load) => [load.pid, load]));
  const programs = new Set(found.emulators.filter((one) => !one.runsVm).map(({ pid }) => pid));
  const vms = held.map(({ name, pid, vcpus, memory, devices }): Neighbour => {
    const load = pid === null ? undefined : loadOf.get(pid);
    const isVm = pid === null || !programs.has(pid);
    return { name: named(name), pid, isVm, vcpus, memory, devices, busyCpus: busy(load) };
  });
  const counted = new Set(held.map(({ pid }) => pid));
  const others = loads
    .flatMap((load) => (load.busyCpus === null ? [] : [{ ...load, busyCpus: load.busyCpus }]))
    .filter(({ pid, busyCpus }) => !counted.has(pid) && busyCpus >= leastBusyCpus)
    .toSorted((a, b) => b.busyCpus - a.busyCpus || a.pid - b.pid)
    .slice(0, busiestMost);
  const memory = memoryOfEach(tree, others);
  const processes = others.map((load, i): Neighbour => {
    const { pid, name } = load;
    return {
      name: named(`process ${pid} (${name})`),
      pid,
      isVm: false,
      vcpus: threadsByCpus(tree, pid),
      memory: memory[i] ?? [],
      devices: openDevices(tree, open.get(pid) ?? []),
      busyCpus: busy(load),
    };
  });
  return [...vms.slice(0, neighboursMost), ...processes]
    .map(bounded)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function bounded(neighbour: Neighbour): Neighbour {
  const { vcpus, memory, devices } = neighbour;
  return {
    ...neighbour,
    vcpus: vcpus.slice(0, partsMost),
    memory: memory.slice(0, partsMost),
    devices: devices.slice(0, partsMost),
  };
}

const named = (name: string): string => shown(name, 256) ?? "?";

function busy(load: ProcessLoad | undefined): number | null {
  const cpus = load?.busyCpus ?? null;
  return cpus === null ? null : Math.round(cpus * 100) / 100;
}

/** The threads of a process, by the CPUs that they may use. */
function threadsByCpus(tree: Tree, pid: number): readonly HeldCpus[] {
  const sets = threadIds(tree, pid)
    .slice(0, threadsMost)
    .flatMap((tid) => {
      const status = tree.readText(`/proc/${pid}/task/${tid}/status`) ?? "";
      return parseStatus(status).allowedCpus ?? [];
    });
  return [...Map.groupBy(sets, (cpus) => cpus)].map(([cpus, { length }]) => {
    return { count: length, cpus };
  });
}

/** The memory of each that is its own, as far as it is looked at. */
function memoryOfEach(
  tree: Tree,
  processes: readonly ProcessLoad[],
): readonly (readonly HeldMemory[])[] {
  let left = processBytesMost;
  return processes.map(({ pid }) => {
    const bytes = basePageBytes(tree, pid);
    if (bytes > left) return [];
    left -= bytes;
    const own = (readProcessMemory(tree, pid) ?? []).filter(({ kind }) => kind !== "file");
    const parts = own.flatMap(({ pageBytes, onNodes }) =>
      pageBytes === null ? [] : onNodes.map((part) => ({ ...part, pageBytes })),
    );
    const kinds = Map.groupBy(parts, ({ node, pageBytes }) => `${node} ${pageBytes}`);
    return [...kinds.values()].flatMap((alike) => {
      const [first] = alike;
      const all = alike.reduce((sum, part) => sum + part.bytes, 0);
      return first === undefined ? [] : [{ ...first, bytes: all }];
    });
  });
}
