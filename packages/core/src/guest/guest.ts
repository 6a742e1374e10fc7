import type { PlanDevice } from "../plan/plan.ts";
import type { Isolation, Locality } from "../request/virtual-machine.ts";
import type { Link } from "../topology/topology.ts";
import type { PortLink } from "./port-link.ts";

/**
 * What a VM sees and where each part of it lies on the host, independent of any hypervisor: one
 * tree, made from a plan alone, from which every rendering is printed.
 */
export interface Guest {
  /** What the hypervisor calls it: see `guestName`. */
  readonly name: string;
  readonly uuid: string;
  readonly identity: GuestIdentity;
  /** One line that says what it was given. */
  readonly description: string;
  readonly architecture: GuestArchitecture;
  readonly isolation: Isolation;
  readonly cpu: GuestCpu;
  /** By id, which is the guest's node number. */
  readonly cells: readonly GuestCell[];
  /** One for every vCPU, by id. */
  readonly vcpuPins: readonly Pin[];
  readonly emulatorCpus: string;
  readonly iothreadPins: readonly Pin[];
  /** Every host node that memory may come from, the emulator's own included. */
  readonly memoryNodes: string;
  readonly memoryBytes: number;
  readonly pci: PciRoot;
  /** Direct links between accelerators, by guest address; null where the plan does not tell. */
  readonly links: readonly Link[] | null;
  /** Where the guest differs from what the plan or the host says, and why: sentences. */
  readonly notes: readonly string[];
  /**
   * Where a root port does not say its device's link: sentences. They depend on the QEMU that runs
   * the guest, and so have no place in its contract.
   */
  readonly portNotes: readonly string[];
}

export const guestArchitectures = ["x86_64", "aarch64"] as const;
/** The architecture of a guest. */
export type GuestArchitecture = (typeof guestArchitectures)[number];

/** Identifies a running VM as the one of a plan. */
export interface GuestIdentity {
  readonly vm: string;
  readonly tenant: string | null;
  readonly host: string;
  readonly signature: string;
  readonly topologyDigest: string;
}

/**
 * sockets × cores × threads is the number of vCPUs; vCPUs count threads first, then cores, then
 * sockets.
 */
export interface GuestCpu {
  readonly vcpus: number;
  readonly sockets: number;
  readonly coresPerSocket: number;
  readonly threadsPerCore: number;
  /** The host's, as its kernel names it, which a guest on KVM sees as its own. */
  readonly model: string | null;
  /** Every vCPU has a host CPU that no other VM's vCPU runs on. */
  readonly dedicated: boolean;
  /** Numbers above 255 need interrupts of more than eight bits: x2APIC and interrupt remapping. */
  readonly extendedInterrupts: boolean;
  /**
   * CPU features to ask for beyond the host's own: on AMD `topoext`, without which QEMU hides the
   * threads of a core from the guest.
   */
  readonly features: readonly string[];
  /** The physical address bits that memory and the 64-bit PCI window need. */
  readonly addressBits: number;
}

/** A guest NUMA node. */
export interface GuestCell {
  readonly id: number;
  /** Of vCPUs, as a list. */
  readonly cpus: string;
  readonly memoryBytes: number;
  readonly pageBytes: number;
  /** The huge page that backs it, or null for base pages. */
  readonly hugepageBytes: number | null;
  readonly memoryPolicy: Locality;
  /** The host nodes of its memory under that policy; of `preferred`, the one tried first. */
  readonly memoryNodes: string;
  /** To every cell in order, its own included; null where the host tells no distances. */
  readonly distances: readonly number[] | null;
}

/** A vCPU's or an iothread's number, and the host CPUs it may run on. */
export interface Pin {
  readonly id: number;
  readonly cpus: string;
}

/** The one root complex that the machine itself has, bus 0. */
export interface PciRoot {
  /** For the devices' 64-bit memory, a power of two; null where there is none to make room for. */
  readonly window64Bytes: number | null;
  readonly expanders: readonly PciExpander[];
}

/** A further host bridge, which belongs to a cell and whose devices the guest sees on that node. */
export interface PciExpander {
  /** The controller's number, from 1 through all expanders and ports; 0 is the root. */
  readonly index: number;
  /** Its slot on bus 0. */
  readonly slot: number;
  readonly cell: number;
  /** Its own bus. Its ports' buses follow. */
  readonly bus: number;
  readonly ports: readonly PciPort[];
}

/**
 * A root port, or a switch's downstream port. Devices sit behind ports, never on an expander's own
 * bus.
 */
export interface PciPort {
  readonly index: number;
  /** Its slot on its expander's bus, or on its switch's. */
  readonly slot: number;
  /** The bus behind it, which firmware and kernel number as they find it: see `pci-tree.ts`. */
  readonly bus: number;
  /** What a root port says of its link; a switch's port cannot be told. */
  readonly link: PortLink | null;
  /**
   * Of one device of the host, by function number; the first is 0. None where there is a switch.
   */
  readonly functions: readonly PassedFunction[];
  /** In slot 0 of the bus behind a root port, in place of a device. */
  readonly switch: PciSwitch | null;
}

/** A switch: the emulated one stands for the host's, which its devices share. */
export interface PciSwitch {
  /** The controller's number, that of its upstream port. */
  readonly index: number;
  /** The bus within, between its upstream port and its downstream ports. */
  readonly bus: number;
  /** Where the guest finds its upstream port. */
  readonly guestAddress: string;
  /** The upstream port of the host's switch. */
  readonly hostAddress: string;
  readonly ports: readonly PciPort[];
}

/** A function of the host's that is passed through. */
export interface PassedFunction {
  readonly function: number;
  readonly role: "accelerator" | "nic" | "companion";
  readonly hostAddress: string;
  /** Where the guest finds it: `0000:f9:00.0`. */
  readonly guestAddress: string;
  /** The plan's device that it is, or that it goes along with. */
  readonly device: PlanDevice;
}

/**
 * Whether a function is a vGPU: it stays with its vendor's driver, where every other one is bound
 * to vfio-pci.
 */
export function isVgpu({ hostAddress, device }: PassedFunction): boolean {
  return device.profile !== null && hostAddress === device.address;
}

/**
 * Every port that has a device behind it, root ports and switches' alike, in the order of the
 * buses.
 */
export function devicePorts({ expanders }: Pick<PciRoot, "expanders">): readonly PciPort[] {
  return expanders.flatMap(({ ports }) => ports.flatMap((port) => port.switch?.ports ?? [port]));
}
