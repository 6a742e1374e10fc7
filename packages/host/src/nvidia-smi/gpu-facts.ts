import { buildTopology } from "@evenkeel/core/topology/build.ts";
import { checkedTopology } from "@evenkeel/core/topology/check.ts";
import { normalPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { pcieSpeedsGTs } from "@evenkeel/core/topology/pcie-rate.ts";
import { standInAddress, standInRoot } from "@evenkeel/core/topology/stand-in.ts";
import type {
  Accelerator,
  AcceleratorInstance,
  PcieLink,
  PciDevice,
  Topology,
} from "@evenkeel/core/topology/topology.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { acceleratorModel } from "../pci-ids/accelerator-models.ts";
import { baseName } from "./base-name.ts";
import { unknownSettings } from "@evenkeel/core/topology/unknown-settings.ts";

/**
 * The fields of one GPU as `nvidia-smi` prints them, null where missing. Serial numbers are never
 * read.
 */
export interface GpuFacts {
  /** The tool's own number, which the list, the table and a matrix have. */
  readonly index: number | null;
  /** `00000000:1B:00.0` */
  readonly address: string | null;
  readonly productName: string | null;
  readonly uuid: string | null;
  readonly moduleId: string | null;
  /** Device and vendor: `0x233010DE`, in XML without the prefix. */
  readonly pciId: string | null;
  readonly baseClass: string | null;
  readonly subClass: string | null;
  /** `81559 MiB` */
  readonly memory: string | null;
  readonly generation: string | null;
  readonly maxGeneration: string | null;
  /** `16x` */
  readonly width: string | null;
  readonly maxWidth: string | null;
  /** `Enabled`, `Disabled` */
  readonly migMode: string | null;
  /** `VGPU` in a guest that has a part of a GPU. */
  readonly virtualization: string | null;
  /** `ATS` where the GPU uses the processor's page tables, `HMM`, `None`. */
  readonly addressingMode: string | null;
  /** NVLink-C2C: `Enabled`, `Disabled`. */
  readonly c2cMode: string | null;
  /** Its MIG devices, in the order of their numbers. */
  readonly migDevices: readonly MigFacts[];
}

/** The fields of one MIG device as `nvidia-smi` prints them. */
export interface MigFacts {
  /** `3g.40gb`; only the list of `-L` has it. */
  readonly profile: string | null;
  readonly uuid: string | null;
  /** `40192 MiB` */
  readonly memory: string | null;
}

/** A GPU without any known field. */
export const nothingKnown: GpuFacts = {
  index: null,
  address: null,
  productName: null,
  uuid: null,
  moduleId: null,
  pciId: null,
  baseClass: null,
  subClass: null,
  memory: null,
  generation: null,
  maxGeneration: null,
  width: null,
  maxWidth: null,
  migMode: null,
  virtualization: null,
  addressingMode: null,
  c2cMode: null,
  migDevices: [],
};

/** NVLink between two GPUs, by their positions. */
export interface GpuLink {
  readonly a: number;
  readonly b: number;
}

/**
 * Builds the machine from its GPUs alone: accelerators, without their connections. Each has a
 * stand-in host bridge of its own, because the output does not show which GPUs share one. A GPU
 * without an address gets a stand-in address by its number, or by its position.
 *
 * Errors: `topology-inconsistent` where two GPUs have one address.
 */
export function gpuTopology(
  gpus: readonly GpuFacts[],
  links: readonly GpuLink[],
  where: string,
): Topology {
  const devices = gpus.map(pciDevice);
  const topology = buildTopology({
    name: baseName(where),
    source: "nvidia-smi",
    pci: devices,
    accelerators: gpus.map((gpu, i) => acceleratorOf(gpu, devices[i])),
    links: links.map(({ a, b }) => ({
      a: devices[a]?.address ?? "",
      b: devices[b]?.address ?? "",
      kind: "nvlink",
      lanes: null,
    })),
  });
  return checkedTopology(topology, where);
}

/** Turns the tool's fields into an accelerator at a known PCI function. */
export function acceleratorOf(
  gpu: GpuFacts,
  at: Pick<PciDevice, "address" | "vendor" | "device"> | undefined,
): Accelerator {
  const isVirtual = gpu.virtualization?.toUpperCase() === "VGPU";
  const instances = gpu.migDevices.slice(0, instancesMax).map(instanceOf);
  const named = isVirtual ? null : modelIn(gpu.productName);
  const chip = acceleratorModel(at?.vendor ?? null, at?.device ?? null);
  return {
    address: at?.address ?? "",
    // The product name of a vGPU is that of its vGPU type, not of the GPU. The names of several
    // products behind one id are less than the name of the one that it is.
    model: (chip?.includes(" / ") === true ? named : null) ?? chip ?? named,
    productName: printedName(gpu.productName),
    index: gpu.index,
    uuid: uuidIn(gpu.uuid),
    moduleId: moduleIn(gpu.moduleId),
    memoryBytes: bytesIn(gpu.memory),
    c2c: enabledIn(gpu.c2cMode),
    profile: isVirtual && modelIn(gpu.productName) !== null ? profileIn(gpu.productName) : null,
    migEnabled: enabledIn(gpu.migMode) ?? (instances.length > 0 ? true : null),
    instances,
  };
}

/** Seven GPU instances with up to seven compute instances each. */
const instancesMax = 49;

function instanceOf({ profile, uuid, memory }: MigFacts): AcceleratorInstance {
  const known = /^(MIG-[0-9a-f-]{36}|MIG-GPU-[0-9a-f-]{36}\/\d{1,2}\/\d{1,2})$/.test(uuid ?? "");
  return {
    profile: profileIn(profile),
    uuid: known ? uuid : null,
    memoryBytes: bytesIn(memory),
  };
}

function profileIn(text: string | null): string | null {
  const name = text?.trim().replace(/\s+/g, " ").slice(0, 128) ?? "";
  return name === "" ? null : name;
}

function enabledIn(mode: string | null): boolean | null {
  return mode === "Enabled" ? true : mode === "Disabled" ? false : null;
}

/** Turns the tool's fields into a PCI function on a stand-in root of its own. */
export function pciDevice(gpu: GpuFacts, place: number): PciDevice {
  const id = /^(?:0x)?([0-9a-f]{4})([0-9a-f]{4})$/i.exec(gpu.pciId ?? "");
  return {
    address: normalPciAddress(gpu.address ?? "") ?? standInAddress(gpu.index ?? place),
    parent: null,
    root: standInRoot(place),
    class: classIn(gpu),
    vendor: id?.[2]?.toLowerCase() ?? "10de",
    device: id?.[1]?.toLowerCase() ?? null,
    node: null,
    iommuGroup: null,
    driver: null,
    link: linkIn(gpu),
    barBytes: null,
    physicalFunction: null,
    ...unknownSettings,
    // Using the processor's page tables takes address translation requests; the reverse is open.
    atsEnabled: gpu.addressingMode === "ATS" ? true : null,
  };
}

/**
 * Base class and subclass, 3 and 2, exist since driver 550; without them, a GPU is some display
 * controller.
 */
function classIn({ baseClass, subClass }: GpuFacts): string {
  const [base, sub] = [baseClass, subClass].map((text) => {
    const match = /^(?:0x)?([0-9a-f]{1,2})$/i.exec(text ?? "");
    return match === null ? null : (match[1] ?? "").toLowerCase().padStart(2, "0");
  });
  if (base === null || base === undefined) return "03";
  return `${base}${sub ?? ""}`;
}

function linkIn(gpu: GpuFacts): PcieLink | null {
  const link: PcieLink = {
    speedGTs: speedIn(gpu.generation),
    width: widthIn(gpu.width),
    maxSpeedGTs: speedIn(gpu.maxGeneration),
    maxWidth: widthIn(gpu.maxWidth),
  };
  return Object.values(link).every((value) => value === null) ? null : link;
}

function speedIn(generation: string | null): number | null {
  const number = countIn(generation);
  return number === null ? null : (pcieSpeedsGTs[number - 1] ?? null);
}

function widthIn(text: string | null): number | null {
  const lanes = countIn(text?.replace(/x$/, "") ?? null);
  return lanes !== null && lanes >= 1 && lanes <= 32 ? lanes : null;
}

/** NVML gives 0 to a GPU that is not on a baseboard, so 0 means no module number. */
function moduleIn(text: string | null): number | null {
  const number = countIn(text);
  return number === 0 ? null : number;
}

function countIn(text: string | null): number | null {
  return text !== null && /^\d{1,4}$/.test(text) ? Number(text) : null;
}

/** Old drivers write MB and mean MiB. */
function bytesIn(text: string | null): number | null {
  const match = /^(\d{1,9}) Mi?B$/.exec(text ?? "");
  return match === null ? null : Number(match[1]) * MiB;
}

/** The GPU's UUID; null if somebody blacked it out in a ticket. */
function uuidIn(text: string | null): string | null {
  return text !== null && /^GPU-[0-9a-f-]{36}$/.test(text) ? text : null;
}

/** A GPU's model by its product's name. */
function modelIn(text: string | null): string | null {
  return (
    printedName(text)
      ?.replace(/^NVIDIA /, "")
      .replace(/\.{3}$/, "") ?? null
  );
}

/**
 * The product's name as printed; the table may cut it, and then ends it in `...`. A GPU that has
 * fallen off its bus has an error in every field: `[Unknown Error]`, `GPU is lost`.
 */
function printedName(text: string | null): string | null {
  const none =
    /^(\[|N\/A$|Unknown|ERR|Graphics Device$|GPU (is lost|requires reset)|Insufficient)/i;
  const name = text?.trim().replace(/\s+/g, " ").slice(0, 128) ?? "";
  return name === "" || none.test(name) ? null : name;
}
