import type { PciDevice, Topology } from "@evenkeel/core/topology/topology.ts";
import { element, info, object } from "./export.ts";

/** The number of an accelerator's own object, which matrices of links refer to. */
export function acceleratorNumber(ordinal: number): number {
  return 500_000 + ordinal;
}

/** A host bridge with everything below it, and its node. */
interface HostBridge {
  readonly node: number | null;
  readonly text: string;
}

/**
 * The I/O objects: a host bridge for each root bus, PCI bridges with the buses below them, and
 * devices with their OS devices. hwloc places a whole host bridge by one of its functions.
 */
export function generatePci(topology: Topology): HostBridge[] {
  const below = new Map<string | null, PciDevice[]>();
  for (const device of topology.pci) {
    const key = device.parent ?? device.root;
    below.set(key, [...(below.get(key) ?? []), device]);
  }
  const written = (device: PciDevice): string => {
    const inside = below.get(device.address) ?? [];
    const [code, id] = [device.class.slice(0, 4), `[${device.vendor}:${device.device}]`];
    const attributes = {
      gp_index: 200_000 + topology.pci.indexOf(device),
      pci_busid: device.address,
      pci_type: `${code} ${id} [0000:0000] a1`,
      pci_link_speed: "63.015385",
    };
    if (code !== "0604") {
      return object("PCIDev", attributes, ...osDevices(topology, device), ...inside.map(written));
    }
    const bridge = { bridge_type: "1-1", depth: 1, bridge_pci: buses(inside, device.address) };
    return object("Bridge", { ...bridge, ...attributes }, ...inside.map(written));
  };
  return [...new Set(topology.pci.map(({ root }) => root))].map((root, i) => {
    const functions = below.get(root) ?? [];
    const [domain = "0000", bus = "00"] = root.replace(/^pci/, "").split(":");
    const last = Math.max(...topology.pci.filter((d) => d.root === root).map(busOf));
    const range = `${domain}:[${bus}-${hex(Math.max(last, parseInt(bus, 16)))}]`;
    const attributes = { bridge_type: "0-1", depth: 0, bridge_pci: range, gp_index: 300_000 + i };
    return {
      node: functions[0]?.node ?? null,
      text: object("Bridge", attributes, ...functions.map(written)),
    };
  });
}

function busOf({ address }: PciDevice): number {
  return parseInt(address.slice(address.indexOf(":") + 1), 16);
}

function hex(bus: number): string {
  return bus.toString(16).padStart(2, "0");
}

/** A bridge's secondary and subordinate bus, as far as devices show them. */
function buses(inside: readonly PciDevice[], address: string): string {
  const domain = address.slice(0, address.indexOf(":"));
  const numbers = inside.map(busOf);
  if (numbers.length === 0) return `${domain}:[00-00]`;
  return `${domain}:[${hex(Math.min(...numbers))}-${hex(Math.max(...numbers))}]`;
}

/** HWLOC_OBJ_OSDEV_* of hwloc 2. */
const osDeviceNumbers = { gpu: 1, network: 2, openFabrics: 3, coProcessor: 5 } as const;

/**
 * A function's OS devices from libraries and the kernel: `nvml0` and `cuda0`, `rsmi0`, `mlx5_0`,
 * `eth0`.
 */
function osDevices({ accelerators, nics }: Topology, device: PciDevice): string[] {
  const found: string[] = [];
  const ordinal = accelerators.findIndex(({ address }) => address === device.address);
  const accelerator = accelerators[ordinal];
  if (accelerator !== undefined) {
    const amd = device.vendor === "1002";
    const values: readonly (readonly [string, string | number | null])[] = [
      ["Backend", amd ? "RSMI" : "NVML"],
      ["GPUModel", accelerator.model],
      [amd ? "AMDUUID" : "NVIDIAUUID", accelerator.uuid],
      ["RSMIVRAMSize", amd ? kibibytes(accelerator.memoryBytes) : null],
    ];
    const attributes = {
      gp_index: acceleratorNumber(ordinal),
      name: `${amd ? "rsmi" : "nvml"}${ordinal}`,
      subtype: amd ? "RSMI" : "NVML",
      osdev_type: osDeviceNumbers.gpu,
    };
    const infos = values.flatMap(([name, value]) =>
      value === null ? [] : [info(name, `${value}`)],
    );
    found.push(object("OSDev", attributes, ...infos));
    // In hwloc only the CUDA runtime reports memory, not NVIDIA's management library.
    if (!amd && accelerator.memoryBytes !== null) {
      const size = info("CUDAGlobalMemorySize", `${kibibytes(accelerator.memoryBytes)}`);
      const own = { name: `cuda${ordinal}`, subtype: "CUDA", gp_index: 600_000 + ordinal };
      const kind = { osdev_type: osDeviceNumbers.coProcessor };
      found.push(object("OSDev", { ...own, ...kind }, element("info", backend), size));
    }
  }
  const nic = nics.find(({ address }) => address === device.address);
  if (nic?.name === null || nic === undefined) return found;
  const named = (name: string, osdev_type: number): string => object("OSDev", { name, osdev_type });
  if (nic.rdma !== true) return [...found, named(nic.name, osDeviceNumbers.network)];
  const beside = named(`ens${nics.indexOf(nic)}np0`, osDeviceNumbers.network);
  return [...found, beside, named(nic.name, osDeviceNumbers.openFabrics)];
}

const backend = { name: "Backend", value: "CUDA" } as const;

function kibibytes(bytes: number | null): number | null {
  return bytes === null ? null : Math.floor(bytes / 1024);
}
