import {
  emptySet,
  type IndexSet,
  intersection,
  isDisjoint,
  unionAll,
} from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import { knownCpus } from "@evenkeel/core/topology/node-facts.ts";
import { comparePciAddresses } from "@evenkeel/core/topology/pci-address.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { acceleratorOf, type Binder, type Outcome, type Vendor, type Worker } from "./case.ts";
import { type Mark, markOf, toldNode } from "./judge.ts";

/** What jobs meet on a machine. */
export const surroundings = [
  "the whole machine",
  "half of every node",
  "half of the machine",
  "no node told",
  "two jobs on one node",
] as const;
export type Surroundings = (typeof surroundings)[number];

/** One worker, one binder, one mark. */
export interface Trial {
  readonly binder: Binder;
  readonly where: Surroundings;
  readonly mark: Mark;
  /** For a message that a person can follow. */
  readonly told: string;
}

/** Tries a binder with jobs of 1 to 8 ranks in all surroundings of a machine. */
export function trialsOn(recorded: Topology, binders: readonly Binder[]): readonly Trial[] {
  const topology = withVendors(recorded);
  const { all, vendor } = acceleratorsOf(topology);
  const every = unionAll(topology.nodes.map(knownCpus));
  const silent = { ...topology, pci: topology.pci.map((device) => ({ ...device, node: null })) };
  const places: readonly (readonly [Surroundings, Topology, IndexSet])[] = [
    ["the whole machine", topology, every],
    [
      "half of every node",
      topology,
      unionAll(topology.nodes.map(({ id }) => halfOf(topology, id))),
    ],
    ["half of the machine", topology, halfOf(topology, null)],
    ["no node told", silent, every],
  ];
  const jobs = jobsOf(all, vendor);
  return binders.flatMap((binder) => [
    ...places.flatMap(([where, machine, allowed]) =>
      jobs.flatMap(({ seen, count }) => {
        const workers = Array.from({ length: count }, (_, rank): Worker => {
          return { topology: machine, all, vendor, seen, rank, count, allowed };
        });
        return tried(binder, where, workers);
      }),
    ),
    ...pairsOnANode(topology, all, vendor, every).flatMap((pair) =>
      tried(binder, "two jobs on one node", pair),
    ),
  ]);
}

/**
 * An accelerator whose vendor a recording does not tell is taken for NVIDIA's; a kernel tells it.
 */
function withVendors(topology: Topology): Topology {
  const accelerators = new Set(topology.accelerators.map(({ address }) => address));
  const pci = topology.pci.map((device) =>
    device.vendor === null && accelerators.has(device.address)
      ? { ...device, vendor: "10de" }
      : device,
  );
  return { ...topology, pci };
}

/** The accelerators of the vendor that has the most. */
function acceleratorsOf({ accelerators, pci }: Topology): { all: string[]; vendor: Vendor } {
  const vendors = new Map(pci.map(({ address, vendor }) => [address, vendor]));
  const known: Readonly<Record<string, Vendor>> = { "10de": "nvidia", "1002": "amd" };
  const vendorOf = (address: string): Vendor => known[vendors.get(address) ?? ""] ?? "other";
  const addresses = accelerators.map(({ address }) => address).toSorted(comparePciAddresses);
  const groups = [...Map.groupBy(addresses, vendorOf)];
  const [most] = groups.toSorted(([, a], [, b]) => b.length - a.length);
  return { all: most?.[1] ?? [], vendor: most?.[0] ?? "other" };
}

/** Half of the cores, of one node or of the machine; CPUs where no cores are told. */
function halfOf({ nodes, cores }: Topology, node: number | null): IndexSet {
  const own = nodes.filter(({ id }) => node === null || id === node);
  const cpus = unionAll(own.map(knownCpus));
  const parts = cores.map((core) => intersection(setOf(core.cpus), cpus));
  const told = parts.filter((part) => part.words.length > 0);
  const whole = told.length > 0 ? told : own.map(knownCpus);
  return unionAll(whole.slice(0, Math.ceil(whole.length / 2)));
}

/** Jobs of 1 to 8 ranks, in five orders of what they see. */
function jobsOf(
  all: readonly string[],
  vendor: Vendor,
): readonly { readonly seen: readonly string[] | null; readonly count: number }[] {
  const sizes = Array.from({ length: Math.min(8, all.length) }, (_, i) => i + 1);
  const rotated = [...all.slice(1), ...all.slice(0, 1)];
  const second = all.filter((_, place) => place % 2 === 1);
  const orders = [all, all.toReversed(), rotated, second];
  return sizes.flatMap((count) => [
    // A job of one rank has all that it sees: which it takes is for the program to say.
    ...(count > 1 && vendor !== "other" ? [{ seen: null, count }] : []),
    ...orders
      .filter((order) => order.length >= count)
      .map((order) => ({ seen: order.slice(0, count), count })),
  ]);
}

/** Two jobs of one rank each, on accelerators that one node has. */
function pairsOnANode(
  topology: Topology,
  all: readonly string[],
  vendor: Vendor,
  allowed: IndexSet,
): readonly (readonly Worker[])[] {
  const nodes = Map.groupBy(all, (address) => toldNode(topology, address));
  return [...nodes].flatMap(([node, [a, b]]) => {
    if (node === null || a === undefined || b === undefined) return [];
    return [
      [a, b].map((address): Worker => {
        return { topology, all, vendor, seen: [address], rank: 0, count: 1, allowed };
      }),
    ];
  });
}

/** Marks the workers of one moment; cores of their own that two of them have are wrong for both. */
function tried(binder: Binder, where: Surroundings, workers: readonly Worker[]): readonly Trial[] {
  const outcomes = workers.map((worker) => binder.bind(worker));
  return workers.flatMap((worker, i) => {
    const outcome = outcomes[i] ?? null;
    if (outcome === null) return [];
    const own = ownCpus(outcome);
    const isShared = outcomes.some((other, j) => j !== i && !isDisjoint(own, ownCpus(other)));
    const address = acceleratorOf(worker);
    const { topology, allowed } = worker;
    const home = address === null ? null : toldNode(topology, address);
    const mark = isShared ? "wrong" : markOf(topology, home, allowed, binder.mode, outcome);
    const job = `rank ${worker.rank} of ${worker.count}, seeing ${worker.seen?.join(",") ?? "all"}`;
    return [{ binder, where, mark, told: `${binder.name} ${binder.mode}, ${where}: ${job}` }];
  });
}

/** The CPUs that are to be a worker's alone. */
function ownCpus(outcome: Outcome | null): IndexSet {
  return outcome?.kind === "bound" && outcome.isAlone ? outcome.cpus : emptySet;
}
