import type { DeviceEvidence, Evidence } from "../../evidence/evidence.ts";
import { setOf } from "../../set/list-format.ts";
import { isDisjoint } from "../../set/index-set.ts";
import type { PciDevice, Topology } from "../../topology/topology.ts";

/**
 * The machine as the rest of the evidence shows it, for records without a topology: its nodes, its
 * cores, and the subject's devices on their nodes. Of everything else it knows nothing.
 *
 * What a device is, only its driver can tell here. One without a driver, or with that of VFIO,
 * counts as an accelerator: that is what most subjects have devices for.
 *
 * Null where it would be a guess which devices are accelerators, where neither nodes nor cores nor
 * devices were read, and of a machine, whose devices nobody listed.
 */
export function sketchOf(evidence: Evidence): Topology | null {
  const { of, nodes, cores, host, machine } = evidence;
  const devices = functionsOf(evidence);
  const isBare = nodes === null && cores === null && devices.length === 0;
  if (of === "machine" || isBare) return null;
  if (isAmbiguous(devices, machine)) return null;
  const sizes = new Map((machine?.nodes ?? []).map(({ id, memoryBytes }) => [id, memoryBytes]));
  const products = new Map(
    (machine?.accelerators ?? []).map(({ address, productName }) => [address, productName]),
  );
  const nics = devices.filter(({ driver }) => nicDrivers.test(driver ?? ""));
  const addresses = new Set(devices.map(({ address }) => address));
  const accelerators = devices.filter(
    (one) =>
      !nics.includes(one) &&
      !otherDrivers.test(one.driver ?? "") &&
      !isCompanion(one.address, addresses),
  );
  return {
    apiVersion: "evenkeel/v1",
    kind: "Topology",
    name: host,
    source: "evidence",
    machine: { vendor: null, product: null, cpuModel: null, architecture: null, pageBytes: null },
    nodes: (nodes ?? []).map(({ id, cpus }) => ({
      id,
      package: null,
      cpus,
      memoryBytes: sizes.get(id) ?? null,
      freeBytes: null,
      sideCacheBytes: null,
      kind: null,
      hugepages: null,
    })),
    ...untold,
    cores: (cores ?? []).map((cpus, id) => ({
      id,
      package: null,
      die: null,
      cluster: null,
      l3: null,
      node: nodes?.find((node) => !isDisjoint(setOf(node.cpus), setOf(cpus)))?.id ?? null,
      class: null,
      cpus,
    })),
    l3Caches: [],
    cacheAllocation: null,
    offlineCpus: "",
    pci: devices,
    accelerators: accelerators.map(({ address }) => ({
      address,
      model: null,
      productName: products.get(address) ?? null,
      index: null,
      uuid: null,
      moduleId: null,
      memoryBytes: null,
      c2c: null,
      profile: null,
      migEnabled: null,
      instances: [],
    })),
    nics: nics.map(({ address }) => ({ address, name: null, rdma: null, ports: null })),
    links: [],
    interconnects: [],
    partitions: [],
  };
}

const nicDrivers = /^(?:mlx[45]_core|bnxt_en|ice|i40e|ixgbe|irdma|efa|ena|qede|enic|hns3|mana)$/;
const otherDrivers = /^(?:nvme|ahci|snd_hda_intel|xhci_hcd|virtio-pci)$/;

/**
 * Whether devices that may be accelerators or NICs are on several nodes: a subject belongs beside
 * its accelerators, and these may be either.
 */
function isAmbiguous(devices: readonly PciDevice[], machine: Evidence["machine"]): boolean {
  const told = new Set((machine?.accelerators ?? []).map(({ address }) => address));
  const nameless = devices.filter(
    ({ address, driver }) => !told.has(address) && (driver === null || driver === "vfio-pci"),
  );
  return new Set(nameless.map(({ node }) => node)).size > 1;
}

/** A GPU's sound and USB are further functions of its slot. */
function isCompanion(address: string, all: ReadonlySet<string>): boolean {
  const main = address.replace(/\.[0-7]$/, ".0");
  return main !== address && all.has(main);
}

/** The functions that the subject has, as it lists them or as its hypervisor was told. */
function functionsOf({ devices, shapes }: Evidence): PciDevice[] {
  const known = new Map(devices.map((one) => [one.address, one]));
  const told = shapes.flatMap((shape) =>
    (shape.devices ?? []).map(({ hostAddress }) => hostAddress),
  );
  return [...new Set([...known.keys(), ...told])]
    .toSorted()
    .map((address) => functionOf(address, known.get(address) ?? null));
}

function functionOf(address: string, device: DeviceEvidence | null): PciDevice {
  const { node = null, iommuGroup = null, driver = null, link = null } = device ?? {};
  return {
    address,
    parent: null,
    root: `pci${address.slice(0, -5)}`,
    class: "ff00",
    vendor: null,
    device: null,
    node,
    iommuGroup,
    driver,
    link,
    barBytes: null,
    physicalFunction: null,
    acsRedirect: null,
    atsEnabled: null,
    interrupts: null,
    hostUse: null,
  };
}

/** What evidence without a topology tells nothing of. */
const untold = { unnumberedNodes: [], distances: null, access: [], calibration: null } as const;
