import { GiB } from "../unit/bytes.ts";
import type { DeviceName } from "../topology/device-pattern.ts";
import type { Partition } from "../topology/topology.ts";

/** An operator's policy for a host: what is kept for it, and which devices it sells. */
export interface HostPolicy {
  readonly reserved: {
    /**
     * How many cores of every node are kept, the lowest; null for what fits the machine
     * (`plan/kept-cores.ts`). Without effect where `cpus` is given.
     */
    readonly coresPerNode: number | null;
    /** The CPUs that are kept, as a list; a core is kept whole when any of its CPUs is named. */
    readonly cpus: string | null;
    /** Base pages kept on every node that has memory; huge pages are reserved by their pools. */
    readonly memoryPerNodeBytes: number;
  };
  /**
   * The functions that are accelerators and NICs, by pattern or address; null leaves the
   * topology's. What the host needs itself (`hostUse`) is sold only if its address is here.
   */
  readonly accelerators: readonly DeviceName[] | null;
  readonly nics: readonly DeviceName[] | null;
  /** Addresses of functions that are never given to a VM, neither asked for nor along with one. */
  readonly exclude: readonly string[];
  /**
   * The most times as long as alone on its best place that a VM may take to move its data, by the
   * forecast of admitting one more (`forecast/`); null sets no limit.
   */
  readonly maxSlowdown: number | null;
  /** Fabric partitions, where the machine does not report them; null leaves the topology's. */
  readonly partitions: readonly Partition[] | null;
}

/** The policy of a host whose operator states none. */
export const defaultHostPolicy: HostPolicy = {
  reserved: { coresPerNode: null, cpus: null, memoryPerNodeBytes: 4 * GiB },
  accelerators: null,
  nics: null,
  exclude: [],
  maxSlowdown: null,
  partitions: null,
};
