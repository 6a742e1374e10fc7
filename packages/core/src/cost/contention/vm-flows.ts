import type { Profile } from "../../request/workload-profile.ts";
import { at, valueOf } from "../../unit/list.ts";
import { sumOf } from "../../unit/sum.ts";
import { read, type Vector } from "../../unit/vector.ts";
import { assuredRates } from "../flow/fair-share.ts";
import type { FlowMachine, Path } from "../flow/flow-machine.ts";
import { type Flow, sharedFlows } from "../flow/predict-flows.ts";
import type { CostParts } from "../plan-cost.ts";
import type { CostModel, Placed, PlacedCell } from "../placement-cost.ts";
import { referenceRates } from "../workload.ts";

/**
 * What a VM moves over a machine: its profile on its placement, as flows.
 *
 * In a step, all devices and vCPUs of a VM work at once, while each of the four parts of the cost
 * (`CostParts`) follows the others: a batch comes in, is prepared, computed, exchanged. So in each
 * part the VM's flows go at their **full** rate, which is what the path allows, and over a whole
 * step they take the **mean**: their bytes over the time of a step that nobody disturbs. A
 * neighbour meets the mean; how long the own part takes is decided at the full rate.
 */
export interface VmFlow {
  readonly part: keyof CostParts;
  readonly path: Path;
  /** What it moves in one step. */
  readonly bytes: number;
  /** What it takes while its part goes on; infinite for what takes all that it gets. */
  readonly fullBytesPerSecond: number;
  /** What it takes over a step, alone on the machine. */
  readonly meanBytesPerSecond: number;
  /**
   * How many equal streams share with others. What is shared goes to whoever has most requests on
   * their way: a vCPU is one stream, and a device as many as it is faster than a vCPU.
   */
  readonly streams: number;
  /** The part of its bytes that waits for the latency of each access. */
  readonly randomShare: number;
}

/** A VM on a machine, as its flows are worked out. */
export interface VmLoad {
  readonly placed: Placed;
  readonly vcpus: number;
  readonly profile: Profile;
}

/** The parts of a cost in a fixed order. */
export const costParts = ["hostToDevice", "memory", "peer", "network"] as const;

/** A VM's flows, and what is so while nobody else is on the machine. */
export interface VmFlows {
  /** Those that move something. */
  readonly flows: readonly VmFlow[];
  /** How long each part takes with all its flows at once: as long as its slowest. */
  readonly aloneSeconds: CostParts;
}

/** The flows of a VM that is alone on the machine. */
export function vmFlows(machine: FlowMachine, model: CostModel, load: VmLoad): VmFlows {
  const moving = [
    ...copies(machine, load),
    ...reads(machine, load),
    ...exchanges(machine, load),
    ...network(machine, model, load),
  ].filter(({ bytes }) => bytes > 0);
  const seconds = (part: keyof CostParts): number => {
    const own = moving.filter((flow) => flow.part === part);
    const { rates } = assuredRates(machine.shared, sharedFlows(own.map(atFullRate)));
    return slowestOf(own, rates);
  };
  const aloneSeconds = {
    hostToDevice: seconds("hostToDevice"),
    memory: seconds("memory"),
    peer: seconds("peer"),
    network: seconds("network"),
  };
  const stepSeconds = sumOf(costParts, (part) => aloneSeconds[part]) + load.profile.computeNs / 1e9;
  const flows = moving.map((flow) => ({ ...flow, meanBytesPerSecond: flow.bytes / stepSeconds }));
  return { flows, aloneSeconds };
}

type Moving = Omit<VmFlow, "meanBytesPerSecond">;

/** How long the slowest of some flows takes at these rates of their streams; the first count. */
export function slowestOf(flows: readonly Moving[], rates: Vector): number {
  return flows.reduce(
    (slowest, { bytes, streams }, i) => Math.max(slowest, bytes / (read(rates, i) * streams)),
    0,
  );
}

/** A flow while its part goes on, as the sharing takes it. */
export function atFullRate({ path, fullBytesPerSecond, streams, part }: Moving): Flow {
  return { name: part, path, demandBytesPerSecond: fullBytesPerSecond, streams };
}

/** A flow over a whole step. */
export function atMeanRate({ path, meanBytesPerSecond, streams, part }: VmFlow): Flow {
  return { name: part, path, demandBytesPerSecond: meanBytesPerSecond, streams };
}

/**
 * A device takes what its path allows. Where a part of the path is unknown, so that it might allow
 * anything, the device of an ordinary host stands for it, and the path's basis says so.
 *
 * It shares as so many streams as it could move alone on this path: a copy between GPUs behind one
 * PCIe switch gets as much of the switch's uplink as a copy from memory, however fast NVLink is.
 */
function deviceFlow(
  { shared }: FlowMachine,
  part: keyof CostParts,
  path: Path,
  bytes: number,
  ordinaryBytesPerSecond: number,
): Moving {
  const fullBytesPerSecond = path.basis === "unknown" ? ordinaryBytesPerSecond : Infinity;
  const most = path.hops.reduce(
    (least, hop, i) => Math.min(least, read(shared.capacities, hop) / at(path.weights, i)),
    ordinaryBytesPerSecond,
  );
  const streams = most / referenceRates.vcpuBytesPerSecond;
  return { part, path, bytes, fullBytesPerSecond, streams, randomShare: 0 };
}

function copies(machine: FlowMachine, { placed, profile }: VmLoad): readonly Moving[] {
  const rate = referenceRates.deviceBytesPerSecond;
  return placed.accelerators.flatMap(({ address, cell }) => {
    const { memoryNodes } = at(placed.cells, cell);
    const [to, from] = (["to-device", "from-device"] as const).map((direction) =>
      machine.copyPath(address, memoryNodes, direction),
    );
    return to === undefined || from === undefined
      ? []
      : [
          deviceFlow(machine, "hostToDevice", to, profile.hostToDeviceBytes, rate),
          deviceFlow(machine, "hostToDevice", from, profile.deviceToHostBytes, rate),
        ];
  });
}

/** A cell's vCPUs are as many streams, each as fast as a vCPU asks. */
function reads(machine: FlowMachine, { placed, vcpus, profile }: VmLoad): readonly Moving[] {
  return placed.cells.map(({ share, vcpuNodes: cpuNodes, memoryNodes }: PlacedCell) => {
    const streams = vcpus * share;
    return {
      part: "memory",
      path: machine.memoryPath({ cpuNodes, memoryNodes, writeShare: profile.writeShare }),
      bytes: profile.memoryBytes * streams,
      fullBytesPerSecond: referenceRates.vcpuBytesPerSecond * streams,
      streams,
      randomShare: profile.randomShare,
    };
  });
}

/** Every accelerator exchanges as much with each of the others. */
function exchanges(machine: FlowMachine, { placed, profile }: VmLoad): readonly Moving[] {
  const addresses = placed.accelerators.map(({ address }) => address);
  const bytes = profile.peerBytes / (addresses.length - 1);
  return addresses.flatMap((from) =>
    addresses
      .filter((to) => to !== from)
      .map((to) =>
        deviceFlow(
          machine,
          "peer",
          machine.peerPath(from, to),
          bytes,
          referenceRates.peerBytesPerSecond,
        ),
      ),
  );
}

/**
 * Every NIC moves as much in as out: between it and its nearest accelerators, evenly among those
 * that are equally near, or where there are none between it and the memory.
 */
function network(machine: FlowMachine, model: CostModel, load: VmLoad): readonly Moving[] {
  const { placed, profile } = load;
  const rate = referenceRates.nicBytesPerSecond;
  const accelerators = placed.accelerators.map(({ address }) => address);
  return placed.nics.flatMap((nic) => {
    if (accelerators.length === 0) {
      const everywhere = memoryOf(placed);
      return (["to-device", "from-device"] as const).map((direction) =>
        deviceFlow(
          machine,
          "network",
          machine.copyPath(nic, everywhere, direction),
          profile.networkBytes / 2,
          rate,
        ),
      );
    }
    const costs = accelerators.map((address) => model.networkPair(address, nic));
    const least = Math.min(...costs);
    const nearest = accelerators.filter((_, i) => at(costs, i) === least);
    const bytes = profile.networkBytes / 2 / nearest.length;
    return nearest.flatMap((address) => [
      deviceFlow(machine, "network", machine.peerPath(nic, address), bytes, rate / nearest.length),
      deviceFlow(machine, "network", machine.peerPath(address, nic), bytes, rate / nearest.length),
    ]);
  });
}

/** Where all of a VM's memory lies, as shares that sum to 1. */
function memoryOf({ cells }: Placed): PlacedCell["memoryNodes"] {
  const shares = new Map<number, number>();
  for (const cell of cells) {
    for (const { node, share } of cell.memoryNodes) {
      const before = shares.get(node);
      shares.set(node, (before === undefined ? 0 : before) + cell.share * share);
    }
  }
  return [...shares.keys()].map((node) => ({ node, share: valueOf(shares, node) }));
}
