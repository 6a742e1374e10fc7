import { costModel } from "../../src/cost/placement-cost.ts";
import type { Request } from "../../src/request/request.ts";
import { indices, isDisjoint } from "../../src/set/index-set.ts";
import { parseList, setOf } from "../../src/set/list-format.ts";
import type { Topology } from "../../src/topology/topology.ts";
import { topologyDigest } from "../../src/topology/digest.ts";
import { at, valueOf } from "../../src/unit/list.ts";
import type { HostState } from "../../src/plan/host-state.ts";
import {
  type Cell,
  cpusOfPlan,
  functionsOf,
  type Plan,
  type PlanDevice,
} from "../../src/plan/plan.ts";
import { keptCpus } from "../../src/plan/check/kept-cpus.ts";
import { planFaults } from "../../src/plan/check/plan-check.ts";
import { subsets } from "./subsets.ts";
import { sum, sumOf } from "../../src/unit/sum.ts";

/**
 * The best placement by brute force: every set of accelerators, of NICs and of nodes, and every
 * split, each written as a plan with the first free cores and judged by the independent checker. It
 * shares only the cost model with the search, as a cost is a definition.
 *
 * It handles `strict` requests that pin their vCPUs on small machines, in exponential time.
 */
export interface BruteAnswer {
  readonly cells: number;
  readonly cost: number;
  readonly unevenCells: number;
  readonly nodeDistanceSum: number;
  readonly unrequestedDevices: number;
  readonly mixedClasses: number;
  /** Free accelerators on the nodes of a VM that has none itself. */
  readonly idleAccelerators: number;
  /** Devices that vfio-pci does not have yet. */
  readonly unboundDevices: number;
  /** The devices and nodes of the first best placement: accelerators, NICs, nodes. */
  readonly choice: string;
}

export function bruteForce(host: HostState, request: Request): BruteAnswer | null {
  let best: BruteAnswer | null = null;
  for (const { plan, unevenCells } of legal(host, request)) {
    const answer = judge(host, request, plan, unevenCells);
    if (best === null || compare(answer, best) < 0) best = answer;
  }
  return best;
}

/** Every legal plan for the request, up to the names of cores. */
export function* legalPlans(host: HostState, request: Request): Generator<Plan> {
  for (const { plan } of legal(host, request)) yield plan;
}

/** Every legal plan with the best objective; what is lost and what breaks ties do not count. */
export function bestPlans(host: HostState, request: Request): readonly Plan[] {
  let best: BruteAnswer | null = null;
  let plans: Plan[] = [];
  for (const { plan, unevenCells } of legal(host, request)) {
    const answer = judge(host, request, plan, unevenCells);
    const difference = best === null ? -1 : compareObjectives(answer, best);
    if (difference < 0) [best, plans] = [answer, []];
    if (difference <= 0) plans.push(plan);
  }
  return plans;
}

interface Legal {
  readonly plan: Plan;
  /** Whether cells without accelerators differ in size: 0 or 1. */
  readonly unevenCells: number;
}

function* legal(host: HostState, request: Request): Generator<Legal> {
  const { topology } = host;
  const accelerators = topology.accelerators.map((entry) => entry.address);
  const nics = topology.nics.map((entry) => entry.address);
  const nodeOf = new Map(topology.pci.map((device) => [device.address, device.node]));
  for (const chosen of subsets(accelerators, request.accelerators.count)) {
    const ownNodes = [...new Set(chosen.map((address) => valueOf(nodeOf, address)))];
    const known = ownNodes.filter((node) => node !== null);
    if (known.length < ownNodes.length) continue;
    const nodeChoices =
      chosen.length > 0
        ? [known.toSorted((a, b) => a - b)]
        : allSubsets(topology.nodes.map((node) => node.id));
    for (const nodes of nodeChoices) {
      for (const withNics of subsets(nics, request.nics.count)) {
        yield* legalOn(host, request, nodes, chosen, withNics);
      }
    }
  }
}

/** By objective, then by what decides between equals where nobody asks what is lost. */
function compare(a: BruteAnswer, b: BruteAnswer): number {
  return (
    compareObjectives(a, b) ||
    a.idleAccelerators - b.idleAccelerators ||
    a.unboundDevices - b.unboundDevices
  );
}

function compareObjectives(a: BruteAnswer, b: BruteAnswer): number {
  const cost = Math.abs(a.cost - b.cost) < 1e-9 ? 0 : a.cost - b.cost;
  return (
    a.cells - b.cells ||
    cost ||
    a.unrequestedDevices - b.unrequestedDevices ||
    a.unevenCells - b.unevenCells ||
    a.nodeDistanceSum - b.nodeDistanceSum ||
    a.mixedClasses - b.mixedClasses
  );
}

/** The granule of memory: base pages are given by 2 MiB. */
function granuleOf({ hugepageBytes }: Request): number {
  return hugepageBytes === null ? 2 ** 21 : hugepageBytes;
}

/** Every legal plan on exactly these nodes with exactly these devices, one for each split. */
function* legalOn(
  host: HostState,
  request: Request,
  nodes: readonly number[],
  accelerators: readonly string[],
  nics: readonly string[],
): Generator<Legal> {
  const { topology } = host;
  const width = Math.max(...widthsByFrequency(host));
  const units = Math.ceil(request.vcpus / width);
  const granuleBytes = granuleOf(request);
  const granules = Math.ceil(request.memoryBytes / granuleBytes);
  const nodeOf = new Map(topology.pci.map((device) => [device.address, device.node]));
  const weights = nodes.map((node) => accelerators.filter((a) => nodeOf.get(a) === node).length);
  const found: (Legal & Parts)[] = [];
  for (const [cores, memory] of splitPairs(units, granules, nodes.length)) {
    const isShared = hasShares(cores, units, weights) && hasShares(memory, granules, weights);
    if (accelerators.length > 0 && !isShared) continue;
    for (const only of classChoices(host)) {
      const choice = { nodes, cores, memory, width, accelerators, nics };
      const plan = write(host, request, choice, only);
      if (plan === null || planFaults(plan, host, request).length > 0) continue;
      const unevenCells = accelerators.length > 0 || (isEven(cores) && isEven(memory)) ? 0 : 1;
      found.push({ plan, unevenCells, cores, memory, only });
    }
  }
  const byClass = Map.groupBy(found, ({ only }) => only);
  for (const own of byClass.values()) {
    yield* accelerators.length > 0 ? own.filter((one) => isHandedOut(one, own, weights)) : own;
  }
}

/** Which cores a plan may have: those of one class, or `any`. */
type ClassChoice = number | null | "any";

/** Any cores; before them those of each class alone, where the machine has several. */
function classChoices({ topology }: HostState): readonly ClassChoice[] {
  const classes = new Set(topology.cores.map((core) => core.class));
  return classes.size < 2 ? ["any"] : [...classes, "any"];
}

interface Parts {
  readonly cores: readonly number[];
  readonly memory: readonly number[];
  readonly only: ClassChoice;
}

/** Whether every cell has its share, rounded down. */
function hasShares(parts: readonly number[], all: number, weights: readonly number[]): boolean {
  const weightOfAll = sum(weights);
  return parts.every((part, i) => part >= Math.floor((all * at(weights, i)) / weightOfAll));
}

/** Whether no cell has two more of the remainder than another that could legally take one. */
function isHandedOut(
  { cores, memory }: Parts,
  all: readonly Parts[],
  weights: readonly number[],
): boolean {
  const isLegal = (c: readonly number[], m: readonly number[]): boolean =>
    all.some((other) => other.cores.join() === c.join() && other.memory.join() === m.join());
  return (
    moves(cores, weights).every((moved) => !isLegal(moved, memory)) &&
    moves(memory, weights).every((moved) => !isLegal(cores, moved))
  );
}

/**
 * The parts after moving one from a cell to another that has at least two less of the remainder.
 */
function moves(parts: readonly number[], weights: readonly number[]): number[][] {
  const all = sum(parts);
  const weightOfAll = sum(weights);
  const beyond = parts.map((part, i) => part - Math.floor((all * at(weights, i)) / weightOfAll));
  return parts.flatMap((_, from) =>
    parts.flatMap((__, to) => {
      if (at(beyond, from) < at(beyond, to) + 2) return [];
      return [parts.map((part, i) => (i === from ? part - 1 : i === to ? part + 1 : part))];
    }),
  );
}

/** The most frequent widths of cores. */
function widthsByFrequency({ topology }: HostState): number[] {
  const widths = topology.cores.map(
    (core) => indices(parseList(core.cpus) ?? { words: new Uint32Array() }).length,
  );
  const times = (width: number): number => widths.filter((other) => other === width).length;
  const most = Math.max(...widths.map(times));
  return [...new Set(widths.filter((width) => times(width) === most))];
}

/** Whether cells differ by at most one. */
function isEven(parts: readonly number[]): boolean {
  return Math.max(...parts) - Math.min(...parts) <= 1;
}

interface Choice {
  readonly nodes: readonly number[];
  readonly cores: readonly number[];
  readonly memory: readonly number[];
  readonly width: number;
  readonly accelerators: readonly string[];
  readonly nics: readonly string[];
}

/**
 * The choice as a plan, on the first cores of each node that are free and in no cache that
 * isolation closes; null when they run out. Of any class,
 * a cell has the cores of the fastest class that alone has enough, otherwise the fastest.
 */
function write(host: HostState, request: Request, choice: Choice, only: ClassChoice): Plan | null {
  const { topology, taken, policy } = host;
  const pinned = new Set(
    taken.flatMap((plan) =>
      plan.cells.flatMap((cell) => cell.vcpus.flatMap((v) => ("cpu" in v ? [v.cpu] : []))),
    ),
  );
  const kept = keptCpus(topology, policy);
  const closed = cachesClosedTo(request, host);
  const nodeOf = new Map(topology.pci.map((device) => [device.address, device.node]));
  const granuleBytes = granuleOf(request);
  const surplus = sum(choice.cores) * choice.width - request.vcpus;
  let next = 0;
  const cells: Cell[] = [];
  for (const [i, node] of choice.nodes.entries()) {
    const free = topology.cores
      .filter((core) => core.node === node && isDisjoint(setOf(core.cpus), kept))
      .filter(({ l3 }) => !closed.has(l3))
      .map((core) => {
        return {
          of: core.class,
          cpus: indices(parseList(core.cpus) ?? { words: new Uint32Array() }),
        };
      })
      .filter(({ cpus }) => cpus.length >= choice.width && !cpus.some((cpu) => pinned.has(cpu)))
      .filter(({ of }) => only === "any" || of === only)
      .toSorted((a, b) => speedRank(a.of) - speedRank(b.of));
    const wanted = at(choice.cores, i);
    const alone = free.find(({ of }) => free.filter((core) => core.of === of).length >= wanted);
    const cores = free.filter(({ of }) => alone === undefined || of === alone.of).slice(0, wanted);
    if (cores.length < wanted) return null;
    const cpus = cores.flatMap((core) => core.cpus.slice(0, choice.width));
    const bytes = at(choice.memory, i) * granuleBytes;
    cells.push({
      id: i,
      hostNode: node,
      memoryNodes: String(node),
      memoryPolicy: "strict",
      memoryBytes: bytes,
      memoryOnNodes: [{ node, bytes }],
      pageBytes: request.hugepageBytes === null ? 4096 : request.hugepageBytes,
      vcpus: cpus
        .slice(0, i === 0 ? cpus.length - surplus : cpus.length)
        .map((cpu) => ({ id: next++, cpu })),
      accelerators: choice.accelerators.filter((a) => nodeOf.get(a) === node),
      nics: choice.nics.filter((a) => nodeOf.get(a) === node),
    });
  }
  return asPlan(host, request, cells, surplus === 0 ? choice.width : 1, choice);
}

/** The caches with a core of a VM, where that VM or this one has its caches alone. */
function cachesClosedTo(
  { isolation }: Request,
  { topology, taken }: HostState,
): Set<number | null> {
  const closed = new Set<number | null>(isolation === "l3" ? [null] : []);
  for (const plan of taken) {
    if (isolation !== "l3" && plan.isolation !== "l3") continue;
    const cpus = cpusOfPlan(plan);
    const used = topology.cores.filter((core) => !isDisjoint(setOf(core.cpus), cpus));
    for (const { l3 } of used) closed.add(l3);
  }
  return closed;
}

/** Unknown cores count as the slowest. */
function speedRank(of: number | null): number {
  return of === null ? Number.MAX_VALUE : of;
}

function asPlan(
  { topology }: HostState,
  request: Request,
  cells: readonly Cell[],
  threadsPerCore: number,
  { accelerators, nics, nodes }: Choice,
): Plan {
  const { distances } = topology;
  const position = nodes.map((node) => topology.nodes.findIndex(({ id }) => id === node));
  const listed = new Set([...accelerators, ...nics]);
  const functions = new Map(topology.pci.map((entry) => [entry.address, entry]));
  const device = (address: string, kind: PlanDevice["kind"]): PlanDevice => {
    const entry = valueOf(functions, address);
    const along = topology.pci.filter(
      (other) =>
        entry.iommuGroup !== null &&
        other.iommuGroup === entry.iommuGroup &&
        !other.class.startsWith("06") &&
        !listed.has(other.address),
    );
    for (const other of along) listed.add(other.address);
    return {
      address,
      kind,
      model: topology.accelerators.find((other) => other.address === address)?.model ?? null,
      vendor: entry.vendor,
      device: entry.device,
      node: entry.node,
      // A device of unknown node is in no cell, which the checker refuses.
      cell: entry.node === null ? -1 : nodes.indexOf(entry.node),
      root: entry.root,
      switch: null,
      switches: null,
      class: null,
      barBytes: entry.barBytes,
      link: null,
      profile: null,
      companions: along.map((other) => other.address),
    };
  };
  return {
    apiVersion: "evenkeel/v1",
    kind: "Plan",
    vm: request.name,
    tenant: null,
    host: topology.name,
    topologyDigest: topologyDigest(topology),
    flavor: null,
    locality: "strict",
    isolation: request.isolation,
    workload: null,
    profile: null,
    architecture: null,
    cpuModel: null,
    threadsPerCore,
    cells,
    distances: distances && position.map((i) => position.map((j) => at(at(distances, i), j))),
    // Any CPU: the emulator's place is not tested here.
    emulatorCpus: topology.cores[0]?.cpus ?? "0",
    iothreads: [],
    devices: [
      ...accelerators.map((a) => device(a, "accelerator")),
      ...nics.map((a) => device(a, "nic")),
    ],
    links: null,
    partition:
      topology.partitions.find(
        (partition) => partition.accelerators.toSorted().join() === accelerators.toSorted().join(),
      )?.id ?? null,
    signature: "",
    signatureText: "",
    cost: {
      basis: "unknown",
      parts: { hostToDevice: 1, memory: 1, peer: 1, network: 1 },
      slowdown: 1,
    },
    reasons: [],
  };
}

function judge(host: HostState, request: Request, plan: Plan, unevenCells: number): BruteAnswer {
  const { topology } = host;
  const { distances } = topology;
  const memory = sumOf(plan.cells, (cell) => cell.memoryBytes);
  const accelerators = plan.devices.filter((device) => device.kind === "accelerator");
  const nics = plan.devices.filter((device) => device.kind === "nic");
  const raw = costModel(topology, request.workload).cost({
    cells: plan.cells.map((cell) => ({
      share: cell.memoryBytes / memory,
      vcpuNodes: [{ node: cell.hostNode, share: 1 }],
      memoryNodes: [{ node: cell.hostNode, share: 1 }],
    })),
    accelerators: accelerators.map(({ address, node, cell }) => ({ address, node, cell })),
    nics: nics.map(({ address }) => address),
  });
  const sellable = new Set(
    [...topology.accelerators, ...topology.nics].map((entry) => entry.address),
  );
  const position = plan.cells.map((cell) =>
    topology.nodes.findIndex(({ id }) => id === cell.hostNode),
  );
  // Without distances the sum is 0.
  const nodeDistanceSum = position.flatMap((i) =>
    position.map((j) => (i === j || distances === null ? 0 : at(at(distances, i), j))),
  );
  const driverOf = new Map(topology.pci.map(({ address, driver }) => [address, driver]));
  return {
    cells: plan.cells.length,
    cost: raw.total,
    unboundDevices: plan.devices.filter(({ address }) => driverOf.get(address) !== "vfio-pci")
      .length,
    unevenCells,
    nodeDistanceSum: sum(nodeDistanceSum),
    unrequestedDevices: plan.devices
      .flatMap((device) => device.companions)
      .filter((a) => sellable.has(a)).length,
    mixedClasses: classesOf(topology, plan) > 1 ? 1 : 0,
    idleAccelerators: request.accelerators.count > 0 ? 0 : idleAccelerators(host, plan),
    choice:
      [accelerators, nics].map((list) => list.map(({ address }) => address).join(" ")).join(" | ") +
      ` | ${plan.cells.map((cell) => cell.hostNode).join(" ")}`,
  };
}

/** How many accelerators on the nodes of a plan no other plan has. */
function idleAccelerators({ topology, taken }: HostState, plan: Plan): number {
  const nodeOf = new Map(topology.pci.map(({ address, node }) => [address, node]));
  const nodes = new Set<number | null>(plan.cells.map(({ hostNode }) => hostNode));
  const held = new Set(taken.flatMap(({ devices }) => devices.flatMap(functionsOf)));
  return topology.accelerators.filter(
    ({ address }) => nodes.has(valueOf(nodeOf, address)) && !held.has(address),
  ).length;
}

/** How many classes of cores a plan has. */
function classesOf({ cores }: Topology, plan: Plan): number {
  const cpus = plan.cells.flatMap(({ vcpus }) => vcpus.flatMap((v) => ("cpu" in v ? [v.cpu] : [])));
  const classOf = new Map(
    cores.flatMap((core) => indices(setOf(core.cpus)).map((cpu) => [cpu, core.class] as const)),
  );
  return new Set(cpus.map((cpu) => valueOf(classOf, cpu))).size;
}

function allSubsets<T>(items: readonly T[]): (readonly T[])[] {
  return items.flatMap((_, i) => [...subsets(items, i + 1)]);
}

/** All ways to give at least one of each of two totals to every cell. */
function splitPairs(a: number, b: number, cells: number): (readonly [number[], number[]])[] {
  return compositions(a, cells).flatMap((x) => compositions(b, cells).map((y) => [x, y] as const));
}

function compositions(total: number, parts: number): number[][] {
  if (parts === 1) return total > 0 ? [[total]] : [];
  return Array.from({ length: Math.max(0, total - 1) }, (_, i) => i + 1).flatMap((first) =>
    compositions(total - first, parts - 1).map((rest) => [first, ...rest]),
  );
}
