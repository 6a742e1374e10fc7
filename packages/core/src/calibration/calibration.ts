/**
 * A Calibration says what distance costs on one machine, as it was measured there: by
 * `evenkeel measure`, or by another tool whose output was read. It is tied to the machine by the
 * digest of its topology. What was not measured is absent, never a default.
 */
export interface Calibration {
  readonly apiVersion: "evenkeel/v1";
  readonly kind: "Calibration";
  /** The machine's name; null where a tool's output does not tell it. */
  readonly host: string | null;
  /** The digest of the machine that was measured; null where nobody told. */
  readonly topologyDigest: string | null;
  /** When the measurement ended, in UTC (ISO 8601); null where nobody told. */
  readonly measuredAt: string | null;
  readonly tool: CalibrationTool;
  readonly memory: readonly MemoryFigures[];
  readonly total: readonly TotalFigures[];
  readonly loaded: readonly LoadedCurve[];
  readonly copies: readonly CopyFigures[];
  readonly peers: readonly PeerFigures[];
  readonly conditions: CalibrationConditions;
  /** Sentences: what disturbed the measurement, what was left out, and why. */
  readonly warnings: readonly string[];
}

/** What measured, and how. */
export interface CalibrationTool {
  /** `evenkeel`, `mlc`, `stream`, `lat_mem_rd`, `nvbandwidth`, `p2pBandwidthLatencyTest`… */
  readonly name: string;
  readonly version: string | null;
  /** The method in words: what was read, by which instructions, over how much memory. */
  readonly method: string;
}

/** The circumstances of a measurement; null is unknown. */
export interface CalibrationConditions {
  /** Only idle CPUs and free pages were used, and the measurement gave way to load. */
  readonly isGentle: boolean | null;
  /**
   * CPUs are emulated, so that times mean nothing: nothing is priced by such a Calibration, but
   * where its threads ran and its pages lay is as it says.
   */
  readonly isEmulated: boolean | null;
  readonly isInGuest: boolean | null;
  /** The share of CPU time that a hypervisor gave to others meanwhile, from 0 to 1. */
  readonly stealShare: number | null;
  /** The share of the measuring CPUs' time that went to other processes. */
  readonly othersShare: number | null;
}

/** A measured number with its spread, in the unit that the field's name ends in. */
export interface Measured {
  /** The mean where the tool prints a mean and no median. */
  readonly median: number;
  readonly least: number;
  readonly most: number;
  /** How many repetitions: 1 where a tool printed a single number. */
  readonly samples: number;
}

/** What reading and writing one node's memory from another's CPUs costs on the idle machine. */
export interface MemoryFigures {
  /** The node of the CPUs; null where nobody told. */
  readonly initiator: number | null;
  /** The node of the memory; null where nobody told. */
  readonly target: number | null;
  /** Of dependent reads, each a miss of all caches. */
  readonly readLatencyNs: Measured | null;
  readonly oneCore: Bandwidths | null;
  /** All cores of the initiator at once. */
  readonly allCores: Bandwidths | null;
  /** Of the pages that were read; null where nobody told. */
  readonly pageBytes: number | null;
  /** What the kernel said meanwhile; null where nobody asked it. */
  readonly witness: MeasurementWitness | null;
}

/** Bytes read, bytes written, and for a copy bytes read and written together. */
export interface Bandwidths {
  readonly readBytesPerSecond: Measured | null;
  readonly writeBytesPerSecond: Measured | null;
  readonly copyBytesPerSecond: Measured | null;
}

export const totalTraffics = [
  "reads",
  "reads-3-writes-1",
  "reads-2-writes-1",
  "reads-1-writes-1",
  "stream-copy",
  "stream-scale",
  "stream-add",
  "stream-triad",
] as const;
/** What is mixed: reads alone, reads and writes in a ratio, or one of STREAM's four kernels. */
export type TotalTraffic = (typeof totalTraffics)[number];

/** The bandwidth of all cores that a tool used together, whatever nodes their memory is on. */
export interface TotalFigures {
  readonly traffic: TotalTraffic;
  readonly threads: number | null;
  readonly bytesPerSecond: Measured;
}

/** Where the threads and pages of one measurement were, by the kernel's word. */
export interface MeasurementWitness {
  /** The CPUs that its threads were allowed, as a list. */
  readonly cpus: string;
  /** Its pages by node. */
  readonly pages: readonly { readonly node: number; readonly count: number }[];
}

/** Latency of dependent reads while other cores inject reads: the loaded-latency curve. */
export interface LoadedCurve {
  /** The node of the CPUs; null where the whole machine was loaded at once, each node its own. */
  readonly initiator: number | null;
  readonly target: number | null;
  /** By ascending load. Near saturation the bandwidth may fall again as load grows. */
  readonly points: readonly LoadedPoint[];
}

/** A point of a curve: the bandwidth of all cores together, and the latency meanwhile. */
export interface LoadedPoint {
  readonly bytesPerSecond: number;
  readonly latencyNs: number;
}

/** Copies between a node's memory and an accelerator. */
export interface CopyFigures {
  /** Null where nobody told which node's memory it was. */
  readonly node: number | null;
  /** Its PCI address; null where the tool numbers accelerators and nobody told which is which. */
  readonly accelerator: string | null;
  /** The tool's own number of it. */
  readonly index: number | null;
  readonly hostToDeviceBytesPerSecond: Measured | null;
  readonly deviceToHostBytesPerSecond: Measured | null;
  /** This accelerator's share while all of them copy at once. */
  readonly togetherHostToDeviceBytesPerSecond: Measured | null;
  readonly togetherDeviceToHostBytesPerSecond: Measured | null;
}

/** Copies from one accelerator to another, in one direction. */
export interface PeerFigures {
  readonly from: string | null;
  readonly fromIndex: number | null;
  readonly to: string | null;
  readonly toIndex: number | null;
  readonly bytesPerSecond: Measured | null;
  /** Both directions together, while they copy at once. */
  readonly bothWaysBytesPerSecond: Measured | null;
  /** Of a transfer of a few bytes. */
  readonly latencyNs: Measured | null;
}
