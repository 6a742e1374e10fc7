import { GiB } from "../unit/bytes.ts";
import type { DevicePattern } from "../topology/device-pattern.ts";
import type { Partition } from "../topology/topology.ts";

/**
 * The CPUs and memory that the operator keeps for the host, and the rules by which devices are
 * known.
 */
export interface HostPolicy {
  readonly reserved: {
    /** The lowest so many cores of every node that has CPUs; without effect where `cpus` is given. */
    readonly coresPerNode: number;
    /** The host's CPUs by name, as a list; a core is kept whole when any of its CPUs is named. */
    readonly cpus: string | null;
    /** Kept on every node that has memory, from base pages: huge pages are set apart already. */
    readonly memoryPerNodeBytes: number;
  };
  /** Which functions are accelerators and NICs; null leaves what the topology's reader found. */
  readonly accelerators: readonly DevicePattern[] | null;
  readonly nics: readonly DevicePattern[] | null;
  /** Fabric partitions, where the machine does not tell them itself; null leaves the topology's. */
  readonly partitions: readonly Partition[] | null;
}

/** The policy of a host whose operator states none. */
export const defaultHostPolicy: HostPolicy = {
  reserved: { coresPerNode: 1, cpus: null, memoryPerNodeBytes: 4 * GiB },
  accelerators: null,
  nics: null,
  partitions: null,
};
