import { isolations, localities } from "@evenkeel/core/request/virtual-machine.ts";
import { z } from "zod";
import {
  apiVersion,
  bytes,
  digest,
  exactly,
  id,
  index,
  indexList,
  integer,
  list,
  name,
  notNegative,
  object,
  oneOf,
  pciAddress,
  positive,
  text,
} from "./fields.ts";
import {
  barBytesSchema,
  distancesSchema,
  linkSchema,
  pciClassSchema,
  pciId,
  pcieLinkSchema,
} from "./topology.ts";
import { profileSchema } from "./workload-profile.ts";

const VCPUS_MAX = 8192;
const DEVICES_MAX = 1024;
const CELLS_MAX = 1024;

const vcpu = z.union([object({ id: index, cpu: index }), object({ id: index, cpus: indexList })], {
  error: 'a vCPU: its "id", and "cpu" if it is pinned or "cpus" if it floats',
});

const cell = object({
  id: index,
  hostNode: index,
  memoryNodes: indexList,
  memoryPolicy: oneOf(localities),
  memoryBytes: bytes,
  memoryOnNodes: list(object({ node: index, bytes }), CELLS_MAX),
  pageBytes: bytes,
  vcpus: list(vcpu, VCPUS_MAX),
  accelerators: list(pciAddress, DEVICES_MAX),
  nics: list(pciAddress, DEVICES_MAX),
});

export const planSwitchSchema = object({ address: pciAddress, link: pcieLinkSchema.nullable() });

const device = object({
  address: pciAddress,
  kind: oneOf(["accelerator", "nic"]),
  model: text(256).nullable(),
  vendor: pciId.nullable(),
  device: pciId.nullable(),
  class: pciClassSchema.nullable().default(null),
  node: index.nullable(),
  cell: index,
  root: text(64),
  switch: pciAddress.nullable(),
  switches: list(planSwitchSchema, 64).nullable().default(null),
  barBytes: barBytesSchema.nullable(),
  link: pcieLinkSchema.nullable(),
  profile: text(256).nullable().default(null),
  companions: list(pciAddress, 256),
});

const cost = object({
  basis: oneOf(["measured", "modelled", "unknown"]),
  parts: object({
    hostToDevice: notNegative,
    memory: notNegative,
    peer: notNegative,
    network: notNegative,
  }),
  slowdown: positive,
});

/** Fields with a default, here and above, are missing in plans of earlier releases. */
export const planSchema = object({
  apiVersion,
  kind: exactly("Plan"),
  vm: name,
  tenant: name.nullable(),
  host: text(253),
  topologyDigest: digest,
  flavor: name.nullable(),
  locality: oneOf(localities),
  isolation: oneOf(isolations),
  workload: name.nullable().default(null),
  profile: profileSchema.nullable().default(null),
  architecture: text(32).nullable(),
  cpuModel: text(256).nullable(),
  threadsPerCore: integer(1, 16),
  cells: list(cell, CELLS_MAX),
  distances: distancesSchema.nullable(),
  emulatorCpus: indexList,
  iothreads: list(object({ id: index, cpus: indexList }), 256),
  devices: list(device, DEVICES_MAX),
  links: list(linkSchema, DEVICES_MAX ** 2)
    .nullable()
    .default(null),
  partition: id.nullable(),
  signature: text(128),
  signatureText: text(4096),
  cost,
  reasons: list(text(1024), 256),
});
