import type { Workload } from "../request/virtual-machine.ts";
import type { Profile } from "../request/workload-profile.ts";
import type { CostParts } from "./plan-cost.ts";

/**
 * The profiles of the built-in workloads, and the weights of any profile.
 *
 * **Weights** say how the time that a VM spends moving data divides over the paths when it is
 * placed as well as possible. A slowdown is the sum of the parts' relative costs by these weights:
 * a part of weight 0.4 whose path takes twice as long makes the whole 1.4 times as long. They
 * follow from the profile alone: the bytes of a step over the rates of an ordinary host
 * (`referenceRates`), and neither from the machine nor from its load, or one answer for each class
 * of hosts would no longer hold.
 *
 * A built-in profile is written the other way round, by its shares of time, from which its bytes
 * follow. So a workload is described in one place, and objective and forecast cannot disagree on
 * what it waits for.
 *
 * **Modelled, not measured**: nobody publishes these shares for whole classes of work. They order
 * the parts by what each class is known to wait for, and are round on purpose. Time spent computing
 * is left out of the weights, so a slowdown is that of the data movement and bounds the job's from
 * above; in the profile it says how much of the time a VM leaves its paths to others. A part that a
 * VM does not have (peers of a single accelerator) keeps its weight at the cost 1.
 */

/**
 * What one accelerator, vCPU or NIC moves in a second on an ordinary GPU host, each on the nearest
 * path. A copy engine at PCIe 5.0 x16 (nvbandwidth on an H100); a vCPU, one of two threads of a
 * core that keeps twelve cache lines of 64 bytes on their way at 80 ns; NVLink of an H100
 * (p2pBandwidthLatencyTest); a NIC of 400 Gb/s.
 */
export const referenceRates = {
  deviceBytesPerSecond: 52.5e9,
  vcpuBytesPerSecond: 4.8e9,
  peerBytesPerSecond: 376e9,
  nicBytesPerSecond: 50e9,
} as const;

/** How a workload spends a step: its shares of the time that it moves data sum to 1. */
interface Shares extends CostParts {
  /** How long it moves data in one step, and how long it computes, when placed well. */
  readonly moveNs: number;
  readonly computeNs: number;
  /** The part of `hostToDevice` that goes to the device. */
  readonly toDevice: number;
  readonly writeShare: number;
  readonly randomShare: number;
}

const shares: Readonly<Record<Workload, Shares>> = {
  // Tensor parallelism exchanges activations twice a layer for every token, which comes first.
  // Prompts, sampled tokens and offloaded caches cross from host memory, and the loop that launches
  // each step runs on the CPU; other hosts take part only in the largest deployments.
  inference: {
    hostToDevice: 0.25,
    memory: 0.3,
    peer: 0.35,
    network: 0.1,
    moveNs: 10e6,
    computeNs: 15e6,
    toDevice: 0.75,
    writeShare: 0.25,
    randomShare: 0.25,
  },
  // Every step reduces gradients over all accelerators, first within the host, then between hosts.
  // Batches come from host memory ahead of time, prepared by loaders that mostly keep up.
  training: {
    hostToDevice: 0.15,
    memory: 0.15,
    peer: 0.4,
    network: 0.3,
    moveNs: 100e6,
    computeNs: 200e6,
    toDevice: 0.9,
    writeShare: 0.4,
    randomShare: 0.1,
  },
  // Data loading, checkpoints and weights: everything passes between host memory and accelerators,
  // is touched by a CPU on its way, and often arrives over the network.
  staging: {
    hostToDevice: 0.6,
    memory: 0.25,
    peer: 0.05,
    network: 0.1,
    moveNs: 100e6,
    computeNs: 0,
    toDevice: 0.75,
    writeShare: 0.5,
    randomShare: 0,
  },
  // The work is done by the CPUs (simulation, preprocessing); devices only receive results.
  compute: {
    hostToDevice: 0.1,
    memory: 0.7,
    peer: 0.1,
    network: 0.1,
    moveNs: 50e6,
    computeNs: 50e6,
    toDevice: 0.5,
    writeShare: 0.3,
    randomShare: 0.3,
  },
};

function profileOfShares(name: Workload): Profile {
  const { moveNs, computeNs, toDevice, writeShare, randomShare, ...parts } = shares[name];
  const bytes = (share: number, rate: number): number => Math.round((share * moveNs * rate) / 1e9);
  const copied = bytes(parts.hostToDevice, referenceRates.deviceBytesPerSecond);
  const hostToDeviceBytes = Math.round(copied * toDevice);
  return {
    name,
    computeNs,
    hostToDeviceBytes,
    deviceToHostBytes: copied - hostToDeviceBytes,
    peerBytes: bytes(parts.peer, referenceRates.peerBytesPerSecond),
    memoryBytes: bytes(parts.memory, referenceRates.vcpuBytesPerSecond),
    writeShare,
    randomShare,
    networkBytes: bytes(parts.network, referenceRates.nicBytesPerSecond),
  };
}

const builtIn: Readonly<Record<Workload, Profile>> = {
  inference: profileOfShares("inference"),
  training: profileOfShares("training"),
  staging: profileOfShares("staging"),
  compute: profileOfShares("compute"),
};

/** What a workload moves: the built-in profile of a name, or one's own. */
export function profileOf(workload: Workload | Profile): Profile {
  return typeof workload === "string" ? builtIn[workload] : workload;
}

/** A workload by its name, built-in or one's own. */
export function workloadName(workload: Workload | Profile): string {
  return typeof workload === "string" ? workload : workload.name;
}

/** The weights of a workload's paths, which sum to 1. */
export function weightsOf(workload: Workload | Profile): CostParts {
  if (typeof workload === "string") {
    const { hostToDevice, memory, peer, network } = shares[workload];
    return { hostToDevice, memory, peer, network };
  }
  const times = referenceTimes(workload);
  const all = times.hostToDevice + times.memory + times.peer + times.network;
  // What moves nothing waits for nothing: its placements differ by no path.
  if (all === 0) return { hostToDevice: 0.25, memory: 0.25, peer: 0.25, network: 0.25 };
  return {
    hostToDevice: times.hostToDevice / all,
    memory: times.memory / all,
    peer: times.peer / all,
    network: times.network / all,
  };
}

/** Equal for workloads of equal weights, whose placements cost the same. */
export function weightsKey(workload: Workload | Profile): string {
  return typeof workload === "string" ? workload : Object.values(weightsOf(workload)).join(" ");
}

/** How long each part of a step takes on an ordinary host. */
function referenceTimes(profile: Profile): CostParts {
  return {
    hostToDevice:
      (profile.hostToDeviceBytes + profile.deviceToHostBytes) / referenceRates.deviceBytesPerSecond,
    memory: profile.memoryBytes / referenceRates.vcpuBytesPerSecond,
    peer: profile.peerBytes / referenceRates.peerBytesPerSecond,
    network: profile.networkBytes / referenceRates.nicBytesPerSecond,
  };
}
