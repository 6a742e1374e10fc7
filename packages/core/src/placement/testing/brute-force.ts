import { costModel } from "../../cost/placement-cost.ts";
import type { Request } from "../../request/request.ts";
import { indices } from "../../set/index-set.ts";
import { parseList } from "../../set/list-format.ts";
import { topologyDigest } from "../../topology/digest.ts";
import type { HostState } from "../host-state.ts";
import type { Cell, Plan, PlanDevice } from "../plan.ts";
import { planFaults } from "../plan-check.ts";
import { subsets } from "./subsets.ts";

/**
 * The answer by trying everything: every set of accelerators, of NICs, of nodes and every split,
 * each written out as a plan with the first free cores and put before the independent checker.
 * It shares the cost model with the search (a cost is a definition) and nothing else.
 *
 * For `strict` requests of isolation `core` on small machines; it takes as long as it takes.
 */
export interface BruteAnswer {
  readonly cells: number;
  readonly cost: number;
  readonly uneven: number;
  readonly spread: number;
  readonly extra: number;
  /** The devices and nodes of the first such answer, accelerators before NICs before nodes. */
  readonly choice: string;
}

export function bruteForce(host: HostState, request: Request): BruteAnswer | null {
  let best: BruteAnswer | null = null;
  for (const { plan, uneven } of legal(host, request)) {
    const answer = judge(host, request, plan, uneven);
    if (best === null || compare(answer, best) < 0) best = answer;
  }
  return best;
}

/** Every legal plan for the request, one of each that differ by the names of cores alone. */
export function* legalPlans(host: HostState, request: Request): Generator<Plan> {
  for (const { plan } of legal(host, request)) yield plan;
}

/** Every legal plan that no other beats by the objective, whatever its numbers. */
export function bestPlans(host: HostState, request: Request): readonly Plan[] {
  let best: BruteAnswer | null = null;
  let plans: Plan[] = [];
  for (const { plan, uneven } of legal(host, request)) {
    const answer = judge(host, request, plan, uneven);
    const difference = best === null ? -1 : compare(answer, best);
    if (difference < 0) [best, plans] = [answer, []];
    if (difference <= 0) plans.push(plan);
  }
  return plans;
}

interface Legal {
  readonly plan: Plan;
  /** Whether cells without accelerators differ in size: 0 or 1. */
  readonly uneven: number;
}

function* legal(host: HostState, request: Request): Generator<Legal> {
  const { topology } = host;
  const accelerators = topology.accelerators.map((entry) => entry.address);
  const nics = topology.nics.map((entry) => entry.address);
  const nodeOf = new Map(topology.pci.map((device) => [device.address, device.node]));
  for (const chosen of subsets(accelerators, request.accelerators.count)) {
    const homes = [...new Set(chosen.map((address) => nodeOf.get(address) ?? -1))];
    if (homes.includes(-1)) continue;
    const nodeChoices =
      chosen.length > 0
        ? [homes.toSorted((a, b) => a - b)]
        : allSubsets(topology.nodes.map((node) => node.id));
    for (const nodes of nodeChoices) {
      for (const withNics of subsets(nics, request.nics.count)) {
        yield* legalOn(host, request, nodes, chosen, withNics);
      }
    }
  }
}

function compare(a: BruteAnswer, b: BruteAnswer): number {
  const cost = Math.abs(a.cost - b.cost) < 1e-9 ? 0 : a.cost - b.cost;
  return (
    a.cells - b.cells || cost || a.extra - b.extra || a.uneven - b.uneven || a.spread - b.spread
  );
}

/** Every legal plan on exactly these nodes with exactly these devices: one a split. */
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
  const granuleBytes = request.hugepageBytes ?? 2 ** 21;
  const granules = Math.ceil(request.memoryBytes / granuleBytes);
  const nodeOf = new Map(topology.pci.map((device) => [device.address, device.node]));
  const weights = nodes.map((node) => accelerators.filter((a) => nodeOf.get(a) === node).length);
  const splits =
    accelerators.length > 0
      ? [[share(units, weights), share(granules, weights)] as const]
      : splitPairs(units, granules, nodes.length);
  for (const [cores, memory] of splits) {
    const plan = write(host, request, { nodes, cores, memory, width, accelerators, nics });
    if (plan === null || planFaults(plan, host, request).length > 0) continue;
    const uneven = accelerators.length > 0 ? 0 : isEven(cores) && isEven(memory) ? 0 : 1;
    yield { plan, uneven };
  }
}

/** The most frequent width of a core, the wider of two equally frequent. */
function widthsByFrequency({ topology }: HostState): number[] {
  const widths = topology.cores.map(
    (core) => indices(parseList(core.cpus) ?? { words: new Uint32Array() }).length,
  );
  const times = (width: number): number => widths.filter((other) => other === width).length;
  const most = Math.max(...widths.map(times));
  return [...new Set(widths.filter((width) => times(width) === most))];
}

function share(total: number, weights: readonly number[]): number[] {
  const all = weights.reduce((a, b) => a + b, 0);
  const parts = weights.map((weight) => Math.floor((total * weight) / all));
  return parts.map((part, i) => (i > 0 ? part : total - parts.slice(1).reduce((a, b) => a + b, 0)));
}

/** The one split that is as equal as can be with the remainder on the first cells. */
function isEven(parts: readonly number[]): boolean {
  return (
    parts.every(
      (part, i) => i === 0 || (parts[i - 1] ?? 0) - part === 0 || (parts[i - 1] ?? 0) - part === 1,
    ) && (parts[0] ?? 0) - (parts.at(-1) ?? 0) <= 1
  );
}

interface Choice {
  readonly nodes: readonly number[];
  readonly cores: readonly number[];
  readonly memory: readonly number[];
  readonly width: number;
  readonly accelerators: readonly string[];
  readonly nics: readonly string[];
}

/** The choice as a plan, on the first cores of each node that nobody pins; null when they run out. */
function write(host: HostState, request: Request, choice: Choice): Plan | null {
  const { topology, taken, policy } = host;
  const pinned = new Set(
    taken.flatMap((plan) =>
      plan.cells.flatMap((cell) => cell.vcpus.flatMap((v) => ("cpu" in v ? [v.cpu] : []))),
    ),
  );
  const nodeOf = new Map(topology.pci.map((device) => [device.address, device.node]));
  const granuleBytes = request.hugepageBytes ?? 2 ** 21;
  const surplus = choice.cores.reduce((a, b) => a + b, 0) * choice.width - request.vcpus;
  let next = 0;
  const cells: Cell[] = [];
  for (const [i, node] of choice.nodes.entries()) {
    const cores = topology.cores
      .filter((core) => core.node === node)
      .slice(policy.reserved.coresPerNode)
      .map((core) => indices(parseList(core.cpus) ?? { words: new Uint32Array() }))
      .filter((cpus) => cpus.length >= choice.width && !cpus.some((cpu) => pinned.has(cpu)))
      .slice(0, choice.cores[i] ?? 0);
    if (cores.length < (choice.cores[i] ?? 0)) return null;
    const cpus = cores.flatMap((core) => core.slice(0, choice.width));
    const bytes = (choice.memory[i] ?? 0) * granuleBytes;
    cells.push({
      id: i,
      hostNode: node,
      memoryNodes: String(node),
      memoryPolicy: "strict",
      memoryBytes: bytes,
      memoryOnNodes: [{ node, bytes }],
      pageBytes: request.hugepageBytes ?? 4096,
      vcpus: cpus
        .slice(0, i === 0 ? cpus.length - surplus : cpus.length)
        .map((cpu) => ({ id: next++, cpu })),
      accelerators: choice.accelerators.filter((a) => nodeOf.get(a) === node),
      nics: choice.nics.filter((a) => nodeOf.get(a) === node),
    });
  }
  return asPlan(host, request, cells, surplus === 0 ? choice.width : 1, choice);
}

function asPlan(
  { topology }: HostState,
  request: Request,
  cells: readonly Cell[],
  threadsPerCore: number,
  { accelerators, nics, nodes }: Choice,
): Plan {
  const position = nodes.map((node) => topology.nodes.findIndex(({ id }) => id === node));
  const listed = new Set([...accelerators, ...nics]);
  const device = (address: string, kind: PlanDevice["kind"]): PlanDevice => {
    const entry = topology.pci.find((other) => other.address === address);
    const along = topology.pci.filter(
      (other) =>
        entry?.iommuGroup !== null &&
        other.iommuGroup === entry?.iommuGroup &&
        !other.class.startsWith("06") &&
        !listed.has(other.address),
    );
    for (const other of along) listed.add(other.address);
    return {
      address,
      kind,
      model: topology.accelerators.find((other) => other.address === address)?.model ?? null,
      vendor: entry?.vendor ?? null,
      device: entry?.device ?? null,
      node: entry?.node ?? null,
      cell: nodes.indexOf(entry?.node ?? -1),
      root: entry?.root ?? "",
      switch: null,
      switches: null,
      class: null,
      barBytes: entry?.barBytes ?? null,
      link: null,
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
    architecture: null,
    cpuModel: null,
    threadsPerCore,
    cells,
    distances:
      topology.distances &&
      position.map((i) => position.map((j) => topology.distances?.[i]?.[j] ?? 0)),
    // Any CPU that no vCPU has: whether it is the host's is not what is tried here.
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

function judge(host: HostState, request: Request, plan: Plan, uneven: number): BruteAnswer {
  const { topology } = host;
  const memory = plan.cells.reduce((sum, cell) => sum + cell.memoryBytes, 0);
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
  const spread = position.flatMap((i) =>
    position.map((j) => (i === j ? 0 : (topology.distances?.[i]?.[j] ?? 0))),
  );
  return {
    cells: plan.cells.length,
    cost: raw.total,
    uneven,
    spread: spread.reduce((a, b) => a + b, 0),
    extra: plan.devices.flatMap((device) => device.companions).filter((a) => sellable.has(a))
      .length,
    choice:
      [accelerators, nics].map((list) => list.map(({ address }) => address).join(" ")).join(" | ") +
      ` | ${plan.cells.map((cell) => cell.hostNode).join(" ")}`,
  };
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
