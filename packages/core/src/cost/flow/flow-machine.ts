import type { Calibration } from "../../calibration/calibration.ts";
import { invariant } from "../../invariant.ts";
import type { Topology } from "../../topology/topology.ts";
import { allKnown, at } from "../../unit/list.ts";
import { sum } from "../../unit/sum.ts";
import { vectorOf, write } from "../../unit/vector.ts";
import type { NodeShare } from "../placement-cost.ts";
import { type CostBasis, weakerBasis } from "../path-cost.ts";
import { deviceRoutes, type DeviceRoutes } from "./device-routes.ts";
import { usable } from "./node-figures.ts";
import { nodeRoutes, type NodeRoutes } from "./node-routes.ts";
import { writeCost } from "./published.ts";
import type { SharedResources } from "./fair-share.ts";
import type { Resource, ResourceKind } from "./resource.ts";

/**
 * A machine as flows see it: its shared resources, and the path of every flow across them.
 *
 *     const machine = flowMachine(topology, calibration);
 *     const reads = machine.memoryPath({ cpuNodes, memoryNodes, writeShare: 0.3 });
 *     const copies = machine.copyPath("0000:1b:00.0", memoryNodes, "to-device");
 *     const flow = { name: "reads", path: reads, demandBytesPerSecond: 2e10, streams: 8 };
 *     predictFlows(machine, [flow, …]);
 *
 * It is compiled once for a topology and a Calibration and kept as long as both are. Paths are
 * plain values: made once for a placement, they serve any number of predictions.
 */
export interface FlowMachine {
  /** In a fixed order: a path's hops are positions in it. */
  readonly resources: readonly Resource[];
  /** The same for the sharing of them (`fair-share.ts`). */
  readonly shared: SharedResources;
  /** From CPUs to memory, both as shares that sum to 1. */
  readonly memoryPath: (flow: MemoryFlow) => Path;
  /** Between a device (an accelerator or a NIC, by its address) and memory. */
  readonly copyPath: (
    device: string,
    memoryNodes: readonly NodeShare[],
    direction: "to-device" | "from-device",
  ) => Path;
  /** From one device to another: over direct links, a common switch, or the sockets' link. */
  readonly peerPath: (from: string, to: string) => Path;
}

export interface MemoryFlow {
  readonly cpuNodes: readonly NodeShare[];
  readonly memoryNodes: readonly NodeShare[];
  /** The share of its bytes that are written, from 0 to 1. */
  readonly writeShare: number;
}

/** What a byte of a flow uses. */
export interface Path {
  /** Positions of resources, ascending, each once. */
  readonly hops: readonly number[];
  /** How much of each hop's capacity one byte of the flow uses. */
  readonly weights: readonly number[];
  /** The mean latency of a dependent read along it on the idle machine; null is unknown. */
  readonly idleNs: number | null;
  /** The weakest basis of its hops; `unknown` also where a part of the path is not known. */
  readonly basis: CostBasis;
}

const machines = new WeakMap<Topology, WeakMap<Calibration | NoCalibration, FlowMachine>>();

interface NoCalibration {
  readonly calibration: null;
}
const none: NoCalibration = { calibration: null };

/** The machine of a topology; a Calibration that belongs to another machine is the caller's bug. */
export function flowMachine(topology: Topology, calibration: Calibration | null): FlowMachine {
  const ofTopology = machines.get(topology) ?? new WeakMap();
  machines.set(topology, ofTopology);
  const key = usable(calibration) ?? none;
  const kept = ofTopology.get(key);
  if (kept !== undefined) return kept;
  const made = compile(topology, usable(calibration));
  ofTopology.set(key, made);
  return made;
}

function compile(topology: Topology, calibration: Calibration | null): FlowMachine {
  const resources: Resource[] = [];
  const positions = new Map<string, number>();
  const positionOf = (resource: Resource): number => {
    const known = positions.get(resource.name);
    if (known !== undefined) return known;
    positions.set(resource.name, resources.length);
    return resources.push(resource) - 1;
  };
  const nodes = nodeRoutes(topology, calibration, positionOf);
  const devices = deviceRoutes(topology, calibration, positionOf);
  return {
    resources,
    shared: sharedResources(resources),
    memoryPath: (flow) => memoryPath(resources, nodes, flow),
    copyPath: (device, memoryNodes, direction) =>
      copyPath(resources, nodes, devices, device, memoryNodes, direction),
    peerPath: (from, to) => peerPath(resources, nodes, devices, from, to),
  };
}

const kindOrder: readonly ResourceKind[] = [
  "memory",
  "socket-link",
  "node-link",
  "uplink",
  "device-link",
  "peer-link",
];

function sharedResources(resources: readonly Resource[]): SharedResources {
  const capacities = vectorOf(resources.length, Infinity);
  const kinds = new Int32Array(resources.length);
  for (const [i, { bytesPerSecond, kind }] of resources.entries()) {
    if (bytesPerSecond !== null) write(capacities, i, bytesPerSecond);
    write(kinds, i, kindOrder.indexOf(kind));
  }
  return { capacities, kinds };
}

/** What a byte uses of each resource, while a path is made. */
interface PathSum {
  readonly weights: Map<number, number>;
  basis: CostBasis;
}

/** Crosses a resource with a share of the bytes; a part that nobody told is null. */
function cross(
  made: PathSum,
  resources: readonly Resource[],
  hop: number | null,
  share: number,
): void {
  if (share === 0) return;
  if (hop === null) {
    made.basis = "unknown";
    return;
  }
  const before = made.weights.get(hop);
  made.weights.set(hop, before === undefined ? share : before + share);
  made.basis = weakerBasis(made.basis, at(resources, hop).basis);
}

/** A path of these parts, each with the share of the bytes that cross it. */
function pathOf(
  resources: readonly Resource[],
  parts: Iterable<readonly [hop: number | null, share: number]>,
  idleNs: number | null,
): Path {
  const made: PathSum = { weights: new Map(), basis: "measured" };
  for (const [hop, share] of parts) cross(made, resources, hop, share);
  const hops = [...made.weights].toSorted(([a], [b]) => a - b);
  return {
    hops: hops.map(([hop]) => hop),
    weights: hops.map(([, weight]) => weight),
    idleNs,
    basis: made.basis,
  };
}

type Part = readonly [hop: number | null, share: number];

const withShare = (hops: readonly (number | null)[], share: number): readonly Part[] =>
  hops.map((hop) => [hop, share]);

function memoryPath(resources: readonly Resource[], nodes: NodeRoutes, flow: MemoryFlow): Path {
  const { cpuNodes, memoryNodes, writeShare } = flow;
  invariant(writeShare >= 0 && writeShare <= 1, "a share of writes is from 0 to 1");
  const pairs = cpuNodes.flatMap((cpus) =>
    memoryNodes.map((memory) => ({
      cpus: cpus.node,
      memory: memory.node,
      share: cpus.share * memory.share,
    })),
  );
  const parts = pairs.flatMap(({ cpus, memory, share }): readonly Part[] => [
    [nodes.memory(memory), share * (1 - writeShare + writeCost * writeShare)],
    ...withShare(nodes.route(memory, cpus), share * (1 - writeShare)),
    ...withShare(nodes.route(cpus, memory), share * writeShare),
  ]);
  const latencies = pairs
    .filter(({ share }) => share > 0)
    .map(({ cpus, memory, share }) => {
      const latency = nodes.latencyNs(cpus, memory);
      return latency === null ? null : share * latency;
    });
  const known = allKnown(latencies);
  return pathOf(resources, parts, known === null ? null : sum(known));
}

function copyPath(
  resources: readonly Resource[],
  nodes: NodeRoutes,
  devices: DeviceRoutes,
  device: string,
  memoryNodes: readonly NodeShare[],
  direction: "to-device" | "from-device",
): Path {
  const home = devices.home(device);
  const isIn = direction === "to-device";
  const beside = memoryNodes.flatMap(({ node, share }): readonly Part[] => [
    [nodes.memory(node), share * (isIn ? 1 : writeCost)],
    ...withShare(
      home === null ? [null] : isIn ? nodes.route(node, home) : nodes.route(home, node),
      share,
    ),
    ...withShare(devices.limit(device, node, direction), share),
  ]);
  const own = withShare(isIn ? devices.down(device) : devices.up(device), 1);
  return pathOf(resources, [...beside, ...own], null);
}

function peerPath(
  resources: readonly Resource[],
  nodes: NodeRoutes,
  devices: DeviceRoutes,
  from: string,
  to: string,
): Path {
  const hops = devices
    .between(from, to)
    .flatMap((hop) =>
      hop === null || typeof hop === "number" ? [hop] : nodes.route(hop.from, hop.to),
    );
  return pathOf(resources, withShare(hops, 1), null);
}
