import type { HeldCpus, HeldMemory } from "../plan/holding.ts";
import type { PcieLink, Topology } from "../topology/topology.ts";

/**
 * The machine around a subject: what it is made of, how it is set, and who else runs there. One
 * reading serves all subjects of the machine.
 *
 * As everywhere in Evidence, null means that nobody could look, and an empty list that there is
 * nothing.
 */
export interface MachineEvidence {
  readonly topology: Topology | null;
  readonly settings: MachineSettings;
  /** CPUs that are set alike, as lists. */
  readonly cpus: readonly CpuSettings[] | null;
  readonly nodes: readonly NodeMemory[] | null;
  /** The VMs and the busiest other processes beside the subject, by name. */
  readonly neighbours: readonly Neighbour[] | null;
  /** What the vendor's tool says of each accelerator now, on this machine. */
  readonly accelerators: readonly AcceleratorState[] | null;
  /** The ports of its PCI network cards, by address and name. */
  readonly networkPorts: readonly NetworkPort[] | null;
}

/** A port of a network card, by which it reaches others, and what it does now. */
export interface NetworkPort {
  /** The card's PCI function. */
  readonly address: string;
  /** Its RDMA device or its network interface: `mlx5_0`, `eth0`. */
  readonly name: string;
  /** Whether it has a link; null where nothing tells. */
  readonly isUp: boolean | null;
  /** In each direction. A port without a link has a rate that says nothing. */
  readonly bytesPerSecond: number | null;
}

/** Settings of the whole machine: the kernel's, the firmware's, and programs that move things. */
export interface MachineSettings {
  /** As `uname -r` says it. */
  readonly kernelRelease: string | null;
  /** The words of the kernel's command line that a cause looks at: `iommu=pt`. */
  readonly bootOptions: readonly string[] | null;
  readonly microcode: string | null;
  /** Of the flags of /proc/cpuinfo, those of vector units: `avx2`, `amx_tile`. */
  readonly cpuFlags: readonly string[] | null;
  /** `/sys/devices/system/cpu/smt/control`: `on`, `off`, `forceoff`, `notsupported`. */
  readonly smt: string | null;
  /** The kernel's word on each known weakness of the processor, by its name. */
  readonly vulnerabilities: readonly { readonly name: string; readonly state: string }[] | null;
  /** KVM's `nx_huge_pages`: whether executable huge pages of guests are split. */
  readonly nxHugePages: boolean | null;
  /** Whether the processor may run faster than its base frequency. */
  readonly turbo: boolean | null;
  /** `/sys/kernel/mm/transparent_hugepage/shmem_enabled`: `always`, `within_size`, `never`… */
  readonly shmemHugepages: string | null;
  /** `/proc/sys/vm/zone_reclaim_mode`: 0, or pages are freed before another node is used. */
  readonly zoneReclaim: number | null;
  /** Whether numad runs, and whether irqbalance does. */
  readonly numad: boolean | null;
  readonly irqbalance: boolean | null;
  /** By what the kernel tells the time: `tsc`, `kvm-clock`, `hpet`. */
  readonly clocksource: string | null;
  /**
   * Of a machine that is itself a guest: the share of the time that its CPUs had work, since it was
   * started, in which its host gave them to others.
   */
  readonly stolenShare: number | null;
  /** The clock of a CPU that was busy meanwhile: with this reading. */
  readonly busyKHz: number | null;
  /** `/proc/sys/kernel/split_lock_mitigate`: whether the kernel slows down who locks the bus. */
  readonly splitLockSlowed: boolean | null;
  /** `FABRIC_MODE` of NVIDIA's Fabric Manager: 0, 1 for passthrough, 2 for vGPUs. */
  readonly fabricMode: number | null;
}

/** How some CPUs are set. */
export interface CpuSettings {
  readonly cpus: string;
  /** What sets the clocks: `intel_pstate`, `acpi-cpufreq`, `amd-pstate-epp`. */
  readonly driver: string | null;
  readonly governor: string | null;
  /** What the processor itself is told: `performance`, `balance_performance`, `power`. */
  readonly energyPreference: string | null;
  /** The lowest that `cpufreq` goes to. */
  readonly minKHz: number | null;
  /** What `cpufreq` allows, and what the hardware can do. */
  readonly maxKHz: number | null;
  readonly hardwareMaxKHz: number | null;
  /** By depth. */
  readonly idleStates: readonly IdleState[] | null;
}

/** One state that an idle CPU may enter. */
export interface IdleState {
  readonly name: string;
  /** How long it takes to wake up from it. */
  readonly latencyUs: number;
  readonly disabled: boolean;
  /** How often it was entered since the machine was started; null where nothing counts that. */
  readonly entered: number | null;
}

/** The memory of a node now. */
export interface NodeMemory {
  readonly id: number;
  readonly memoryBytes: number | null;
  readonly freeBytes: number | null;
  /** Files in the page cache, which the kernel can drop. */
  readonly cacheBytes: number | null;
  /** Pages that were meant for the node and went elsewhere since the machine was started. */
  readonly foreignPages: number | null;
}

/** Another VM or process on the machine. */
export interface Neighbour {
  readonly name: string;
  readonly pid: number | null;
  readonly isVm: boolean;
  readonly vcpus: readonly HeldCpus[];
  readonly memory: readonly HeldMemory[];
  /** The PCI functions that it has. */
  readonly devices: readonly string[];
  /** How many CPUs it kept busy while it was looked at; null where it was looked at once. */
  readonly busyCpus: number | null;
}

/** An accelerator as its vendor's tool shows it now (`nvidia-smi -q -x`). */
export interface AcceleratorState {
  /** On the machine that was asked; null where the tool does not say. */
  readonly address: string | null;
  readonly index: number | null;
  readonly productName: string | null;
  readonly driverVersion: string | null;
  /** Whether a vGPU has the licence that it needs; null for anything else. */
  readonly licensed: boolean | null;
  readonly persistence: boolean | null;
  /** `P0` is the fastest. */
  readonly performanceState: string | null;
  readonly coreClock: AcceleratorClock | null;
  readonly memoryClock: AcceleratorClock | null;
  /** Why its clocks are lower than they could be, in the tool's words; empty where nothing is. */
  readonly throttleReasons: readonly string[] | null;
  readonly power: {
    readonly drawWatts: number | null;
    readonly limitWatts: number | null;
    readonly defaultWatts: number | null;
    readonly maxWatts: number | null;
  } | null;
  readonly temperatureC: number | null;
  readonly utilizationPercent: number | null;
  readonly eccEnabled: boolean | null;
  /** Pages or rows of its memory that were taken out of use, and whether more wait for a reset. */
  readonly retired: { readonly count: number; readonly pending: boolean } | null;
  readonly migEnabled: boolean | null;
  readonly link: PcieLink | null;
  /** The window through which the host reaches its memory. */
  readonly bar1Bytes: number | null;
  /** NVLinks that are up, and how many there are. */
  readonly nvlinks: { readonly active: number; readonly total: number } | null;
  /** The state of its registration with the NVSwitch fabric: `Completed`, `In Progress`. */
  readonly fabricState: string | null;
  /** Other accelerators, and what the driver says of direct copies to them: `OK`, `CNS`, `TNS`. */
  readonly peers: readonly { readonly address: string; readonly status: string }[] | null;
}

/** A clock in MHz: now, its maximum, and what applications are limited to. */
export interface AcceleratorClock {
  readonly nowMHz: number | null;
  readonly maxMHz: number | null;
  readonly applicationsMHz: number | null;
}
