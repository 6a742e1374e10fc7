import type { HostState } from "@evenkeel/core/plan/host-state.ts";
import { place } from "@evenkeel/core/fleet/place.ts";
import type { Cell, Plan } from "@evenkeel/core/plan/plan.ts";
import { defaultHostPolicy, type HostPolicy } from "@evenkeel/core/request/host-policy.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { indices } from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import { catalogPartitions } from "@evenkeel/core/topology/catalog/catalog.ts";
import { topologyDigest } from "@evenkeel/core/topology/digest.ts";
import type { Partition, Topology } from "@evenkeel/core/topology/topology.ts";
import { valueOf } from "@evenkeel/core/unit/list.ts";
import { type Random, randomFor } from "../../fuzz/random.ts";
import { blankPlan } from "./blank-plan.ts";
import { type AlteredMachine, anyMachine } from "./machines.ts";
import { granuleBytesOf, offerOf } from "./offer.ts";
import { anyRequest } from "./requests.ts";

/** A request, and a host with other VMs on it. */
export interface Case extends AlteredMachine {
  readonly host: HostState;
  readonly request: Request;
}

/** Consecutive requests share a host, as making a host takes longer than placing a request. */
const casesPerHost = 16;

/** Cases by number: the same seed and number always give the same case. */
export function casesOf(seed: number): (number: number) => Case {
  const hostFor = hostsOf(seed);
  return (number) => {
    const host = hostFor(number);
    return { ...host, request: anyRequest(host.host, randomFor(seed, "request", number)) };
  };
}

/** The hosts of cases, by the cases' numbers. */
export function hostsOf(seed: number): (number: number) => Omit<Case, "request"> {
  let last: { readonly index: number; readonly host: Omit<Case, "request"> } | null = null;
  return (number) => {
    const index = Math.floor(number / casesPerHost);
    if (last?.index !== index) last = { index, host: anyHost(randomFor(seed, "host", index)) };
    return last.host;
  };
}

/**
 * A machine after arrivals and departures, sometimes with a holding that no search would choose.
 */
function anyHost(random: Random): Omit<Case, "request"> {
  const altered = anyMachine(random);
  const { topology } = altered;
  const policy = anyPolicy(altered, random);
  let taken: readonly Plan[] = [];
  const rounds = random.of([0, 0, 1, 2, 3, 5, 8]);
  for (let round = 0; round < rounds; round++) {
    const host = { topology, taken, policy };
    const asked = anyRequest(host, random, `taken-${round}`);
    const plan = place([host], modest(asked, random));
    if (plan.kind === "Plan") taken = [...taken, plan];
    if (random.once(4)) taken = taken.filter(() => !random.once(2));
  }
  const last = random.below(4);
  const host = { topology, taken, policy };
  if (last === 0) taken = [...taken, heldAtRandom(host, random)];
  if (last === 1) taken = [...taken, heldToLevels(host, random)];
  return { ...altered, host: { topology, taken, policy } };
}

/** A smaller request, so that several fit. */
function modest(request: Request, random: Random): Request {
  const part = 1 + random.below(4);
  return {
    ...request,
    accelerators: {
      ...request.accelerators,
      count: Math.ceil(request.accelerators.count / part),
    },
    vcpus: Math.ceil(request.vcpus / part),
    memoryBytes: Math.ceil(request.memoryBytes / part),
    isolation: random.once(6) ? request.isolation : random.of(["core", "shared"]),
  };
}

function anyPolicy({ machine, topology }: AlteredMachine, random: Random): HostPolicy {
  const { reserved } = defaultHostPolicy;
  return {
    ...defaultHostPolicy,
    reserved: {
      ...reserved,
      coresPerNode: random.of([0, 1, null, null, 3]),
      cpus: random.once(6) ? `${random.below(4)}-${4 + random.below(20)}` : null,
      memoryPerNodeBytes: random.of([0, 4, 4, 60]) * 2 ** 30,
    },
    partitions: anyPartitions(machine, topology, random),
  };
}

function anyPartitions(
  machine: string,
  { accelerators }: Topology,
  random: Random,
): readonly Partition[] | null {
  if (random.once(2)) return catalogPartitions(machine);
  if (!random.once(6)) return null;
  return Array.from({ length: 1 + random.below(6) }, (_, id) => ({
    id,
    accelerators: accelerators.filter(() => random.once(2)).map(({ address }) => address),
    active: false,
  })).filter((partition) => partition.accelerators.length > 0);
}

/** A plan that holds random cores, pages and devices, as another tool may have given them out. */
function heldAtRandom(host: HostState, random: Random): Plan {
  const base = { ...anyRequest(host, random, "held"), isolation: "core" } as const;
  const offer = offerOf(host, base);
  const often = 1 + random.below(6);
  return heldPlan(host, base, {
    cores: unusedCores(host).filter(() => random.once(often)),
    granules: new Map(offer.nodes.map(({ id, granules }) => [id, random.below(granules + 1)])),
    devices: [...offer.accelerators, ...offer.nics].filter(() => random.once(often)),
  });
}

/**
 * A plan that leaves a little on every node, the same amount or one more: the nodes are nearly
 * equal, so it matters which of them gets a remainder.
 */
function heldToLevels(host: HostState, random: Random): Plan {
  const base = { ...anyRequest(host, random, "held"), isolation: "core" } as const;
  const { nodes } = offerOf(host, base);
  const [units, granules] = [1 + random.below(6), 1 + random.below(6)];
  const cores = unusedCores(host);
  const byNode = nodes.map(({ id, units: has }) => {
    const here = cores.filter((core) => core.node === id);
    return here.slice(here.length - Math.max(0, has - units - random.below(2)));
  });
  return heldPlan(host, base, {
    cores: byNode.flat(),
    granules: new Map(
      nodes.map(({ id, granules: has }) => [id, Math.max(0, has - granules - random.below(2))]),
    ),
    devices: [],
  });
}

interface Unused {
  readonly node: number | null;
  readonly cpus: readonly number[];
}

function unusedCores({ topology, taken }: HostState): readonly Unused[] {
  const vcpus = taken.flatMap((plan) => plan.cells.flatMap((cell) => cell.vcpus));
  const used = new Set(vcpus.flatMap((v) => ("cpu" in v ? [v.cpu] : indices(setOf(v.cpus)))));
  return topology.cores
    .map((core) => ({ node: core.node, cpus: indices(setOf(core.cpus)) }))
    .filter(({ cpus }) => cpus.every((cpu) => !used.has(cpu)));
}

interface Holding {
  readonly cores: readonly Unused[];
  /** By node, in the request's granules. */
  readonly granules: ReadonlyMap<number, number>;
  readonly devices: readonly { readonly address: string; readonly node: number | null }[];
}

function heldPlan(host: HostState, request: Request, { cores, granules, devices }: Holding): Plan {
  const { topology } = host;
  let next = 0;
  const cells = topology.nodes.map(({ id: node }, id): Cell => {
    const bytes = valueOf(granules, node) * granuleBytesOf(request);
    return {
      id,
      hostNode: node,
      memoryNodes: `${node}`,
      memoryPolicy: "preferred",
      memoryBytes: bytes,
      memoryOnNodes: bytes === 0 ? [] : [{ node, bytes }],
      pageBytes: request.hugepageBytes === null ? 4096 : request.hugepageBytes,
      vcpus: cores
        .filter((core) => core.node === node)
        .flatMap(({ cpus }) => cpus.map((cpu) => ({ id: next++, cpu }))),
      accelerators: [],
      nics: [],
    };
  });
  return {
    ...blankPlan,
    vm: "held",
    isolation: "core",
    host: topology.name,
    topologyDigest: topologyDigest(topology),
    cells,
    devices: devices.map(({ address, node }) => heldDevice(address, node)),
  };
}

function heldDevice(address: string, node: number | null): Plan["devices"][number] {
  return {
    address,
    kind: "accelerator",
    model: null,
    vendor: null,
    device: null,
    node,
    cell: 0,
    root: "",
    switch: null,
    switches: null,
    class: null,
    barBytes: null,
    link: null,
    profile: null,
    companions: [],
  };
}
