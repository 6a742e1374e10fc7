import { z } from "zod";
import {
  apiVersion,
  bytes,
  exactly,
  flag,
  id,
  index,
  indexList,
  integer,
  list,
  object,
  oneOf,
  orUnknown,
  pciAddress,
  positive,
  text,
} from "./fields.ts";
import { calibrationSchema } from "./calibration.ts";
import { hostUses } from "@evenkeel/core/topology/topology.ts";

/** Far above any real machine, and low enough that a document is checked quickly. */
const NODES_MAX = 1024;
const CORES_MAX = 8192;
const PCI_MAX = 8192;
const ACCELERATORS_MAX = 1024;
/** NCCL counts the virtual functions of a card as its ports. */
const PORTS_MAX = 1024;
const INTERCONNECTS_MAX = (512 * 511) / 2;

const machine = object({
  vendor: text(256).nullable(),
  product: text(256).nullable(),
  cpuModel: text(256).nullable(),
  architecture: text(32).nullable().default(null),
  pageBytes: bytes.nullable().default(null),
});

const hugepagePool = object({
  sizeBytes: bytes,
  total: bytes,
  free: bytes.nullable(),
});

const node = object({
  id: index,
  package: id.nullable(),
  cpus: indexList.nullable(),
  memoryBytes: bytes.nullable(),
  freeBytes: bytes.nullable().default(null),
  sideCacheBytes: bytes.nullable().default(null),
  kind: oneOf(["dram", "hbm", "cxl", "pmem", "gpu"]).nullable(),
  hugepages: list(hugepagePool, 16).nullable(),
});

const unnumberedNode = object({
  devices: list(pciAddress, PCI_MAX),
  cpus: indexList.nullable(),
});

const access = object({
  initiator: index,
  target: index,
  readLatencyNs: positive.nullable(),
  readBytesPerSecond: positive.nullable(),
  basis: oneOf(["hmat", "measured"]),
});

const core = object({
  id: index,
  package: id.nullable(),
  die: id.nullable(),
  cluster: id.nullable(),
  l3: id.nullable(),
  node: index.nullable(),
  class: integer(0, CORES_MAX).nullable().default(null),
  cpus: indexList,
});

const l3Cache = object({
  id,
  sizeBytes: bytes.nullable(),
  ways: integer(0, 1024).nullable(),
  kernelId: integer(0, 2 ** 32 - 1).nullable(),
});

const cacheAllocation = object({
  classes: id,
  ways: indexList,
  sharedWays: indexList.nullable(),
  waysMin: integer(0, 1024),
  bandwidthClasses: id.nullable(),
});

const interrupts = object({ allowedCpus: indexList, effectiveCpus: indexList.nullable() });

const speedGTs = z
  .number({ error: "a speed in GT/s" })
  .min(0, { error: "a speed in GT/s" })
  .max(1024, { error: "a speed in GT/s" });

/** The register has six bits. Real links have up to 32 lanes; a dead link reads as 63. */
const width = integer(0, 63);

export const pcieLinkSchema = object({
  speedGTs: speedGTs.nullable(),
  width: width.nullable(),
  maxSpeedGTs: speedGTs.nullable(),
  maxWidth: width.nullable(),
});

/** A PCI vendor or device id, 16 bits. */
export const pciId: z.ZodString = z
  .string({ error: "four hexadecimal digits" })
  .regex(/^[0-9a-f]{4}$/, { error: "four hexadecimal digits" });

/** A PCI function has six base address registers, and up to six more for its virtual functions. */
export const barBytesSchema = list(bytes, 16);

export const pciClassSchema: z.ZodString = z
  .string({ error: "up to six hexadecimal digits in pairs" })
  .regex(/^(?:[0-9a-f]{2}){0,3}$/, { error: "up to six hexadecimal digits in pairs" });

const pciDevice = object({
  address: pciAddress,
  parent: pciAddress.nullable(),
  root: text(64),
  class: pciClassSchema,
  vendor: pciId.nullable(),
  device: pciId.nullable(),
  node: index.nullable(),
  iommuGroup: id.nullable(),
  driver: text(64).nullable(),
  link: pcieLinkSchema.nullable(),
  barBytes: barBytesSchema.nullable(),
  physicalFunction: pciAddress.nullable(),
  acsRedirect: flag.nullable().default(null),
  atsEnabled: flag.nullable().default(null),
  interrupts: interrupts.nullable().default(null),
  hostUse: oneOf(hostUses).nullable().default(null),
});

const instance = object({
  profile: text(128).nullable(),
  uuid: text(128).nullable(),
  memoryBytes: bytes.nullable(),
});

const accelerator = object({
  address: pciAddress,
  model: text(256).nullable(),
  productName: text(256).nullable().default(null),
  index: id.nullable().default(null),
  uuid: text(128).nullable(),
  moduleId: id.nullable(),
  memoryBytes: bytes.nullable(),
  c2c: flag.nullable().default(null),
  profile: text(128).nullable().default(null),
  migEnabled: flag.nullable().default(null),
  instances: list(instance, 64).default([]),
});

const nicPort = object({
  name: text(64).nullable(),
  port: integer(1, 65_535).nullable(),
  bytesPerSecond: integer(1, Number.MAX_SAFE_INTEGER).nullable(),
  guid: text(18).nullable(),
});

const nic = object({
  address: pciAddress,
  name: text(64).nullable(),
  rdma: flag.nullable(),
  ports: list(nicPort, PORTS_MAX).nullable().default(null),
});

export const linkSchema = object({
  a: pciAddress,
  b: pciAddress,
  kind: oneOf(["nvlink", "xgmi", "xelink"]),
  lanes: integer(1, 256).nullable(),
});

const statedInterconnect = object({
  a: pciAddress,
  b: pciAddress,
  class: oneOf(["PIX", "PXB", "PHB", "NODE", "SYS"]).nullable(),
});

const partitionSchema = object({
  id,
  accelerators: list(pciAddress, ACCELERATORS_MAX),
  active: flag.nullable(),
});

export const partitionsSchema = list(partitionSchema, 1024);

/** SLIT entries are bytes, and the kernel prints them unchanged. */
export const distancesRowSchema = list(integer(1, 255), NODES_MAX);
export const distancesSchema = list(distancesRowSchema, NODES_MAX);

/** Fields with a default are missing in documents of earlier releases. */
export const topologySchema = object({
  apiVersion,
  kind: exactly("Topology"),
  name: text(253),
  source: text(253),
  machine,
  nodes: list(node, NODES_MAX),
  unnumberedNodes: list(unnumberedNode, NODES_MAX).default([]),
  distances: distancesSchema.nullable(),
  access: list(access, 65_536),
  cores: list(core, CORES_MAX),
  l3Caches: list(l3Cache, CORES_MAX).default([]),
  cacheAllocation: cacheAllocation.nullable().default(null),
  offlineCpus: indexList,
  pci: list(pciDevice, PCI_MAX),
  accelerators: list(accelerator, ACCELERATORS_MAX),
  nics: list(nic, PCI_MAX),
  links: list(linkSchema, ACCELERATORS_MAX ** 2),
  interconnects: list(statedInterconnect, INTERCONNECTS_MAX).default([]),
  partitions: partitionsSchema,
  calibration: orUnknown(calibrationSchema),
});
