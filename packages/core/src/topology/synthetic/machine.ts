import type { HostUse, MemoryKind, PcieLink } from "../topology.ts";

/**
 * A machine in the synthetic language: `parseSynthetic` reads it, `printSynthetic` prints it and
 * `syntheticTopology` builds it. It holds only what was written, and parsing the printed text gives
 * the same value back.
 *
 * Where a statement is for some nodes only, `nodes` is their canonical list; null means all nodes
 * of the levels. Of two statements about one node the later counts.
 */
export interface SyntheticMachine {
  readonly machine: {
    readonly vendor: string | null;
    readonly product: string | null;
    readonly cpuModel: string | null;
    readonly architecture: string | null;
    readonly pageBytes: number | null;
  };
  /** Outermost first; counts nest. A count of null means that the level is unknown. */
  readonly levels: readonly Level[];
  /** Nodes with another number of cores, or of threads per core, than the levels. */
  readonly uneven: readonly Uneven[];
  readonly numbering: Numbering;
  readonly offlineCpus: string;
  /** The CPUs of each class of cores, the fastest first; none where nobody told. */
  readonly classes: readonly string[];
  /** The kernel's numbers of the nodes in their order; null for numbers from 0. */
  readonly nodeIds: string | null;
  readonly memory: readonly ForNodes<number | null>[];
  readonly hugepages: readonly ForNodes<readonly SyntheticPool[]>[];
  readonly extraNodes: readonly ExtraNodes[];
  readonly distances: Distances | null;
  readonly access: readonly SyntheticAccess[];
  readonly roots: readonly Roots[];
  /** False where there are no IOMMU groups to read. */
  readonly iommu: boolean;
  /** NVIDIA's module numbers of the accelerators, by ascending address; none where unknown. */
  readonly modules: readonly number[];
  readonly links: readonly LinkGroup[];
  readonly partitions: readonly SyntheticPartition[];
}

export const levelNames = ["package", "die", "node", "l3", "cluster", "core", "thread"] as const;
export type LevelName = (typeof levelNames)[number];

export interface Level {
  readonly level: LevelName;
  readonly count: number | null;
}

/** The count of a level within the one above: 1 where it is not written or unknown. */
export function timesWithin(levels: readonly Level[], name: LevelName): number {
  const written = levels.find(({ level }) => level === name);
  return written === undefined || written.count === null ? 1 : written.count;
}

export interface Uneven {
  readonly level: "core" | "thread";
  readonly count: number;
  readonly nodes: string;
}

/**
 * How the kernel numbers CPUs:
 * - `split`: every core's first thread, then every core's second (Linux on x86)
 * - `adjacent`: the threads of a core one after another (POWER, many guests)
 * - `alternating`: as `split`, but dealing cores to the nodes in turn (some vendors' firmware)
 */
export const numberings = ["split", "adjacent", "alternating"] as const;
export type Numbering = (typeof numberings)[number];

export interface ForNodes<T> {
  readonly value: T;
  readonly nodes: string | null;
}

export interface SyntheticPool {
  readonly sizeBytes: number;
  readonly total: number;
  readonly free: number | null;
}

/** Nodes without CPUs: `count` beside each of `nodes`, numbered after the nodes with CPUs. */
export interface ExtraNodes {
  readonly kind: MemoryKind;
  readonly memoryBytes: number;
  /** From the node beside them. */
  readonly distance: number | null;
  readonly count: number;
  readonly nodes: string | null;
}

/** SLIT values, by rule (within a node, within a package, beyond) or in full. */
export type Distances =
  | { readonly local: number; readonly near: number; readonly far: number }
  | { readonly matrix: readonly (readonly number[])[] };

/** Access figures of firmware's HMAT; of two statements about one pair the later counts. */
export interface SyntheticAccess {
  readonly readLatencyNs: number | null;
  readonly readBytesPerSecond: number | null;
  /** The nodes whose memory is accessed; null means the node's own. */
  readonly targets: string | null;
  /** The nodes whose CPUs access it; null means all nodes with CPUs. */
  readonly nodes: string | null;
}

/** Host bridges: `count` for each of `nodes`. */
export interface Roots {
  readonly count: number;
  /** `?` means an unknown node. */
  readonly nodes: string | null;
  /** Their bus numbers (`15`) or domains and bus numbers (`0008:00`); chosen where empty. */
  readonly buses: readonly string[];
  readonly below: readonly PciNode[];
}

export type PciNode = SyntheticSwitch | SyntheticDevice;

export interface SyntheticSwitch {
  readonly kind: "switch";
  readonly model: string | null;
  readonly count: number;
  /** Without access control (ACS), everything below its downstream ports is in one IOMMU group. */
  readonly acs: boolean;
  readonly link: PcieLink | "unknown" | null;
  readonly below: readonly PciNode[];
}

/** A device; a null field has its model's value. */
export interface SyntheticDevice {
  readonly kind: DeviceKind;
  readonly model: string | null;
  readonly count: number;
  readonly id: { readonly vendor: string; readonly device: string } | null;
  readonly class: string | null;
  readonly barBytes: readonly number[] | "unknown" | null;
  readonly link: PcieLink | "unknown" | null;
  readonly driver: string | null;
  readonly hostUse: HostUse | null;
  /** Devices with the same label share an IOMMU group. */
  readonly group: string | null;
  /** Its further functions, in its IOMMU group. */
  readonly companions: readonly string[];
  /** Whether it is on the root bus itself, without a port above it. */
  readonly integrated: boolean;
  readonly name: string | null;
  readonly memoryBytes: number | null;
  readonly rdma: boolean | "unknown" | null;
  /** Its virtual functions, in their order. */
  readonly functions: readonly SyntheticPart[];
  /** A GPU's MIG instances where MIG is on; null where that is unknown. */
  readonly mig: readonly SyntheticPart[] | "off" | null;
}

/** A number of parts with one profile, or with an unknown one. */
export interface SyntheticPart {
  readonly count: number;
  readonly profile: string | null;
}

export const deviceKinds = ["gpu", "nic", "dev"] as const;
export type DeviceKind = (typeof deviceKinds)[number];

export interface LinkGroup {
  readonly kind: "nvlink" | "xgmi";
  readonly lanes: number | null;
  /** Sets of accelerators by position in address order, each linked all to all; empty means all. */
  readonly among: readonly string[];
}

export interface SyntheticPartition {
  /** Accelerators by position in address order. */
  readonly accelerators: string;
  readonly active: boolean | null;
}

/**
 * The limits of a synthetic machine: more than any real one, and small enough to be built at once.
 * Linux numbers at most 8192 CPUs and 1024 nodes.
 */
export const limits = {
  cpus: 8192,
  nodes: 256,
  nodeNumbers: 1024,
  pciFunctions: 4096,
  accelerators: 256,
  /** With their virtual functions. */
  acceleratorParts: 1024,
  partitions: 1024,
} as const;
