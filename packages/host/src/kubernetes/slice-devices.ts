import { normalPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { parseQuantity } from "@evenkeel/core/unit/bytes.ts";
import { CPU_MAX, type CpuRecord, NODE_MAX } from "./cpu-records.ts";
import { countOf, fieldsOf, listAt, textAt, valueAt } from "./objects.ts";

/** A device as its driver reports it, limited to what a Topology holds. */
export interface SliceDevice {
  readonly role: "gpu" | "mig" | "nic" | "other";
  readonly address: string | null;
  /** `pci0000:10`, from the attribute that Kubernetes itself defines. */
  readonly root: string | null;
  readonly node: number | null;
  readonly vendor: string | null;
  readonly model: string | null;
  readonly uuid: string | null;
  /** The UUID of a MIG device's GPU. */
  readonly parentUuid: string | null;
  readonly profile: string | null;
  readonly memoryBytes: number | null;
  readonly name: string | null;
  readonly rdma: boolean | null;
  readonly cpu: CpuRecord | null;
}

/**
 * The devices of a ResourceSlice. Each driver names its own attributes. Read here are those that
 * Kubernetes defines (`resource.kubernetes.io/pcieRoot`, `pciBusID`, `numaNode`) and those of the
 * drivers for NVIDIA's and AMD's GPUs, of DRANET and of dra.cpu, by the part of the name behind the
 * slash. MIG devices count only if they exist, that is, have a UUID; a driver also lists the ones
 * that a GPU could be divided into.
 *
 * https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/resource-slice-v1/
 */
export function readSliceDevices(slice: unknown): readonly SliceDevice[] {
  const driver = textAt(slice, "spec", "driver") ?? textAt(slice, "metadata", "generateName") ?? "";
  return listAt(slice, "spec", "devices").flatMap((device) => {
    // Versions before v1beta2 nest the device in `basic`.
    const fields = valueAt(device, "basic") ?? device;
    return deviceOf(attributesOf(fields), fields, driver) ?? [];
  });
}

/** The values of attributes by the names behind the slash, in lower case. */
type Attributes = ReadonlyMap<string, unknown>;

function attributesOf(device: unknown): Attributes {
  const attributes = new Map<string, unknown>();
  for (const [name, typed] of fieldsOf(valueAt(device, "attributes"))) {
    const short = name.slice(name.lastIndexOf("/") + 1).toLowerCase();
    const [value = typed] = fieldsOf(typed).map(([, inner]) => inner);
    const [single = null] = Array.isArray(value) ? value : [value];
    // Attributes that Kubernetes defines take precedence over drivers' attributes of the same name.
    if (!attributes.has(short) || name.startsWith("resource.kubernetes.io/")) {
      attributes.set(short, single);
    }
  }
  return attributes;
}

function deviceOf(attributes: Attributes, device: unknown, driver: string): SliceDevice | null {
  const text = (...names: readonly string[]): string | null => {
    for (const name of names) {
      const value = attributes.get(name);
      if (typeof value === "string" && value.trim() !== "") return value.trim();
    }
    return null;
  };
  const type = text("type")?.toLowerCase() ?? null;
  const mig = type === "mig";
  if (mig && text("uuid") === null) return null;
  const rdmaName = text("rdmadevice", "rdmadevname");
  const rdma = booleanOf(attributes.get("rdma")) ?? (rdmaName === null ? null : true);
  const interfaceName = text("ifname", "interfacename");
  const gpu = mig || isGpu(type, driver, text("uuid"));
  const nic = !gpu && (interfaceName !== null || rdmaName !== null || rdma === true);
  return {
    role: mig ? "mig" : gpu ? "gpu" : nic ? "nic" : "other",
    address: normalPciAddress(text("pcibusid", "pciaddress", "pcibusaddress", "pciid") ?? ""),
    root: /^pci[0-9a-f]{4,8}:[0-9a-f]{2}$/.exec(text("pcieroot") ?? "")?.[0] ?? null,
    node: within(attributes, NODE_MAX, "numanode", "numanodeid", "numa"),
    vendor: gpu ? vendorOf(driver, text("brand", "productname") ?? "") : null,
    model: gpu ? (text("productname", "model", "product")?.replace(/^NVIDIA /, "") ?? null) : null,
    uuid: gpu ? text("uuid") : null,
    parentUuid: mig ? text("parentuuid") : null,
    profile: mig ? text("profile") : null,
    memoryBytes: gpu ? memoryOf(device) : null,
    // A NIC with RDMA is named after its RDMA device, so without that name it has none.
    name: rdmaName ?? (rdma === true ? null : interfaceName),
    rdma: nic ? rdma : null,
    cpu: cpuOf(attributes),
  };
}

function isGpu(type: string | null, driver: string, uuid: string | null): boolean {
  if (type !== null) return type === "gpu" || type.endsWith("gpu") || type === "vfio";
  return uuid?.startsWith("GPU-") === true || /(^|[.-])gpu\./.test(driver);
}

function vendorOf(driver: string, brand: string): string | null {
  const names = `${driver} ${brand}`.toLowerCase();
  return names.includes("nvidia") ? "10de" : names.includes("amd") ? "1002" : null;
}

function memoryOf(device: unknown): number | null {
  const capacities = fieldsOf(valueAt(device, "capacity"));
  const found = capacities.find(([name]) => name.slice(name.lastIndexOf("/") + 1) === "memory");
  const amount = found === undefined ? null : (valueAt(found[1], "value") ?? found[1]);
  return typeof amount === "string" ? parseQuantity(amount) : countOf(amount);
}

function cpuOf(attributes: Attributes): CpuRecord | null {
  const cpu = within(attributes, CPU_MAX, "cpuid");
  if (cpu === null) return null;
  return {
    cpu,
    core: within(attributes, Number.MAX_SAFE_INTEGER, "coreid"),
    package: within(attributes, Number.MAX_SAFE_INTEGER, "socketid"),
    node: within(attributes, NODE_MAX, "numanodeid", "numanode"),
    l3: within(attributes, Number.MAX_SAFE_INTEGER, "cachel3id"),
  };
}

/** The first named attribute that is an integer from 0 to `max`. */
function within(attributes: Attributes, max: number, ...names: readonly string[]): number | null {
  for (const name of names) {
    const count = countOf(attributes.get(name));
    if (count !== null && count <= max) return count;
  }
  return null;
}

function booleanOf(value: unknown): boolean | null {
  return typeof value === "boolean" ? value : null;
}
