import { normalPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { acceleratorModel } from "../pci-ids/accelerator-models.ts";
import { type Attributes, attributesOf, quantityOf } from "./attributes.ts";
import { CPU_MAX, type CpuRecord, NODE_MAX } from "./cpu-records.ts";
import { fieldsOf, listAt, textAt, valueAt } from "./objects.ts";

/** A device as its driver reports it, limited to what a Topology holds. */
export interface SliceDevice {
  /** A part is of a GPU: a MIG device, a vGPU, a partition. */
  readonly role: "gpu" | "part" | "nic" | "cpu" | "memory" | "other";
  readonly address: string | null;
  /** `pci0000:10`, from the attribute that Kubernetes itself defines; CPUs may have several. */
  readonly roots: readonly string[];
  readonly node: number | null;
  readonly vendor: string | null;
  /** The PCI device id. */
  readonly device: string | null;
  readonly model: string | null;
  readonly uuid: string | null;
  /** The UUID of a part's GPU. */
  readonly parentUuid: string | null;
  readonly profile: string | null;
  /** Whether the part is a MIG instance. */
  readonly isMig: boolean;
  readonly memoryBytes: number | null;
  /** NVIDIA's module number, which fabric partitions refer to. */
  readonly moduleId: number | null;
  /** The fabric partitions that have it, by the number of their GPUs. */
  readonly partitions: ReadonlyMap<number, number>;
  readonly name: string | null;
  readonly rdma: boolean | null;
  readonly cpu: CpuRecord | null;
  /** The page size of memory; null where the driver does not tell, or it is no memory. */
  readonly pageBytes: number | null;
  /** Whether memory is set apart as huge pages. */
  readonly isHuge: boolean;
}

/** The devices of a slice, and what else the slice says. */
export interface SliceDevices {
  readonly devices: readonly SliceDevice[];
  /** The names of attributes that no reader knows, and of devices that are not there yet. */
  readonly unused: readonly string[];
}

/**
 * The devices of a ResourceSlice. Each driver names its own attributes. Read here are those that
 * Kubernetes defines (`resource.kubernetes.io/pcieRoot`, `pciBusID`, `numaNode`) and those of the
 * drivers for NVIDIA's, AMD's and Intel's GPUs and accelerators, of DRANET, of dra.cpu and of
 * dra.memory, by the part of the name behind the slash. What a GPU could be divided into is no
 * device yet: MIG devices without a UUID, AMD's partitions that the driver would make.
 *
 * https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/resource-slice-v1/
 */
export function readSliceDevices(slice: unknown): SliceDevices {
  const driver =
    textAt(slice, "spec", "driver") ??
    textAt(slice, "driverName") ??
    textAt(slice, "metadata", "generateName") ??
    "";
  const unused = new Set<string>();
  const devices = devicesIn(slice).flatMap((device): SliceDevice[] => {
    // Versions before v1beta2 nest the device in `basic`.
    const fields = valueAt(device, "basic") ?? device;
    const attributes = attributesOf(fields);
    const name = textAt(device, "name") ?? "";
    const found = deviceOf({ attributes, fields, driver: driver.toLowerCase(), name });
    const left = found === null ? ["what GPUs could be divided into"] : attributes.unread();
    for (const each of left) unused.add(each);
    return found === null ? [] : [found];
  });
  return { devices, unused: [...unused] };
}

/** In v1alpha2 the devices are the instances of named resources. */
function devicesIn(slice: unknown): readonly unknown[] {
  return [...listAt(slice, "spec", "devices"), ...listAt(slice, "namedResources", "instances")];
}

interface Described {
  readonly attributes: Attributes;
  readonly fields: unknown;
  /** In lower case. */
  readonly driver: string;
  readonly name: string;
}

function deviceOf(described: Described): SliceDevice | null {
  const { attributes, driver } = described;
  const { text, count, flag, id, texts } = attributes;
  const type = text("type")?.toLowerCase() ?? null;
  const uuid = text("uuid");
  const isMig = type === "mig";
  const mode = text("computepartition");
  if ((isMig && uuid === null) || (mode !== null && mode.toLowerCase() !== "spx")) return null;
  const isPart = isMig || type === "vgpu" || type === "amdgpu-partition";
  const isGpu = isPart || isAccelerator(type, driver, uuid);
  const cpu = cpuOf(attributes);
  const isCpu = cpu !== null || (!isGpu && count(CPU_MAX, "numcpus") !== null);
  const isMemory = !isGpu && !isCpu && (flag("hugetlb") !== null || driver === "dra.memory");
  const nic = nicOf(attributes);
  const { address, device: idInName } = fromName(described);
  const own = text("pcibusid", "pciaddress", "pcibusaddress", "pciaddr", "pciid");
  const bus = normalPciAddress(own ?? "") ?? address;
  const vendor = id("vendorid") ?? (isGpu ? vendorOf(driver, attributes) : null);
  const device = id("pciid", "deviceid") ?? idInName;
  return {
    role: isPart
      ? "part"
      : isGpu
        ? "gpu"
        : isCpu
          ? "cpu"
          : isMemory
            ? "memory"
            : nic.isNic
              ? "nic"
              : "other",
    address: bus,
    roots: rootsOf(texts("pcieroot"), text("pciroot"), bus),
    node: count(NODE_MAX, "numanode", "numanodeid", "numa"),
    vendor,
    device,
    model: isGpu ? modelOf(attributes, vendor, device) : null,
    // A vGPU's UUID is that of its GPU.
    uuid: isGpu && type !== "vgpu" ? uuid : null,
    parentUuid: type === "vgpu" ? uuid : isPart ? text("parentuuid") : null,
    profile: isGpu ? profileOf(attributes, isPart) : null,
    isMig,
    memoryBytes: isGpu
      ? memoryOf(described)
      : isMemory
        ? attributes.quantity("size", "memory")
        : null,
    // The driver leaves module 0 out, as it does where Fabric Manager is unknown.
    moduleId: count(255, "gpumoduleid"),
    partitions: attributes.numbered("partition"),
    name: nic.name,
    rdma: nic.isNic ? nic.rdma : null,
    cpu,
    pageBytes: isMemory ? pageSizeOf(text("pagesize")) : null,
    isHuge: isMemory && flag("hugetlb") === true,
  };
}

function isAccelerator(type: string | null, driver: string, uuid: string | null): boolean {
  if (type !== null && /^vfio$|(gpu|npu|tpu|gaudi)$/.test(type)) return true;
  const isDriver = /(^|[.-])(gpu|gaudi|npu|neuron|tpu)\./.test(driver);
  return type === null
    ? isDriver || uuid?.startsWith("GPU-") === true
    : driver.startsWith("gaudi.");
}

interface NicFacts {
  readonly isNic: boolean;
  readonly name: string | null;
  readonly rdma: boolean | null;
}

/** A NIC with RDMA is named after its RDMA device, so without that name it has none. */
function nicOf({ text, flag }: Attributes): NicFacts {
  const rdmaName = text("rdmadevice", "rdmadevname");
  const rdma = flag("rdma") ?? (rdmaName === null ? null : true);
  const interfaceName = text("ifname", "interfacename");
  return {
    isNic: interfaceName !== null || rdmaName !== null || rdma === true,
    name: rdmaName ?? (rdma === true ? null : interfaceName),
    rdma,
  };
}

/** Intel's drivers name a device after its address and id: `0000-03-00-0-0x56a0`. */
function fromName({ driver, name }: Described): Pick<SliceDevice, "address" | "device"> {
  const match = driver.endsWith("intel.com")
    ? /^([0-9a-f]{4})-([0-9a-f]{2})-([0-9a-f]{2})-([0-7])-0x([0-9a-f]{4})$/.exec(name)
    : null;
  const [, domain, bus, slot, fn, device = null] = match ?? [];
  return { address: normalPciAddress(`${domain}:${bus}:${slot}.${fn}`), device };
}

/** Intel's drivers give the bus of the root alone: `pciRoot: "00"`. */
function rootsOf(
  roots: readonly string[],
  bus: string | null,
  address: string | null,
): readonly string[] {
  const valid = roots.filter((root) => /^pci[0-9a-f]{4,8}:[0-9a-f]{2}$/.test(root));
  if (valid.length > 0 || address === null || !/^[0-9a-f]{2}$/.test(bus ?? "")) return valid;
  return [`pci${address.slice(0, address.indexOf(":"))}:${bus}`];
}

const vendors: readonly (readonly [string, string])[] = [
  ["nvidia", "10de"],
  ["amd", "1002"],
  ["gaudi", "1da3"],
  ["gpu.intel", "8086"],
];

function vendorOf(driver: string, { text }: Attributes): string | null {
  const names = `${driver} ${text("brand") ?? ""} ${text("productname") ?? ""}`.toLowerCase();
  return vendors.find(([name]) => names.includes(name))?.[1] ?? null;
}

/**
 * The product's name without its maker's; AMD's driver writes `AMD_Instinct_MI300X_OAM`. Intel's
 * gives a family and a number, which its PCI id tells better.
 */
function modelOf(
  { text }: Attributes,
  vendor: string | null,
  device: string | null,
): string | null {
  const product = text("productname")
    ?.replaceAll("_", " ")
    .replace(/^(NVIDIA|AMD) /, "");
  const known = product ?? acceleratorModel(vendor, device);
  if (known !== null && known !== undefined) return known.slice(0, 256);
  const model = text("model", "product");
  if (model === null || /^unknown$/i.test(model)) return null;
  const isArc = text("family") === "Arc" && !model.includes("Arc");
  return `${isArc ? "Arc " : ""}${model}`.slice(0, 256);
}

/** AMD's driver also gives the profile of a whole GPU (`spx_nps1`), which is no part. */
function profileOf({ text, flag }: Attributes, isPart: boolean): string | null {
  const isFunction = flag("isvf") === true;
  return text("profile") ?? (isPart || isFunction ? text("partitionprofile") : null);
}

/** Drivers write 0 where they cannot read it. A vGPU takes its memory from its GPU's counters. */
function memoryOf({ attributes, fields }: Described): number | null {
  const counters = listAt(fields, "consumesCounters").flatMap((set) =>
    fieldsOf(valueAt(set, "counters")),
  );
  const taken = counters.find(([name]) => name === "framebuffer" || name === "memory");
  const counted = taken === undefined ? null : quantityOf(valueAt(taken[1], "value"));
  const bytes = attributes.quantity("memory") ?? counted;
  return bytes === 0 ? null : bytes;
}

/** `2m`, `1g`, `4k`. */
function pageSizeOf(text: string | null): number | null {
  const match = /^(\d{1,4})([kmg])(?:i?b)?$/i.exec(text ?? "");
  const scale = { k: 1, m: 2, g: 3 }[match?.[2]?.toLowerCase() ?? ""];
  return scale === undefined ? null : Number(match?.[1]) * 1024 ** scale;
}

function cpuOf({ count }: Attributes): CpuRecord | null {
  const cpu = count(CPU_MAX, "cpuid");
  if (cpu === null) return null;
  return {
    cpu,
    core: count(Number.MAX_SAFE_INTEGER, "coreid"),
    package: count(Number.MAX_SAFE_INTEGER, "socketid"),
    node: count(NODE_MAX, "numanode", "numanodeid"),
    l3: count(Number.MAX_SAFE_INTEGER, "cachel3id"),
  };
}
