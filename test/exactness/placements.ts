import { place } from "@evenkeel/core/fleet/place.ts";
import type { Cell, Plan, PlanDevice } from "@evenkeel/core/plan/plan.ts";
import { indexSet, indices } from "@evenkeel/core/set/index-set.ts";
import { formatList, setOf } from "@evenkeel/core/set/list-format.ts";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { type Random, randomFor } from "../../fuzz/random.ts";
import { blankPlan } from "./blank-plan.ts";
import { casesOf } from "./cases.ts";
import { machineNamed } from "./machines.ts";
import { type Placement, shuffled } from "./relabel.ts";

/** Plans of the search, on the catalog's machines, unchanged or altered. */
export function* madePlacements(seed: number): Generator<Placement> {
  const caseAt = casesOf(seed);
  for (let number = 0; ; number++) {
    const { host, request } = caseAt(number);
    const plan = place([host], request);
    if (plan.kind === "Plan") yield { topology: host.topology, plan };
  }
}

/** Machines where placements differ much: by caches, switches, packages, memory without CPUs. */
const machines: readonly Topology[] = [
  ...["dgx-a100", "hgx-h100", "mi300x", "xeon-snc", "gb200-tray"].map(machineNamed),
  syntheticTopology(
    `package:2 node:2 l3:2 core:3 thread:2 memory:64Gi hugepages:32x1Gi distances:10/12/32
     root*4[switch[gpu:h100-sxm*2 nic:cx7*2]] nvlink:4(among:0-1;2-3)`,
  ),
];

/** What a family of placements has in common. */
interface Shape {
  readonly topology: Topology;
  readonly cells: number;
  readonly cores: number;
  readonly accelerators: number;
  readonly nics: number;
  readonly floating: boolean;
}

/**
 * Random placements, in families of one shape, so that many share a signature and many nearly do:
 * their cores are below other caches, one device is on another cell, or a cell's memory is
 * elsewhere.
 */
export function randomPlacements(seed: number, count: number): readonly Placement[] {
  const familySize = 32;
  return Array.from({ length: count }, (_, i) => {
    const family = Math.floor(i / familySize);
    const ofFamily = randomFor(seed, "family", family);
    const shape = shapeOn(ofFamily.of(machines), ofFamily);
    return placementOf(shape, randomFor(seed, "placement", i));
  });
}

/** A placement of any shape on a machine that has CPUs. */
export function anyPlacementOn(topology: Topology, random: Random): Placement {
  return placementOf(shapeOn(topology, random), random);
}

function shapeOn(topology: Topology, random: Random): Shape {
  const computing = topology.nodes.filter((node) => node.cpus !== "").length;
  return {
    topology,
    cells: 1 + random.below(Math.min(3, computing)),
    cores: 1 + random.below(3),
    accelerators: random.below(3),
    nics: random.below(2),
    floating: random.once(6),
  };
}

function placementOf(shape: Shape, random: Random): Placement {
  const { topology, floating } = shape;
  const computing = topology.nodes.filter((node) => node.cpus !== "").map((node) => node.id);
  const ownNodes = shuffled(computing.length, random).flatMap((i) => computing.slice(i, i + 1));
  const used = new Set<number>();
  let next = 0;
  const accelerators = taker(topology, topology.accelerators, random);
  const nics = taker(topology, topology.nics, random);
  const devices: PlanDevice[] = [];
  const cells = ownNodes.slice(0, shape.cells).map((ownNode, id): Cell => {
    const cpus = takeCores(shape, ownNode, used, random);
    // Where no core is left, it floats over all of the node's.
    const all = topology.nodes.find((node) => node.id === ownNode)?.cpus ?? "";
    const pool = cpus.length > 0 ? formatList(indexSet(cpus)) : all;
    const own = {
      accelerator: accelerators(ownNode, shape.accelerators),
      nic: nics(ownNode, shape.nics),
    };
    for (const kind of ["accelerator", "nic"] as const) {
      devices.push(...own[kind].map((address) => deviceOf(topology, address, kind, id)));
    }
    const memoryOnNodes = takeMemory(topology, ownNode, random);
    return {
      id,
      hostNode: ownNode,
      memoryNodes: memoryOnNodes.map(({ node }) => node).join(","),
      memoryPolicy: memoryOnNodes.length > 1 ? "preferred" : "strict",
      memoryBytes: 8 * GiB,
      memoryOnNodes,
      pageBytes: GiB,
      vcpus: floating
        ? [0, 1].map(() => ({ id: next++, cpus: pool }))
        : cpus.map((cpu) => ({ id: next++, cpu })),
      accelerators: own.accelerator,
      nics: own.nic,
    };
  });
  const plan: Plan = {
    ...blankPlan,
    vm: "vm",
    topologyDigest: "",
    host: topology.name,
    isolation: floating ? "shared" : "core",
    cells,
    devices,
  };
  return { topology, plan };
}

/** Whole cores of the node, sometimes one of another, in one piece or scattered. */
function takeCores(
  { topology, cores: count }: Shape,
  ownNode: number,
  used: Set<number>,
  random: Random,
): number[] {
  const of = (node: number): Topology["cores"] =>
    topology.cores.filter((core) => core.node === node && !used.has(core.id));
  const scattered = random.once(2);
  const cpus: number[] = [];
  for (let taken = 0; taken < count; taken++) {
    const node = random.once(12) ? random.of(topology.nodes).id : ownNode;
    const free = of(node).length > 0 ? of(node) : of(ownNode);
    if (free.length === 0) break;
    const core = scattered ? random.of(free) : free[0];
    if (core === undefined) break;
    used.add(core.id);
    const threads = indices(setOf(core.cpus));
    cpus.push(...(random.once(20) ? threads.slice(0, 1) : threads));
  }
  return cpus;
}

/** 8 GiB on the node, sometimes half or all of it on another. */
function takeMemory(
  topology: Topology,
  ownNode: number,
  random: Random,
): Plan["cells"][number]["memoryOnNodes"] {
  if (!random.once(6)) return [{ node: ownNode, bytes: 8 * GiB }];
  const other = random.of(topology.nodes).id;
  if (other === ownNode || random.once(2)) return [{ node: other, bytes: 8 * GiB }];
  return [ownNode, other].toSorted((a, b) => a - b).map((node) => ({ node, bytes: 4 * GiB }));
}

/** Gives devices out, each once: those of a node first, sometimes any. */
function taker(
  topology: Topology,
  devices: readonly { readonly address: string }[],
  random: Random,
): (node: number, count: number) => string[] {
  const nodes = new Map(topology.pci.map((device) => [device.address, device.node]));
  const left = shuffled(devices.length, random).flatMap((i) =>
    devices.slice(i, i + 1).map(({ address }) => address),
  );
  return (node, count) => {
    const near = (address: string): boolean => nodes.get(address) === node;
    return Array.from({ length: count }).flatMap(() => {
      const own = random.once(8) ? -1 : left.findIndex(near);
      return left.splice(Math.max(0, own), 1);
    });
  };
}

/** A device of the machine as a plan names it, without companions. */
function deviceOf(
  { pci, accelerators }: Topology,
  address: string,
  kind: PlanDevice["kind"],
  cell: number,
): PlanDevice {
  const entry = pci.find((device) => device.address === address);
  return {
    address,
    kind,
    model: accelerators.find((one) => one.address === address)?.model ?? null,
    vendor: entry?.vendor ?? null,
    device: entry?.device ?? null,
    node: entry?.node ?? null,
    cell,
    root: entry?.root ?? "",
    switch: null,
    switches: null,
    class: null,
    barBytes: null,
    link: entry?.link ?? null,
    profile: null,
    companions: [],
  };
}
